import type { Context } from "hono";
import type { GenerateEvent } from "../lib/engine/mod.ts";
import type { AppEnv } from "./app_input.ts";
import type { Constraint } from "./constraint.ts";
import { AnswerCollector } from "./routes/collect_answer.ts";
import type { AnswerValidation, CheckedChoice } from "./validation/mod.ts";

/** Sees an answer on its way to the client, and tells at its end whether it is what its schemas ask for. */
export interface AnswerWatch {
  /** Sees an event, of an answer that is streamed or is not collected elsewhere. */
  add(event: GenerateEvent): void;
  /** What came of a streamed answer, for its last part. */
  readonly outcome: { validation: string };
  /** Checks a whole answer, that which was seen where none is given; the response's `X-Validation` tells what came of it. */
  check(choices?: readonly CheckedChoice[]): void;
}

/**
 * Notes for `X-Relaxed` what of an answer's schemas is not held, and prepares to check it.
 *
 * @param choices How many choices the answer has.
 * @returns Undefined where everything is held.
 */
export async function watchAnswer(
  c: Context<AppEnv>,
  { relaxed, unheld }: Pick<Constraint, "relaxed" | "unheld">,
  choices: number,
): Promise<AnswerWatch | undefined> {
  if (relaxed.length === 0) return undefined;
  c.set("relaxed", relaxed);
  const { AnswerValidation } = await import("./validation/mod.ts");
  return new Watch(new AnswerValidation(unheld), { choices, tell: (outcome) => c.set("validation", outcome) });
}

class Watch implements AnswerWatch {
  readonly #validation: AnswerValidation;
  readonly #collector: AnswerCollector;
  readonly #tell: (outcome: string) => void;

  constructor(validation: AnswerValidation, { choices, tell }: { choices: number; tell: (outcome: string) => void }) {
    this.#validation = validation;
    this.#collector = new AnswerCollector(choices);
    this.#tell = tell;
  }

  add(event: GenerateEvent): void {
    if (event.type !== "done") this.#collector.add(event);
  }

  get outcome(): { validation: string } {
    return { validation: this.#validation.outcome(this.#collector.take()) };
  }

  check(choices: readonly CheckedChoice[] = this.#collector.take()): void {
    this.#tell(this.#validation.outcome(choices));
  }
}
