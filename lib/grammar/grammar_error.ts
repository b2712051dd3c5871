import { EngineError } from "../errors.ts";

/** Where something stands in a text; both from 1, columns in code points. */
export interface TextPosition {
  line: number;
  column: number;
}

/** A grammar that can't be used: `invalid_value` of the parameter `grammar`. */
export class GrammarError extends EngineError {
  /** Where it is wrong; undefined when it was not read from a text. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  /** @param problem What was found and what was expected, without a capital at its beginning. */
  constructor(problem: string, position?: TextPosition) {
    const where = position === undefined ? "" : ` at line ${position.line}, column ${position.column}`;
    super("invalid_value", `Cannot use the grammar: ${problem}${where}`, { param: "grammar" });
    this.line = position?.line;
    this.column = position?.column;
  }
}
