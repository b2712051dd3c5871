import type { Engine, GenerateInput, LoadOptions } from "../../../lib/engine/mod.ts";
import { DEFAULT_SAMPLING, WorkerEngine } from "../../../lib/engine/mod.ts";
import { realLibraries } from "../../real_engine.ts";

/** What a test may want otherwise. */
export type EngineOf = Partial<Omit<LoadOptions, "context">> & { context?: Partial<LoadOptions["context"]> };

/** An engine that is closed when the scope ends. */
export interface OpenEngine extends AsyncDisposable {
  engine: Engine;
}

/** Loads any model, greedy and with a small context, into an engine. */
export async function engineOf(path: string, { context, ...options }: EngineOf = {}): Promise<OpenEngine> {
  const engine = new WorkerEngine({
    workerUrl: new URL("../../../lib/engine/worker.ts", import.meta.url),
    modelId: "made",
    sampling: { ...DEFAULT_SAMPLING, temperature: 0 },
    queue: 16,
    speculation: false,
    keep: 0,
    log: (): void => {},
  });
  engine.load({
    libraries: await realLibraries(),
    model: { path, offset: 0 },
    context: {
      contextLength: 512,
      batchSize: 128,
      ubatchSize: 128,
      parallel: 4,
      // Two would spin in wait for each other where other work takes their cores.
      threads: 1,
      batchThreads: 1,
      layout: "unified",
      shift: false,
      ...context,
    },
    cacheBytes: 0,
    states: [],
    verbose: false,
    ...options,
  });
  try {
    await engine.ready();
  } catch (error) {
    await engine.close();
    throw error;
  }
  return { engine, [Symbol.asyncDispose]: () => engine.close() };
}

/** The text that an engine answers with, 16 tokens unless told otherwise. */
export async function say(
  engine: Engine,
  input: Partial<GenerateInput> & { prompt: GenerateInput["prompt"] },
): Promise<string> {
  let said = "";
  for await (const event of engine.generate({ sampling: {}, maxTokens: 16, ...input })) {
    if (event.type === "text") said += event.text;
  }
  return said;
}
