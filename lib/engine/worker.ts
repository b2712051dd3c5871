/// <reference lib="deno.worker" />
// The engine's thread: it owns every native object, and decodes without a pause between two calls, for ggml's threads fall asleep in one.
// It learns of new messages from a counter in shared memory, and yields to its event loop only when that has moved or nothing is to be done.
import { EngineError, toEngineError } from "../errors.ts";
import { NativeEngine } from "./native_engine.ts";
import type { FromEngine, FromWorker, LoadOptions, ToWorker } from "./protocol.ts";

/** Messages posted by the host, in shared memory; those received here. */
let posted: Int32Array | undefined;
let received = 0;
/** The models that are loaded, by their numbers. */
const engines = new Map<number, NativeEngine>();
let running = false;
let closing = false;
let wake: (() => void) | undefined;

self.onmessage = (event: MessageEvent<ToWorker>): void => {
  received++;
  handle(event.data);
  wake?.();
};

function handle(message: ToWorker): void {
  switch (message.type) {
    case "load":
      posted = new Int32Array(message.counter);
      load(message.engine, message.options);
      break;
    case "generate":
      loaded(message)?.submit(message);
      break;
    case "embed":
      loaded(message)?.embed(message);
      break;
    case "cancel":
      engines.get(message.engine)?.cancel(message.id);
      break;
    case "unload":
      unload(message.engine);
      break;
    case "close":
      closing = true;
      if (!running) finish();
      break;
  }
}

function load(number: number, options: LoadOptions): void {
  const send = (message: FromWorker): void => post({ ...message, engine: number });
  try {
    const engine = new NativeEngine(options, send);
    engines.set(number, engine);
    send({ type: "loaded", model: engine.describe() });
    engine.restoreStates();
    if (!running) run();
  } catch (error) {
    engines.get(number)?.[Symbol.dispose]();
    engines.delete(number);
    const { code, message } = toEngineError(error, "Cannot load the model");
    send({ type: "load_failed", error: { code, message } });
  }
}

async function run(): Promise<void> {
  running = true;
  while (!closing) {
    if (posted !== undefined && Atomics.load(posted, 0) !== received) await yieldToEventLoop();
    else if (!step()) await nextMessage();
  }
  for (const number of [...engines.keys()]) await unload(number);
  finish();
}

/** One step of each model that has something to do, and whether there was one. */
function step(): boolean {
  let busy = false;
  for (const engine of engines.values()) {
    if (engine.idle) continue;
    engine.step();
    busy = true;
  }
  return busy;
}

async function unload(number: number): Promise<void> {
  const engine = engines.get(number);
  engines.delete(number);
  await engine?.keepStates();
  engine?.[Symbol.dispose]();
  post({ type: "unloaded", engine: number });
}

function finish(): void {
  post({ type: "closed" });
  self.close();
}

function nextMessage(): Promise<void> {
  return new Promise((resolve) => {
    wake = (): void => {
      wake = undefined;
      resolve();
    };
  });
}

function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** The model that a request is for; where it is not loaded the request fails. */
function loaded({ id, engine }: { id: number; engine: number }): NativeEngine | undefined {
  const found = engines.get(engine);
  if (found !== undefined) return found;
  const { code, message } = new EngineError("loading", "The model is not loaded");
  post({ type: "events", engine, events: [{ type: "failed", id, error: { code, message } }] });
  return undefined;
}

function post(message: FromEngine): void {
  self.postMessage(message);
}
