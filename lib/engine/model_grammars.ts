import type { Vocabulary } from "../../ffi/mod.ts";
import type { Grammar } from "../grammar/grammar.ts";
import { type GrammarVocabulary, TokenGrammar } from "../grammar/token_grammar.ts";
import { TokenTrie } from "../grammar/token_trie.ts";
import { endTokens } from "./end_tokens.ts";

/** Grammars that are kept for the next request, and the states after which one is made anew. */
const MOST_GRAMMARS = 32;
const MOST_STATES = 20_000;

/** The grammars in use with a model. What was found out about one serves every request that has the same. */
export class ModelGrammars {
  readonly #vocabulary: GrammarVocabulary;
  /** By their JSON text, the one used last at the end. */
  readonly #grammars = new Map<string, TokenGrammar>();

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = new ModelVocabulary(vocabulary);
  }

  /**
   * The grammar of this JSON text.
   *
   * @param json A `Grammar` that `checkGrammar` has passed.
   * @throws {EngineError} `invalid_value` where it is too complex.
   */
  of(json: string): TokenGrammar {
    const known = this.#grammars.get(json);
    this.#grammars.delete(json);
    const grammar = known !== undefined && known.size < MOST_STATES
      ? known
      : new TokenGrammar(JSON.parse(json) as Grammar, this.#vocabulary);
    this.#grammars.set(json, grammar);
    for (const oldest of this.#grammars.keys()) {
      if (this.#grammars.size <= MOST_GRAMMARS) break;
      this.#grammars.delete(oldest);
    }
    return grammar;
  }
}

/** A vocabulary as grammars take it. The trie is made when a token is refused for the first time. */
class ModelVocabulary implements GrammarVocabulary {
  readonly #vocabulary: Vocabulary;
  readonly #tokens = new Map<string, number | undefined>();
  readonly #texts = new Map<number, string | undefined>();
  #trie: TokenTrie | undefined;
  #controlTokens: number[] | undefined;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  piece(token: number): Uint8Array {
    return this.#vocabulary.piece(token);
  }

  controlText(token: number): string | undefined {
    if (this.#texts.has(token)) return this.#texts.get(token);
    const text = this.#vocabulary.isControl(token)
      ? new TextDecoder().decode(this.#vocabulary.piece(token, true))
      : undefined;
    this.#texts.set(token, text);
    return text;
  }

  tokenOf(text: string): number | undefined {
    if (this.#tokens.has(text)) return this.#tokens.get(text);
    const [token, ...more] = this.#vocabulary.tokenize(text, { addSpecial: false, parseSpecial: true });
    const isWhole = token !== undefined && more.length === 0 &&
      new TextDecoder().decode(this.#vocabulary.piece(token, true)) === text;
    const found = isWhole ? token : undefined;
    this.#tokens.set(text, found);
    return found;
  }

  isEndOfGeneration(token: number): boolean {
    return this.#vocabulary.isEndOfGeneration(token);
  }

  tokenize(text: string): ArrayLike<number> {
    return this.#vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false });
  }

  get controlTokens(): readonly number[] {
    return this.#controlTokens ??= Array.from({ length: this.#vocabulary.size }, (_, token) => token)
      .filter((token) => this.#vocabulary.isControl(token));
  }

  get endTokens(): readonly number[] {
    return endTokens(this.#vocabulary);
  }

  get trie(): TokenTrie {
    return this.#trie ??= new TokenTrie(this.#vocabulary.allPieces());
  }
}
