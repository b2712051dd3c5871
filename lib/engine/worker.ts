/// <reference lib="deno.worker" />
// The engine's thread: it owns every native object, and decodes without a pause between two calls, for ggml's threads fall asleep in one.
// It learns of new messages from a counter in shared memory, and yields to its event loop only when that has moved, while a slot's file is
// written, or when nothing is to be done.
import { EngineError, toEngineError } from "../errors.ts";
import { LOG_LEVEL } from "./log_level.ts";
import { NativeEngine } from "./native_engine.ts";
import type { FromEngine, FromWorker, LoadOptions, ToWorker } from "./protocol.ts";

/** A question to one of the models. */
type Question = Extract<ToWorker, { type: "query" }>;

/** How long questions may be answered before the next step, in milliseconds; one that takes longer is answered all the same. */
const ANSWER_MS = 20;

/** Messages posted by the host, in shared memory; those received here. */
let posted: Int32Array | undefined;
let received = 0;
/** The models that are loaded, by their numbers. */
const engines = new Map<number, NativeEngine>();
let running = false;
let closing = false;
/** Questions in the order in which they came. */
const questions: Question[] = [];
/** Those whose answers wait for the event loop. */
let asked = 0;
let wake: (() => void) | undefined;

self.onmessage = (event: MessageEvent<ToWorker>): void => {
  received++;
  try {
    handle(event.data);
  } catch (error) {
    giveUp(event.data, error);
  }
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
    case "query":
      questions.push(message);
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

/** Never rejects: what goes wrong is the question's failure. */
async function answer({ id, engine, query }: Question): Promise<void> {
  asked++;
  try {
    const found = loaded({ id, engine });
    if (found === undefined) return;
    post({ type: "events", engine, events: [{ type: "answered", id, answer: await found.answer(query) }] });
  } catch (error) {
    fail({ id, engine }, error);
  } finally {
    asked--;
  }
}

/** A message that cannot be processed fails its request, if it has one: the thread, and with it every model, lives on. */
function giveUp(message: ToWorker, error: unknown): void {
  if (message.type === "close") throw error; // It ends, one way or the other.
  report(message.engine, `Cannot process "${message.type}"`, error);
  if ("id" in message && message.type !== "cancel") fail(message, error);
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
    const { code, message } = toEngineError(error, "Cannot load the model");
    send({ type: "load_failed", error: { code, message } });
    using _engine = engines.get(number);
    engines.delete(number);
  }
}

async function run(): Promise<void> {
  running = true;
  while (!closing) {
    await receive();
    await answerSome();
    // What was received may have been the one to close, after which there is none to wait for.
    if (!closing && !step() && !isBehind() && questions.length === 0) await nextMessage();
  }
  for (const number of [...engines.keys()]) await unload(number);
  finish();
}

/** Takes what was posted; where an answer waits for the event loop, also if there is nothing. */
async function receive(): Promise<void> {
  do {
    if (isBehind() || asked > 0) await yieldToEventLoop();
  } while (isBehind());
}

/** Answers questions, but for a short time only: whoever generates does not wait for all that others ask. */
async function answerSome(): Promise<void> {
  const begun = performance.now();
  while (questions.length > 0 && performance.now() - begun < ANSWER_MS) {
    const question = questions.shift();
    if (question === undefined) return;
    const answered = answer(question);
    // A file is written while steps go on; all others are answered at once.
    if (question.query.kind !== "changeSlot") await answered;
  }
}

/** Whether something was posted that was not received. */
function isBehind(): boolean {
  return posted !== undefined && Atomics.load(posted, 0) !== received;
}

/** One step of each model that has something to do, and whether there was one. */
function step(): boolean {
  let busy = false;
  for (const [number, engine] of engines) {
    if (engine.idle) continue;
    stepOne(number, engine);
    busy = true;
  }
  return busy;
}

/** What an engine's step throws is a defect of which nobody knows whom it concerns: all of its requests fail, and those of no other. */
function stepOne(number: number, engine: NativeEngine): void {
  try {
    engine.step();
  } catch (error) {
    report(number, "A step failed", error);
    engine.failAll(error);
  }
}

/** Never rejects: the host waits for it to end, whatever goes wrong. */
async function unload(number: number): Promise<void> {
  try {
    using engine = engines.get(number);
    engines.delete(number);
    await engine?.keepStates();
  } catch (error) {
    report(number, "Cannot unload the model as it should be", error);
  } finally {
    post({ type: "unloaded", engine: number });
  }
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
function loaded(request: { id: number; engine: number }): NativeEngine | undefined {
  const found = engines.get(request.engine);
  if (found === undefined) fail(request, new EngineError("loading", "The model is not loaded"));
  return found;
}

function fail({ id, engine }: { id: number; engine: number }, error: unknown): void {
  const { code, message, param } = toEngineError(error, "Cannot process the request");
  post({ type: "events", engine, events: [{ type: "failed", id, error: { code, message, param } }] });
}

/** Has the host log what is a defect, with the place where it was thrown. */
function report(engine: number, doing: string, error: unknown): void {
  const detail = error instanceof Error ? error.stack ?? error.message : String(error);
  post({ type: "log", engine, level: LOG_LEVEL.error, text: `${doing}: ${detail}` });
}

function post(message: FromEngine): void {
  self.postMessage(message);
}
