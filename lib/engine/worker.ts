/// <reference lib="deno.worker" />
// The engine's thread: it owns every native object, and decodes without a pause between two calls, for ggml's threads fall asleep in one.
// It learns of new messages from a counter in shared memory, and yields to its event loop only when that has moved or nothing is to be done.
import { EngineError, toEngineError } from "../errors.ts";
import { NativeEngine } from "./native_engine.ts";
import type { FromWorker, LoadOptions, ToWorker } from "./protocol.ts";

/** Messages posted by the host, in shared memory; those received here. */
let posted: Int32Array | undefined;
let received = 0;
let engine: NativeEngine | undefined;
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
      load(message.options);
      break;
    case "generate":
      if (engine === undefined) failUnloaded(message.id);
      else engine.submit(message);
      break;
    case "cancel":
      engine?.cancel(message.id);
      break;
    case "close":
      closing = true;
      if (engine === undefined) finish();
      break;
  }
}

function load(options: LoadOptions): void {
  try {
    engine = new NativeEngine(options, post);
    post({ type: "loaded", model: engine.describe() });
    run(engine);
  } catch (error) {
    const { code, message } = toEngineError(error, "Cannot load the model");
    post({ type: "load_failed", error: { code, message } });
  }
}

async function run(engine: NativeEngine): Promise<void> {
  while (!closing) {
    if (posted !== undefined && Atomics.load(posted, 0) !== received) await yieldToEventLoop();
    else if (engine.idle) await nextMessage();
    else engine.step();
  }
  engine[Symbol.dispose]();
  finish();
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

function failUnloaded(id: number): void {
  const { code, message } = new EngineError("loading", "The model is not loaded");
  post({ type: "failed", id, error: { code, message } });
}

function post(message: FromWorker): void {
  self.postMessage(message);
}
