// deno run -A --lock=deno.lock tests/bench/sse_bench.ts [--streams N] [--tokens N] [--rounds N]
// What one streamed token costs the main thread, from the engine's event to the socket: the time that the thread was on a core, by the
// kernel's count, less what the same events cost where nobody serves them. Linux only. The client is a process of its own.
import { parseArgs } from "node:util";
import type { GenerateEvent } from "../../lib/engine/mod.ts";
import { EventQueue } from "../../lib/engine/event_queue.ts";
import { createApp } from "../../server/app.ts";
import { serve } from "../../server/serve.ts";
import { DONE, FakeEngine } from "../server/fake_engine.ts";
import { spreadOf } from "./statistics.ts";

/** How events come: one for each stream every two milliseconds, as from decoding, or all at once, as after a stall. */
type Pace = "stepped" | "flood";

const STEP_MS = 2;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      client: { type: "string" },
      streams: { type: "string", default: "8" },
      tokens: { type: "string", default: "1000" },
      rounds: { type: "string", default: "5" },
    },
  });
  const streams = Number(values.streams);
  if (values.client !== undefined) return await readStreams(Number(values.client), streams);
  for (const pace of ["stepped", "flood"] as const) {
    const rounds: number[] = [];
    while (rounds.length < Number(values.rounds)) {
      rounds.push(await measure(pace, { streams, tokens: Number(values.tokens) }));
    }
    const { median, min, max } = spreadOf(rounds);
    const [middle, least, most] = [median, min, max].map((microseconds) => microseconds.toFixed(2));
    console.log(`${pace}, ${streams} streams: ${middle} µs per token (${least} to ${most})`);
  }
}

/** Microseconds of the main thread for each token of each stream. */
async function measure(pace: Pace, { streams, tokens }: { streams: number; tokens: number }): Promise<number> {
  const idle = source(pace, { streams, tokens });
  const idleFrom = threadTime();
  await Promise.all(Array.from({ length: streams }, async () => {
    for await (const event of idle()) if (event.type === "done") return;
  }));
  const idleTime = threadTime() - idleFrom;

  const engine = new FakeEngine(source(pace, { streams, tokens }));
  const server = await serve(createApp({ engine, options: { version: "0.0.0" } }), {
    hostname: "127.0.0.1",
    port: 0,
    portGiven: true,
  });
  const args = ["run", "-A", "--quiet", import.meta.url, "--client", String(server.port), "--streams", String(streams)];
  const client = new Deno.Command(Deno.execPath(), { args, stdout: "null" }).spawn();
  await Promise.race([engine.call(streams - 1), client.status]);
  const from = threadTime();
  const { success } = await client.status;
  const time = threadTime() - from;
  await server.shutdown();
  if (!success) throw new Error("The client failed");
  return (time - idleTime) / streams / tokens;
}

/** Events for all streams, from the moment on when the last of them is asked for. */
function source(
  pace: Pace,
  { streams, tokens }: { streams: number; tokens: number },
): () => AsyncGenerator<GenerateEvent> {
  const queues: EventQueue<GenerateEvent>[] = [];
  const say = (step: number): void => {
    for (const queue of queues) queue.push({ type: "text", index: 0, text: ` word${step % 10}` });
  };
  const run = async (): Promise<void> => {
    for (let step = 0; step < tokens; step++) {
      say(step);
      if (pace === "stepped") await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
    for (const queue of queues) {
      queue.push({ type: "finish", index: 0, finishReason: "stop", completionTokens: tokens }).push(DONE).end();
    }
  };
  return async function* (): AsyncGenerator<GenerateEvent> {
    const queue = new EventQueue<GenerateEvent>();
    // The first event starts the answer, so that the head of the response is no part of what is measured.
    queue.push({ type: "text", index: 0, text: "." });
    if (queues.push(queue) === streams) setTimeout(run, 200);
    yield* queue;
  };
}

/** Nanoseconds that the kernel gave this process's main thread, as microseconds. */
function threadTime(): number {
  const [ran] = Deno.readTextFileSync(`/proc/self/task/${Deno.pid}/schedstat`).split(" ");
  return Number(ran) / 1000;
}

async function readStreams(port: number, streams: number): Promise<void> {
  const body = JSON.stringify({ messages: [{ role: "user", content: "Hi" }], stream: true });
  const request =
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
  await Promise.all(Array.from({ length: streams }, async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode(request));
    const buffer = new Uint8Array(65536);
    let tail = "";
    for (let read = await connection.read(buffer); read !== null; read = await connection.read(buffer)) {
      tail = (tail + new TextDecoder().decode(buffer.subarray(0, read))).slice(-64);
    }
    if (!tail.includes("[DONE]")) throw new Error(`The stream ended with ${JSON.stringify(tail)}`);
  }));
}
