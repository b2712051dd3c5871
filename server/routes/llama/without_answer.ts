import type { GenerateEvent } from "../../../lib/engine/mod.ts";
import type { Generate } from "../../generation.ts";

/** Reads the prompt, so that it is cached, and gives no answer: the engine ends no sequence before its first token, which is dropped here. */
export function withoutAnswer(generate: Generate): Generate {
  return (signal) => drop(generate(signal));
}

async function* drop(events: AsyncIterable<GenerateEvent>): AsyncGenerator<GenerateEvent, void> {
  for await (const event of events) {
    if (event.type === "finish") {
      yield { type: "finish", index: event.index, finishReason: "length", completionTokens: 0 };
    } else if (event.type === "done") {
      const { usage, timings } = event;
      yield { type: "done", usage: { ...usage, completionTokens: 0 }, timings: { ...timings, decodeMs: 0 } };
    }
  }
}
