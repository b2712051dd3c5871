// deno run -A tests/bench/fake_server.ts --pace stepped|flood --streams N --tokens N [--port N]
// Serves an engine without a model, so that what is left is what HTTP and JSON cost; the first line it writes has its address.
import { parseArgs } from "node:util";
import type { AnswerLogprob, GenerateEvent, GenerateInput } from "../../lib/engine/mod.ts";
import { EventQueue } from "../../lib/engine/event_queue.ts";
import { createApp } from "../../server/app.ts";
import { serve } from "../../server/serve.ts";
import { DONE, FakeEngine, type Script } from "../server/fake_engine.ts";
import type { Pace } from "./pace.ts";

const STEP_MS = 2;
const WORDS = 10;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      pace: { type: "string", default: "flood" },
      streams: { type: "string", default: "8" },
      tokens: { type: "string", default: "1000" },
      port: { type: "string", default: "0" },
      "ready-json": { type: "boolean" },
    },
  });
  const pace: Pace = values.pace === "stepped" ? "stepped" : "flood";
  const script = makeScript({ pace, streams: Number(values.streams), tokens: Number(values.tokens) });
  const app = createApp({ engine: new FakeEngine(script), options: { version: "0.0.0" } });
  const { url } = await serve(app, { hostname: "127.0.0.1", port: Number(values.port), portGiven: true });
  console.log(JSON.stringify({ url }));
}

/** Answers so many streams together, from the moment on when the last of them is asked for. */
function makeScript({ pace, streams, tokens }: { pace: Pace; streams: number; tokens: number }): Script {
  let waiting: { queue: EventQueue<GenerateEvent>; events: GenerateEvent[] }[] = [];
  return async function* (input): AsyncGenerator<GenerateEvent> {
    const queue = new EventQueue<GenerateEvent>();
    waiting.push({ queue, events: toEvents(input) });
    if (waiting.length === streams) {
      const all = waiting;
      waiting = [];
      speak(all, { pace, tokens }).catch((error) => {
        for (const { queue } of all) queue.fail(error);
      });
    }
    yield* queue;
  };
}

async function speak(
  answers: { queue: EventQueue<GenerateEvent>; events: GenerateEvent[] }[],
  { pace, tokens }: { pace: Pace; tokens: number },
): Promise<void> {
  for (let step = 0; step < tokens; step++) {
    for (const { queue, events } of answers) {
      const event = events[step % WORDS];
      if (event !== undefined) queue.push(event);
    }
    if (pace === "stepped") await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
  for (const { queue } of answers) {
    queue.push({ type: "finish", index: 0, finishReason: "stop", completionTokens: tokens }).push(DONE).end();
  }
}

/** One event for each word, made once. */
function toEvents({ logprobs: most }: GenerateInput): GenerateEvent[] {
  return Array.from({ length: WORDS }, (_, word) => {
    const text = ` word${word}`;
    return { type: "text", index: 0, text, ...(most === undefined ? {} : { logprobs: [toLogprob(text, most)] }) };
  });
}

function toLogprob(text: string, most: number): AnswerLogprob {
  const token = { token: 100, bytes: new TextEncoder().encode(text), logprob: -0.25 };
  return { ...token, top: Array.from({ length: most }, () => token) };
}
