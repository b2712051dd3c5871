import { Matcher } from "../grammar/matcher.ts";
import { noTokenAllowed, type TokenGrammar } from "../grammar/token_grammar.ts";
import type { ThoughtBudget } from "./thought_budget.ts";

/** What one answer may go on with: it follows the answer's tokens through a grammar, and ends its thoughts when they have used up their tokens. */
export class AnswerConstraint {
  readonly #grammar: TokenGrammar;
  readonly #budget: ThoughtBudget | undefined;
  #state: number;
  /** The last token that was asked about, and the state after it. */
  #asked = { token: -1, next: Matcher.DEAD };

  constructor(grammar: TokenGrammar, budget?: ThoughtBudget) {
    this.#grammar = grammar;
    this.#budget = budget;
    this.#state = grammar.start;
  }

  /** Whether a token may come next. */
  allows(token: number): boolean {
    return this.#next(token) !== Matcher.DEAD;
  }

  /**
   * Every token that may come next.
   *
   * @returns Token ids in ascending order, shape [n], at least one; not to be written to.
   * @throws {EngineError} `invalid_value` where there is none.
   */
  allowed(): Int32Array<ArrayBuffer> {
    const allowed = this.#grammar.allowed(this.#state);
    if (allowed.length === 0) throw noTokenAllowed();
    return allowed;
  }

  /** The tokens that must come next, as far as they are known. */
  forced(): readonly number[] {
    const ending = this.#possible(this.#budget?.ending() ?? []);
    if (ending.length > 0) return ending;
    return this.#grammar.forced(this.#state);
  }

  /** What of these tokens the grammar takes. */
  #possible(tokens: readonly number[]): readonly number[] {
    let state = this.#state;
    const end = tokens.findIndex((token) => (state = this.#grammar.next(state, token)) === Matcher.DEAD);
    if (end === 0) this.#budget?.end();
    return end < 0 ? tokens : tokens.slice(0, end);
  }

  /**
   * Takes the answer's next token.
   *
   * @throws {EngineError} `invalid_value` when it is not allowed; nothing has changed then.
   */
  accept(token: number): void {
    const next = this.#next(token);
    if (next === Matcher.DEAD) throw noTokenAllowed();
    this.#state = next;
    this.#asked.token = -1;
    this.#budget?.accept(token);
  }

  /** Whether nothing can follow. */
  get isOver(): boolean {
    return this.#grammar.isOver(this.#state);
  }

  #next(token: number): number {
    if (this.#asked.token !== token) this.#asked = { token, next: this.#grammar.next(this.#state, token) };
    return this.#asked.next;
  }
}
