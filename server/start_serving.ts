import { availableMemory } from "../lib/available_memory.ts";
import { type Llamafile, type ModelFile, openModelFile, readEntry } from "../lib/container/mod.ts";
import { type LoadOptions, type ModelInfo, type Sampling, WorkerEngine } from "../lib/engine/mod.ts";
import { EngineError, toEngineError } from "../lib/errors.ts";
import { describeModel, type ModelFacts, readGguf } from "../lib/gguf/mod.ts";
import { type ProvidedLibraries, provideLibraries } from "../lib/library_cache.ts";
import { levelOfGgml, logger } from "../lib/log.ts";
import { fitContext } from "../lib/memory_fit.ts";
import type { ServeOptions } from "../lib/options.ts";
import { physicalCores } from "../lib/physical_cores.ts";
import type { RunningServer } from "./serve.ts";

/** What is served, and how. */
export interface ServingInput {
  options: ServeOptions;
  /** The file with the model: a GGUF, a llamafile, or this executable itself. */
  modelPath: string;
  /** The executable that carries the native libraries. */
  executable: Llamafile;
  /** The port to listen at, and whether the user chose it: another one is no substitute then. */
  port: number;
  portGiven: boolean;
  /** The engine worker's module. */
  workerUrl: URL;
  /** Packllama's own version. */
  version: string;
}

/** A server whose model is loading or loaded. */
export interface Serving {
  server: RunningServer;
  /** Resolves once the model is loaded; rejects when it cannot be. */
  ready: Promise<ModelInfo>;
  /** Ends requests and frees the model. */
  close(): Promise<void>;
}

/**
 * Checks the model, begins to load it, and listens while it loads.
 *
 * @throws {EngineError} When the model is damaged or does not fit, or when it cannot listen.
 */
export async function startServing(input: ServingInput): Promise<Serving> {
  const { options, modelPath, version } = input;
  // First of all, so that the engine's thread starts while this one reads.
  const engine = new WorkerEngine({
    workerUrl: input.workerUrl,
    modelId: options.alias ?? modelName(modelPath),
    sampling: samplingOf(options),
    ...(options.nPredict > 0 ? { maxTokens: options.nPredict } : {}),
    log: (level, text) => logNative(level, text),
  });
  try {
    using model = openModelFile(modelPath, { requireAligned: false });
    const facts = checkModel(model);
    const provided = unpackLibraries(input.executable, options.cpuVariant);
    engine.load(loadOptions(input, { model, facts, provided }));
    const ready = engine.ready().then((info) => {
      provided.remember(info.cpuVariant);
      return info;
    });
    ready.catch(() => {}); // Whoever awaits it is told; nobody does when listening fails.
    // What comes now, the worker is busy with loading.
    const [{ createApp }, { serve }] = await Promise.all([import("./app.ts"), import("./serve.ts")]);
    const app = createApp({
      engine,
      options: { version, ...(options.system === undefined ? {} : { systemPrompt: options.system }) },
    });
    const server = await serve(app, {
      hostname: options.host,
      port: input.port,
      portGiven: input.portGiven,
    });
    const close = async (): Promise<void> => {
      await server.shutdown();
      await engine.close();
    };
    return { server, ready, close };
  } catch (error) {
    await engine.close();
    throw toEngineError(error, "Cannot serve");
  }
}

/** Reads the whole header, so that nothing damaged comes near native code. */
function checkModel(model: ModelFile): ModelFacts {
  const facts = describeModel(readGguf(model.source, model.offset, model.size));
  if (facts.splitCount > 1) {
    throw new EngineError(
      "bad_model",
      `Cannot load model "${model.path}": it is one of ${facts.splitCount} parts; join them with llama-gguf-split --merge`,
    );
  }
  return facts;
}

interface Checked {
  model: ModelFile;
  facts: ModelFacts;
  provided: ProvidedLibraries;
}

function loadOptions({ options }: ServingInput, { model, facts, provided }: Checked): LoadOptions {
  const contextLength = options.memoryCheck
    ? fitContext({
      modelName: modelName(model.path),
      facts,
      contextLength: options.ctxSize,
      ubatchSize: options.ubatchSize,
      available: availableMemory(),
    })
    : options.ctxSize;
  const { libraries, cpuVariant } = provided;
  return {
    libraries,
    model: {
      path: model.path,
      offset: model.offset,
      mmap: options.mmap,
      mlock: options.mlock,
      ...(options.gpuLayers === undefined ? {} : { gpuLayers: options.gpuLayers }),
    },
    context: {
      contextLength,
      batchSize: options.batchSize,
      ubatchSize: Math.min(options.ubatchSize, options.batchSize),
      // llama.cpp aborts where a batch or the context cannot hold one token of each sequence.
      parallel: Math.min(options.parallel, options.batchSize, options.ubatchSize, contextLength || options.parallel),
      threads: options.threads > 0 ? options.threads : physicalCores(),
      ...(options.flashAttn === undefined ? {} : { flashAttention: options.flashAttn }),
    },
    verbose: options.verbose,
    ...(cpuVariant === undefined ? {} : { cpuVariant }),
  };
}

function unpackLibraries(
  { source, libraries, manifest, path }: Llamafile,
  cpuVariant: string | undefined,
): ProvidedLibraries {
  const hashes = new Map(manifest?.entries.map((entry) => [entry.name, entry.sha256]));
  const packed = libraries.map((entry) => {
    const sha256 = hashes.get(entry.name);
    if (sha256 === undefined) throw new EngineError("bad_file", `"${path}" has no hash for "${entry.name}"`);
    const name = entry.name.slice(entry.name.lastIndexOf("/") + 1);
    return { name, size: entry.size, sha256, read: () => new Uint8Array(readEntry(source, entry, entry.size)) };
  });
  return provideLibraries(packed, cpuVariant === undefined ? {} : { cpuVariant });
}

function samplingOf(options: ServeOptions): Sampling {
  return {
    temperature: options.temp,
    topK: options.topK,
    topP: options.topP,
    minP: options.minP,
    typicalP: options.typical,
    seed: options.seed < 0 ? undefined : options.seed,
    repeatLastN: options.repeatLastN,
    repeatPenalty: options.repeatPenalty,
    frequencyPenalty: options.frequencyPenalty,
    presencePenalty: options.presencePenalty,
  };
}

function modelName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).replace(/(\.gguf|\.llamafile)?(\.exe)?$/i, "");
}

function logNative(level: number, text: string): void {
  logger("llama")[levelOfGgml(level)]("{text}", { text });
}
