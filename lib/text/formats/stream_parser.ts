import type { AnswerParser, AnswerPart } from "../answer_parser.ts";
import { AnswerInput, type Reading, type Trace } from "./answer_input.ts";

/** Runs a reading of a whole answer as far as its text has come. */
export class StreamParser implements AnswerParser {
  readonly #input: AnswerInput;
  readonly #reading: Reading;

  /**
   * @param read Reads until the end of the answer.
   * @param trace Is told what became of each stretch of it.
   */
  constructor(read: (input: AnswerInput) => Reading, trace?: Trace) {
    this.#input = new AnswerInput(trace);
    this.#reading = read(this.#input);
  }

  push(text: string): AnswerPart[] {
    this.#input.push(text);
    this.#reading.next();
    return this.#input.takeParts();
  }

  end(): AnswerPart[] {
    this.#input.close();
    this.#reading.next();
    return this.#input.takeParts();
  }
}
