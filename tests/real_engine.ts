import { fileURLToPath } from "node:url";
import { Library, Model } from "../ffi/mod.ts";
import { type NativeLibrary, provideNativeLibraries } from "../lib/build/native_libraries.ts";
import { DEFAULT_SAMPLING, type LoadOptions, WorkerEngine } from "../lib/engine/mod.ts";
import { silentProgress } from "../lib/progress.ts";
import { hostTarget, type Target } from "../lib/target.ts";
import { DEFAULT_MODEL, fetchModel, findModel } from "../models/mod.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** llama.cpp's libraries for a platform, this one by default, from Deno's cache or, where they are missing there, from the npm package. */
export function realLibraries(target: Target = hostTarget()): Promise<NativeLibrary[]> {
  return provideNativeLibraries(target, { root: ROOT, startProgress: silentProgress });
}

/** The path of the default model's weights (SmolLM2 135M Instruct), which are downloaded unless they are there. */
export function realModel(): Promise<string> {
  return fetchModel(findModel(DEFAULT_MODEL), { startProgress: silentProgress });
}

/** What a test may want otherwise than {@linkcode startRealEngine} has it. */
export interface RealEngineOptions {
  context?: Partial<LoadOptions["context"]>;
  /** Bytes of RAM for KV states. */
  cacheBytes?: number;
  maxTokens?: number;
  /** Requests that may wait. */
  queue?: number;
  /** Guess tokens ahead; not unless told, for rounding depends on what is computed together. */
  speculation?: boolean;
  /** The file of a draft model. */
  draftModel?: string;
}

/** A context that is made quickly. */
export const SMALL_CONTEXT: LoadOptions["context"] = {
  contextLength: 512,
  batchSize: 128,
  ubatchSize: 128,
  parallel: 4,
  // Two would spin in wait for each other where other work takes their cores, and a test last for minutes.
  threads: 1,
  batchThreads: 1,
  layout: "unified",
  shift: false,
};

/** A loaded engine that is closed when the scope ends. */
export interface RealEngine extends AsyncDisposable {
  engine: WorkerEngine;
}

/** Loads the default model, with a small context, into an engine as `serve` makes it. */
export async function startRealEngine(options: RealEngineOptions = {}): Promise<RealEngine> {
  const { context, cacheBytes = 1e8, maxTokens, queue = 64, speculation = false, draftModel } = options;
  const [libraries, path] = await Promise.all([realLibraries(), realModel()]);
  const engine = new WorkerEngine({
    workerUrl: new URL("../lib/engine/worker.ts", import.meta.url),
    modelId: "smollm2",
    sampling: { ...DEFAULT_SAMPLING, temperature: 0 },
    queue,
    speculation,
    keep: 0,
    log: (): void => {},
    ...(maxTokens === undefined ? {} : { maxTokens }),
  });
  engine.load({
    libraries,
    model: { path, offset: 0 },
    context: { ...SMALL_CONTEXT, ...context },
    cacheBytes,
    states: [],
    verbose: false,
    ...(draftModel === undefined ? {} : { draftModel: { path: draftModel, offset: 0 } }),
  });
  try {
    await engine.ready();
  } catch (error) {
    // Its thread would keep the runner from ending.
    await engine.close();
    throw error;
  }
  return { engine, [Symbol.asyncDispose]: () => engine.close() };
}

/** The default model opened in this thread, below the engine. */
export interface RealModel extends Disposable {
  library: Library;
  model: Model;
  /** What llama.cpp logged, warnings and errors alone. */
  log: string[];
}

/** Opens the real libraries and loads the default model. */
export async function openRealModel(): Promise<RealModel> {
  const [libraries, path] = await Promise.all([realLibraries(), realModel()]);
  const log: string[] = [];
  const library = new Library(libraries, {
    log: (level, text) => void (level >= 3 && level !== 5 && log.push(text)),
  });
  const model = new Model(library, { path, offset: 0 });
  return {
    library,
    model,
    log,
    [Symbol.dispose](): void {
      model[Symbol.dispose]();
      library[Symbol.dispose]();
    },
  };
}
