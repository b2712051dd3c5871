import type { Engine, GenerateEvent, GenerateInput } from "../lib/engine/mod.ts";
import { EventReader, type Generate } from "./generation.ts";

/** Answers generated at once for one request, so that one request does not fill the queue; the other prompts wait here. */
const MAX_AT_ONCE = 16;

type DoneEvent = Extract<GenerateEvent, { type: "done" }>;

/**
 * Answers several prompts as one request: the choices of each are numbered on from those of the one before, and there is one `done`, with
 * tokens added up and the longest of each time.
 *
 * @param engine Answers the prompts.
 * @param inputs At least one; all with the same number of choices.
 */
export function generateAll(engine: Engine, inputs: GenerateInput[]): Generate {
  const [only] = inputs;
  if (only !== undefined && inputs.length === 1) return (signal) => engine.generate(only, signal);
  return (signal) => merge(engine, inputs, signal);
}

function merge(
  engine: Engine,
  inputs: GenerateInput[],
  signal: AbortSignal,
): ReadableStream<GenerateEvent> {
  const choices = inputs[0]?.choices ?? 1;
  const lanes = Math.min(inputs.length, Math.max(1, Math.floor(MAX_AT_ONCE / choices)));
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  let sum: DoneEvent | undefined;
  return new ReadableStream({
    start(controller): void {
      // One iterator for all lanes: each takes the next prompt when it has ended one.
      const waiting = inputs.entries();
      const runLane = async (): Promise<void> => {
        for (const [prompt, input] of waiting) {
          for await (const event of new EventReader(engine.generate(input, stop))) {
            if (event.type === "done") sum = addDone(sum, event);
            else controller.enqueue({ ...event, index: prompt * choices + event.index });
          }
        }
      };
      Promise.all(Array.from({ length: lanes }, runLane)).then(() => {
        if (sum !== undefined) controller.enqueue(sum);
        controller.close();
      }).catch((error) => {
        // One prompt that fails ends the others.
        failed.abort();
        controller.error(error);
      });
    },
    cancel(): void {
      failed.abort();
    },
  });
}

function addDone(sum: DoneEvent | undefined, { usage, timings }: DoneEvent): DoneEvent {
  if (sum === undefined) return { type: "done", usage, timings };
  return {
    type: "done",
    usage: {
      promptTokens: sum.usage.promptTokens + usage.promptTokens,
      cachedTokens: sum.usage.cachedTokens + usage.cachedTokens,
      completionTokens: sum.usage.completionTokens + usage.completionTokens,
    },
    timings: {
      queueMs: Math.max(sum.timings.queueMs, timings.queueMs),
      prefillMs: Math.max(sum.timings.prefillMs, timings.prefillMs),
      decodeMs: Math.max(sum.timings.decodeMs, timings.decodeMs),
      draftTokens: sum.timings.draftTokens + timings.draftTokens,
      draftAccepted: sum.timings.draftAccepted + timings.draftAccepted,
    },
  };
}
