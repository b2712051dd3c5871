import type { AnswerInput } from "./answer_input.ts";
import { Malformed } from "./answer_input.ts";

/** A call while it is read: it is given out as soon as its name is known and its arguments begin. */
export class CallWriter {
  readonly #input: AnswerInput;
  readonly #commit: () => void;
  readonly #drawId: () => string;
  #begun = false;
  name = "";
  id = "";

  /** @param commit Called before anything is given out. */
  constructor(input: AnswerInput, { commit, drawId }: { commit: () => void; drawId: () => string }) {
    this.#input = input;
    this.#commit = commit;
    this.#drawId = drawId;
  }

  get begun(): boolean {
    return this.#begun;
  }

  /**
   * Gives the call out.
   *
   * @throws {Malformed} where it has no name.
   */
  begin(): void {
    if (this.name === "") throw new Malformed("a call without a name");
    this.#commit();
    this.#begun = true;
    this.#input.give({ type: "toolCall", id: this.id || this.#drawId(), name: this.name });
  }

  /** Gives a piece of its arguments out. */
  give(text: string): void {
    this.#input.give({ type: "arguments", text });
  }
}
