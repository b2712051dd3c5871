import { Library, Model, type Vocabulary } from "../../ffi/mod.ts";
import { realLibraries } from "../real_engine.ts";

/** A model's tokens by their bytes, which is what both servers tell of them. Bytes are written in hexadecimal. */
export class TokenTable implements Disposable {
  readonly #library: Library;
  readonly #model: Model;
  readonly #vocabulary: Vocabulary;
  #ids: Map<string, number> | undefined;
  #ends: Set<string> | undefined;

  private constructor(library: Library, path: string) {
    this.#library = library;
    this.#model = new Model(library, { path, offset: 0 });
    this.#vocabulary = this.#model.vocabulary;
  }

  /** Opens the model at this path. */
  static async open(path: string): Promise<TokenTable> {
    return new TokenTable(new Library(await realLibraries(), { log: (): void => {} }), path);
  }

  /** The bytes of a token, control tokens by their text. */
  bytes(id: number): string {
    return this.#vocabulary.piece(id, true).toHex();
  }

  /** Whether a token of these bytes ends an answer. */
  isEnd(bytes: string): boolean {
    this.#ends ??= new Set(
      this.#all().filter((id) => this.#vocabulary.isEndOfGeneration(id)).map((id) => this.bytes(id)),
    );
    return this.#ends.has(bytes);
  }

  /** The tokens of a prompt, as both servers are to see it. */
  tokenize(text: string): number[] {
    return [...this.#vocabulary.tokenize(text, { addSpecial: true, parseSpecial: true })];
  }

  /**
   * The token of these bytes; where several have the same, the one that the tokenizer takes.
   *
   * @throws {RangeError} When there is none.
   */
  id(bytes: string): number {
    const text = new TextDecoder().decode(Uint8Array.fromHex(bytes));
    const taken = this.#vocabulary.tokenize(text, { addSpecial: false, parseSpecial: true });
    if (taken.length === 1 && taken[0] !== undefined && this.bytes(taken[0]) === bytes) return taken[0];
    this.#ids ??= new Map(this.#all().map((each) => [this.bytes(each), each]));
    const id = this.#ids.get(bytes);
    if (id === undefined) throw new RangeError(`No token has the bytes ${bytes}`);
    return id;
  }

  #all(): number[] {
    return Array.from({ length: this.#vocabulary.size }, (_, id) => id);
  }

  [Symbol.dispose](): void {
    this.#model[Symbol.dispose]();
    this.#library[Symbol.dispose]();
  }
}
