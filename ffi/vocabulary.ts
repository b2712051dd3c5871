import { WHOLE_VOCAB_TYPES } from "./enums.ts";
import type { VocabHandle } from "./handles.ts";
import type { Library } from "./library.ts";
import { NativeError } from "./native_error.ts";

/** What {@linkcode Vocabulary.tokenize} does with special tokens. */
export interface TokenizeOptions {
  /** Add BOS and EOS where the model wants them. */
  addSpecial: boolean;
  /** Take the text of a control token, such as `<|im_end|>`, for that token. */
  parseSpecial: boolean;
}

const NO_TOKEN = -1;

let readHandle: (vocabulary: Vocabulary) => VocabHandle;

/** The `const struct llama_vocab *`, for this folder alone; throws when its model was disposed. */
export function vocabularyHandle(vocabulary: Vocabulary): VocabHandle {
  return readHandle(vocabulary);
}

/** A model's tokenizer. It belongs to its model and ends with it; the model guards each use. */
export class Vocabulary {
  readonly #library: Library;
  readonly #handle: () => VocabHandle;
  #size: number | undefined;
  #longest: number | undefined;
  #buffer = new Uint8Array(64);
  // Asked for with each token, so asked of the library once.
  readonly #plainPieces: Uint8Array[] = [];
  readonly #specialPieces: Uint8Array[] = [];
  /** Of each token 0 when it was not asked for yet, 1 when it does not end generation, 2 when it does. */
  #endings: Uint8Array | undefined;

  static {
    readHandle = (vocabulary) => vocabulary.#handle();
  }

  /** @param handle Gives the native vocabulary, or throws when its model was disposed. */
  constructor(library: Library, handle: () => VocabHandle) {
    this.#library = library;
    this.#handle = handle;
  }

  /** The number of tokens. */
  get size(): number {
    return this.#size ??= this.#library.llama.llama_vocab_n_tokens(this.#handle());
  }

  /**
   * The most bytes of text that one token stands for; undefined where tokens may leave some of a text out, such as repeated blanks. Looked up
   * in the whole vocabulary the first time.
   */
  get longestToken(): number | undefined {
    const type = this.#library.llama.llama_vocab_type(this.#handle());
    if (type !== WHOLE_VOCAB_TYPES.spm && type !== WHOLE_VOCAB_TYPES.bpe) return undefined;
    return this.#longest ??= this.#findLongest();
  }

  #findLongest(): number {
    const { llama_token_to_piece } = this.#library.llama;
    const handle = this.#handle();
    let longest = 1;
    for (let token = 0; token < this.size; token++) {
      const length = llama_token_to_piece(handle, token, this.#buffer, this.#buffer.length, 0, true);
      longest = Math.max(longest, Math.abs(length));
    }
    return longest;
  }

  /** The id of the token that begins a text, if the model has one. */
  get bos(): number | undefined {
    return present(this.#library.llama.llama_vocab_bos(this.#handle()));
  }

  /** The id of the token that ends a text, if the model has one. */
  get eos(): number | undefined {
    return present(this.#library.llama.llama_vocab_eos(this.#handle()));
  }

  /** The id of the token that ends a turn, if the model has one. */
  get endOfTurn(): number | undefined {
    return present(this.#library.llama.llama_vocab_eot(this.#handle()));
  }

  /** The id of the token between two sentences (of a reranker: query and document), if the model has one. */
  get separator(): number | undefined {
    return present(this.#library.llama.llama_vocab_sep(this.#handle()));
  }

  /** The id of the token of a line break, if the model has one. */
  get newline(): number | undefined {
    return present(this.#library.llama.llama_vocab_nl(this.#handle()));
  }

  /** The id of the token before the text that precedes a gap to fill, if the model has one. */
  get fimPrefix(): number | undefined {
    return present(this.#library.llama.llama_vocab_fim_pre(this.#handle()));
  }

  /** The id of the token before the text that follows the gap, if the model has one. */
  get fimSuffix(): number | undefined {
    return present(this.#library.llama.llama_vocab_fim_suf(this.#handle()));
  }

  /** The id of the token before the text that fills the gap, if the model has one. */
  get fimMiddle(): number | undefined {
    return present(this.#library.llama.llama_vocab_fim_mid(this.#handle()));
  }

  /** The id of the token that pads when filling a gap, if the model has one. */
  get fimPadding(): number | undefined {
    return present(this.#library.llama.llama_vocab_fim_pad(this.#handle()));
  }

  /** The id of the token before a repository's name, if the model has one. */
  get fimRepository(): number | undefined {
    return present(this.#library.llama.llama_vocab_fim_rep(this.#handle()));
  }

  /** The id of the token before a file's name, if the model has one. */
  get fimSeparator(): number | undefined {
    return present(this.#library.llama.llama_vocab_fim_sep(this.#handle()));
  }

  /** Whether the model wants BOS in front of each text. */
  get addsBos(): boolean {
    return this.#library.llama.llama_vocab_get_add_bos(this.#handle());
  }

  /** Whether the model wants EOS after each text. */
  get addsEos(): boolean {
    return this.#library.llama.llama_vocab_get_add_eos(this.#handle());
  }

  /** Whether the model wants {@linkcode separator} between two texts. */
  get addsSeparator(): boolean {
    return this.#library.llama.llama_vocab_get_add_sep(this.#handle());
  }

  /** The ids of the tokens that the model is never to give (`tokenizer.ggml.suppress_tokens`); most models have none. */
  get suppressed(): Int32Array<ArrayBuffer> {
    const count = new Int32Array(1);
    const pointer = this.#library.llama.llama_vocab_get_suppress_tokens(this.#handle(), count);
    const tokens = new Int32Array(pointer === null ? 0 : count[0] ?? 0);
    if (pointer !== null) Deno.UnsafePointerView.copyInto(pointer, tokens);
    return tokens;
  }

  /**
   * Whether this token controls instead of standing for text.
   *
   * @throws {RangeError} When it is not in the vocabulary.
   */
  isControl(token: number): boolean {
    return this.#library.llama.llama_vocab_is_control(this.#handle(), this.#checked(token));
  }

  /**
   * Whether this token ends generation (EOS, end of turn, …).
   *
   * @throws {RangeError} When it is not in the vocabulary.
   */
  isEndOfGeneration(token: number): boolean {
    const known = this.#endings?.[token];
    if (known !== undefined && known !== 0) return known === 2;
    const ends = this.#library.llama.llama_vocab_is_eog(this.#handle(), this.#checked(token));
    this.#endings ??= new Uint8Array(this.size);
    this.#endings[token] = ends ? 2 : 1;
    return ends;
  }

  /**
   * Splits text into tokens.
   *
   * @returns Token ids, shape [n].
   * @throws {NativeError} When the text gives more tokens than 2³¹-1.
   */
  tokenize(text: string, options: TokenizeOptions): Int32Array<ArrayBuffer> {
    const bytes = new TextEncoder().encode(text);
    // A token stands for at least one byte, BOS and EOS apart; where a tokenizer breaks that rule, the second try is large enough.
    let tokens = new Int32Array(bytes.length + 2);
    let count = this.#tokenizeInto(bytes, tokens, options);
    if (count < 0 && count !== -(2 ** 31)) {
      tokens = new Int32Array(-count);
      count = this.#tokenizeInto(bytes, tokens, options);
    }
    if (count < 0) throw new NativeError(`A text of ${bytes.length} bytes has too many tokens`);
    return tokens.slice(0, count);
  }

  #tokenizeInto(text: Uint8Array<ArrayBuffer>, tokens: Int32Array<ArrayBuffer>, options: TokenizeOptions): number {
    const { llama_tokenize } = this.#library.llama;
    const { addSpecial, parseSpecial } = options;
    return llama_tokenize(this.#handle(), text, text.length, tokens, tokens.length, addSpecial, parseSpecial);
  }

  /**
   * The bytes that a token stands for, which need not be whole UTF-8 characters.
   *
   * @param special Also give the text of control tokens, which otherwise is empty.
   * @returns The same bytes for each call; not to be written to.
   * @throws {RangeError} When the token is not in the vocabulary.
   */
  piece(token: number, special = false): Uint8Array {
    const pieces = special ? this.#specialPieces : this.#plainPieces;
    return pieces[token] ??= this.#readPiece(this.#checked(token), special);
  }

  /**
   * What all tokens stand for, control tokens apart, which have nothing: bytes one after another, and where each token's end. Read anew for each
   * call; a quarter of a second for 262,144 tokens.
   */
  allPieces(): { bytes: Uint8Array; ends: Uint32Array } {
    const { llama_token_to_piece } = this.#library.llama;
    const handle = this.#handle();
    const ends = new Uint32Array(this.size);
    let bytes = new Uint8Array(this.size * 8);
    let end = 0;
    for (let token = 0; token < ends.length; token++) {
      for (;;) {
        const length = llama_token_to_piece(handle, token, bytes.subarray(end), bytes.length - end, 0, false);
        if (length < 0) {
          const larger = new Uint8Array(bytes.length * 2 - length);
          larger.set(bytes.subarray(0, end));
          bytes = larger;
          continue;
        }
        end += length;
        break;
      }
      ends[token] = end;
    }
    return { bytes: bytes.subarray(0, end), ends };
  }

  #readPiece(token: number, special: boolean): Uint8Array {
    const { llama_token_to_piece } = this.#library.llama;
    let length = llama_token_to_piece(this.#handle(), token, this.#buffer, this.#buffer.length, 0, special);
    if (length < 0) {
      this.#buffer = new Uint8Array(-length);
      length = llama_token_to_piece(this.#handle(), token, this.#buffer, this.#buffer.length, 0, special);
    }
    return this.#buffer.slice(0, length);
  }

  #checked(token: number): number {
    if (!Number.isInteger(token) || token < 0 || token >= this.size) {
      throw new RangeError(`Token ${token} is not in the vocabulary of ${this.size}`);
    }
    return token;
  }
}

function present(token: number): number | undefined {
  return token === NO_TOKEN ? undefined : token;
}
