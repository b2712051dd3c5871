import { EngineError } from "../errors.ts";
import { Matcher } from "./matcher.ts";
import type { Grammar } from "./grammar.ts";
import type { TokenTrie } from "./token_trie.ts";

/** What a grammar asks of a vocabulary. */
export interface GrammarVocabulary {
  /** What an ordinary token stands for; nothing for a control token. */
  piece(token: number): Uint8Array;
  /** The text of a control token; undefined for any other. */
  controlText(token: number): string | undefined;
  /** The token whose text this is; undefined where it is none, or several. */
  tokenOf(text: string): number | undefined;
  isEndOfGeneration(token: number): boolean;
  /** Tokens of a text in which no control token is looked for. */
  tokenize(text: string): ArrayLike<number>;
  readonly controlTokens: readonly number[];
  readonly endTokens: readonly number[];
  readonly trie: TokenTrie;
}

/** Allowed tokens of so many states are kept, as long as they are not more than so many together. */
const MOST_KEPT = 4_000_000;
/** A text that must come is looked ahead so far, in bytes. */
const FARTHEST = 1024;

/** A grammar over the tokens of a vocabulary. Its states are those of its {@linkcode Matcher}. */
export class TokenGrammar {
  readonly #matcher: Matcher;
  readonly #vocabulary: GrammarVocabulary;
  /** By state, the one used last at the end. */
  readonly #allowed = new Map<number, Int32Array<ArrayBuffer>>();
  #kept = 0;
  readonly #forced = new Map<number, readonly number[]>();

  /** @throws {EngineError} `invalid_value` for a grammar that is too complex, or asks for a token that there is not. */
  constructor(grammar: Grammar, vocabulary: GrammarVocabulary) {
    this.#matcher = new Matcher(grammar);
    this.#vocabulary = vocabulary;
  }

  /** The state at the beginning of an answer. */
  get start(): number {
    return this.#matcher.start;
  }

  /** How much it holds; it grows with use. */
  get size(): number {
    return this.#matcher.size;
  }

  /** The state after a token; {@linkcode Matcher.DEAD} where it is not allowed. */
  next(state: number, token: number): number {
    this.#matcher.beginWork();
    return this.#next(state, token);
  }

  #next(state: number, token: number): number {
    const { piece, control } = this.#read(token);
    const after = control === undefined ? this.#follow(state, piece) : this.#matcher.control(state, token, control);
    if (this.#vocabulary.isEndOfGeneration(token) && !this.#matcher.ends(after)) {
      return this.#matcher.ends(state) ? state : Matcher.DEAD;
    }
    if (control !== undefined || !this.#asksForTokens(state)) return after;
    return this.#matcher.merge(after, this.#matcher.element(state, token, new TextDecoder().decode(piece)));
  }

  /** Whether an answer may end here. */
  ends(state: number): boolean {
    return this.#matcher.ends(state);
  }

  /** Whether nothing can follow. */
  isOver(state: number): boolean {
    return this.#matcher.isOver(state);
  }

  /**
   * Every token that is allowed, in ascending order.
   *
   * @returns Token ids, shape [n]; not to be written to.
   */
  allowed(state: number): Int32Array<ArrayBuffer> {
    const known = this.#allowed.get(state);
    if (known !== undefined) {
      this.#allowed.delete(state);
      this.#allowed.set(state, known);
      return known;
    }
    this.#matcher.beginWork();
    const found = this.#find(state);
    this.#allowed.set(state, found);
    this.#kept += found.length;
    for (const [oldest, { length }] of this.#allowed) {
      if (this.#kept <= MOST_KEPT || oldest === state) break;
      this.#allowed.delete(oldest);
      this.#kept -= length;
    }
    return found;
  }

  /**
   * The tokens that must follow: those of the text that the grammar leaves no choice about, but for its last one, which may be part of a longer
   * token.
   */
  forced(state: number): readonly number[] {
    const known = this.#forced.get(state);
    if (known !== undefined) return known;
    this.#matcher.beginWork();
    const found = this.#force(state);
    this.#forced.set(state, found);
    return found;
  }

  #read(token: number): { piece: Uint8Array; control: string | undefined } {
    const piece = this.#vocabulary.piece(token);
    return { piece, control: piece.length === 0 ? this.#vocabulary.controlText(token) : undefined };
  }

  #follow(state: number, bytes: Uint8Array): number {
    if (bytes.length === 0) return Matcher.DEAD;
    let at = state;
    for (let i = 0; i < bytes.length && at !== Matcher.DEAD; i++) at = this.#matcher.next(at, bytes[i] ?? 0);
    return at;
  }

  /** Whether the grammar names tokens here, of which some may be ordinary ones. */
  #asksForTokens(state: number): boolean {
    return this.#matcher.tokens(state).some(({ tokens, except }) =>
      except || [...tokens].some((t) => !this.#isControl(t))
    );
  }

  #isControl(token: number | string): boolean {
    const id = typeof token === "number" ? token : this.#vocabulary.tokenOf(token);
    // A marker whose text is no token comes by its letters.
    return id === undefined || this.#vocabulary.controlText(id) !== undefined;
  }

  #find(state: number): Int32Array<ArrayBuffer> {
    const { trie, controlTokens, endTokens } = this.#vocabulary;
    const ordinary = trie.allowed(this.#matcher, state);
    const tokens = this.#matcher.tokens(state);
    if (tokens.length === 0 && !this.#matcher.ends(state) && !this.#matcher.passesControl(state)) return ordinary;
    const more = new Set<number>(endTokens);
    if (tokens.length > 0 || this.#matcher.passesControl(state)) { for (const token of controlTokens) more.add(token); }
    if (this.#asksForTokens(state)) { for (const token of this.#named(tokens)) more.add(token); }
    const allowed = new Set(ordinary);
    for (const token of more) if (this.#next(state, token) !== Matcher.DEAD) allowed.add(token);
    return Int32Array.from(allowed).sort();
  }

  #named(nodes: ReturnType<Matcher["tokens"]>): number[] {
    if (nodes.some(({ except }) => except)) return Array.from(this.#vocabulary.trie.tokens);
    return nodes.flatMap(({ tokens }) => [...tokens])
      .flatMap((token) => typeof token === "number" ? token : this.#vocabulary.tokenOf(token) ?? []);
  }

  #force(state: number): number[] {
    const tokens: number[] = [];
    let at = state;
    for (let bytes = 0; bytes < FARTHEST;) {
      const control = this.#soleControl(at);
      if (control !== undefined) {
        tokens.push(control.token);
        at = control.next;
        bytes += control.length;
        continue;
      }
      const { text, next } = this.#soleText(at, FARTHEST - bytes);
      if (text.length === 0) break;
      bytes += text.length;
      const whole = this.#tokensOf(text);
      const isLast = !this.#matcher.isOver(next) && this.#soleControl(next) === undefined;
      tokens.push(...isLast ? whole.slice(0, -1) : whole);
      if (isLast || whole.length === 0) break;
      at = next;
    }
    return tokens;
  }

  /** A control token that must come now. */
  #soleControl(state: number): { token: number; next: number; length: number } | undefined {
    const nodes = this.#matcher.tokens(state);
    const [name, ...others] = new Set(nodes.flatMap(({ tokens }) => [...tokens]));
    if (name === undefined || others.length > 0 || nodes.some(({ except }) => except)) return undefined;
    if (this.#matcher.ends(state)) return undefined;
    const token = typeof name === "string" ? this.#vocabulary.tokenOf(name) : name;
    if (token === undefined || !this.#isControl(token)) return undefined;
    const text = this.#vocabulary.controlText(token) ?? "";
    // By its letters it would lead to the same.
    const next = this.#matcher.control(state, token, text);
    if (this.#matcher.sole(state) === undefined || this.#matcher.follow(text, state) !== next) return undefined;
    return { token, next, length: text.length };
  }

  /** Whether a token as such may come: one that there is. */
  #mayBeControl(state: number): boolean {
    return this.#matcher.tokens(state).some(({ tokens, except }) =>
      except || [...tokens].some((token) => typeof token === "number" || this.#vocabulary.tokenOf(token) !== undefined)
    );
  }

  /** The text that must come, up to where there is a choice or a control token. */
  #soleText(state: number, limit: number): { text: Uint8Array; next: number } {
    const bytes: number[] = [];
    let at = state;
    for (let whole = 0; bytes.length < limit;) {
      const byte = this.#matcher.sole(at);
      // By its letters a control token would be another text to the model.
      if (byte === undefined || (whole === 0 && this.#mayBeControl(at))) break;
      bytes.push(byte);
      whole = whole > 0 ? whole - 1 : following(byte);
      at = this.#matcher.next(at, byte);
    }
    return { text: Uint8Array.from(bytes), next: at };
  }

  /**
   * The tokens of a text; none where no way is found to have them alone. Some tokenizers put a blank in front of a text, which is left out again
   * if it is a token of its own, or is made to stand before a line break.
   */
  #tokensOf(bytes: Uint8Array): number[] {
    const text = new TextDecoder().decode(bytes);
    for (const lead of ["", "\n"]) {
      const tokens = Array.from(this.#vocabulary.tokenize(lead + text));
      let first = tokens.length;
      let length = 0;
      while (length < bytes.length && first > 0) length += this.#vocabulary.piece(tokens[--first] ?? 0).length;
      const found = tokens.slice(first);
      const said = found.flatMap((token) => [...this.#vocabulary.piece(token)]);
      if (said.length === bytes.length && said.every((byte, i) => byte === bytes[i])) return found;
    }
    return [];
  }
}

/** How many bytes follow the first one of a character. */
function following(byte: number): number {
  if (byte < 0xc0) return 0;
  if (byte < 0xe0) return 1;
  return byte < 0xf0 ? 2 : 3;
}

/** What a request is told whose grammar no token of the model can go on with. */
export function noTokenAllowed(): EngineError {
  const message = "No token of this model goes on with what the grammar or schema allows here; allow other characters";
  return new EngineError("invalid_value", message, { param: "grammar" });
}
