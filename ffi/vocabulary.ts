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

/** A model's tokenizer. It belongs to its model and ends with it; the model guards each use. */
export class Vocabulary {
  readonly #library: Library;
  readonly #handle: () => VocabHandle;
  #size: number | undefined;
  #piece = new Uint8Array(64);

  /** @param handle Gives the native vocabulary, or throws when its model was disposed. */
  constructor(library: Library, handle: () => VocabHandle) {
    this.#library = library;
    this.#handle = handle;
  }

  /** The number of tokens. */
  get size(): number {
    // Asked for with each token, so asked of the library once.
    return this.#size ??= this.#library.llama.llama_vocab_n_tokens(this.#handle());
  }

  /** The id of the token that begins a text, if the model has one. */
  get bos(): number | undefined {
    return present(this.#library.llama.llama_vocab_bos(this.#handle()));
  }

  /** The id of the token that ends a text, if the model has one. */
  get eos(): number | undefined {
    return present(this.#library.llama.llama_vocab_eos(this.#handle()));
  }

  /** Whether the model wants BOS in front of each text. */
  get addsBos(): boolean {
    return this.#library.llama.llama_vocab_get_add_bos(this.#handle());
  }

  /** Whether the model wants EOS after each text. */
  get addsEos(): boolean {
    return this.#library.llama.llama_vocab_get_add_eos(this.#handle());
  }

  /** Whether this token ends generation (EOS, end of turn, …). */
  isEndOfGeneration(token: number): boolean {
    return this.#library.llama.llama_vocab_is_eog(this.#handle(), this.#checked(token));
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
   * @returns A view that holds until the next call.
   * @throws {RangeError} When the token is not in the vocabulary.
   */
  piece(token: number, special = false): Uint8Array {
    this.#checked(token);
    const { llama_token_to_piece } = this.#library.llama;
    let length = llama_token_to_piece(this.#handle(), token, this.#piece, this.#piece.length, 0, special);
    if (length < 0) {
      this.#piece = new Uint8Array(-length);
      length = llama_token_to_piece(this.#handle(), token, this.#piece, this.#piece.length, 0, special);
    }
    return this.#piece.subarray(0, length);
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
