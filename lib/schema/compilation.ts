import { EngineError } from "../errors.ts";
import type { KeywordPlace, Relaxation, SchemaOptions } from "./schema_types.ts";

/** Steps of the translation, of some microseconds each, after which a schema is refused as too complex. */
const MOST_WORK = 100_000;

/** What the parts of one translation share: its options, what it found, and how much it may still do. */
export class Compilation {
  readonly #param: string;
  readonly #strict: boolean;
  readonly #relaxed = new Map<string, Relaxation>();
  readonly #met = new Map<string, KeywordPlace>();
  #work = 0;

  constructor({ param = "schema", strict = false }: SchemaOptions) {
    this.#param = param;
    this.#strict = strict;
  }

  /** Notes that a keyword was met. */
  meet(pointer: string, keyword: string): void {
    this.#met.set(`${pointer} ${keyword}`, { pointer, keyword });
  }

  /**
   * Notes that a keyword can't be held.
   *
   * @throws {EngineError} `invalid_value` in strict mode.
   */
  relax(pointer: string, keyword: string, reason: string): void {
    if (this.#strict) throw this.error(pointer, `"${keyword}" can't be held: ${reason}`);
    const key = `${pointer} ${keyword}`;
    if (!this.#relaxed.has(key)) this.#relaxed.set(key, { pointer, keyword, reason });
  }

  /**
   * Counts work.
   *
   * @throws {EngineError} `invalid_value` when it is too much.
   */
  spend(work: number, pointer: string): void {
    this.#work += work;
    if (this.#work > MOST_WORK) {
      throw this.error(pointer, "too many combinations of subschemas (anyOf, oneOf, allOf, $ref); simplify it");
    }
  }

  /** The error about something at a place of the schema. */
  error(pointer: string, problem: string): EngineError {
    const place = pointer === "" ? "" : ` at ${JSON.stringify(pointer)}`;
    return new EngineError("invalid_value", `${this.#param}${place}: ${problem}`, { param: this.#param });
  }

  /** What was relaxed so far. */
  get relaxed(): Relaxation[] {
    return [...this.#relaxed.values()];
  }

  /** What was met and not relaxed. */
  get held(): KeywordPlace[] {
    return [...this.#met].filter(([key]) => !this.#relaxed.has(key)).map(([, place]) => place);
  }
}
