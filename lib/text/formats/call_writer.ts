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

  readonly #known: ReadonlyMap<string, unknown> | undefined;

  /**
   * @param commit Called before anything is given out.
   * @param known By their names, the tools that there are, where something else may look like a call.
   */
  constructor(
    input: AnswerInput,
    { commit, drawId, known }: { commit: () => void; drawId: () => string; known?: ReadonlyMap<string, unknown> },
  ) {
    this.#input = input;
    this.#known = known;
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
    if (this.#known?.has(this.name) === false) throw new Malformed(`no tool ${JSON.stringify(this.name)}`);
    this.#commit();
    this.#begun = true;
    this.#input.give({ type: "toolCall", id: this.id || this.#drawId(), name: this.name });
  }

  /** Gives a piece of its arguments out. */
  give(text: string): void {
    this.#input.give({ type: "arguments", text });
  }
}
