import { parseAdapterChoice } from "../lib/adapter_choice.ts";
import type { Llamafile } from "../lib/container/mod.ts";
import { type ModelInfo, warmConversations } from "../lib/engine/mod.ts";
import { toEngineError } from "../lib/errors.ts";
import type { ServeOptions } from "../lib/options.ts";
import { expectFolder } from "./expect_folder.ts";
import { samplingOfOptions } from "./sampling_of_options.ts";
import type { RunningServer } from "./serve.ts";
import type { SqliteResponseStore } from "./sqlite_response_store.ts";
import { startEngine } from "./start_engine.ts";
import { expectTemplate } from "./template_of_options.ts";

/** What is served, and how. */
export interface ServingInput {
  options: ServeOptions;
  /** The file with the model: a GGUF, a llamafile, or this executable itself. */
  modelPath: string;
  /** Files of more models, each loaded when it is asked for. */
  otherModels?: string[];
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
  const { options, version } = input;
  if (options.slotSavePath !== undefined) expectFolder(options.slotSavePath, "--slot-save-path");
  await expectTemplate(options);
  // First of all, so that the engine's thread starts while this one reads.
  const { engine, pool, files, load } = startEngine(input);
  try {
    const ready = load();
    ready.catch(() => {}); // Whoever awaits it is told; nobody does when listening fails.
    // What comes now, the worker is busy with loading.
    const [{ createApp }, { serve }, { Provenance }] = await Promise.all([
      import("./app.ts"),
      import("./serve.ts"),
      import("./receipts/mod.ts"),
    ]);
    const responses = await openStore(options.store);
    const app = createApp({
      engine,
      ...(responses === undefined ? {} : { responses }),
      ...(pool === undefined ? {} : { models: pool }),
      provenance: new Provenance({ version, executable: input.executable, models: files, lora: options.lora }),
      options: {
        version,
        strictModel: options.strictModel,
        defaults: samplingOfOptions(options),
        ...(options.nPredict > 0 ? { maxTokens: options.nPredict } : {}),
        modelFile: input.modelPath,
        adapters: options.lora.map(parseAdapterChoice),
        ...(options.slotSavePath === undefined ? {} : { slotSavePath: options.slotSavePath }),
        ...(options.system === undefined ? {} : { systemPrompt: options.system }),
        prefillAssistant: options.prefillAssistant,
      },
    });
    const server = await serve(app, {
      hostname: options.host,
      port: input.port,
      portGiven: input.portGiven,
    });
    // The worker is still loading.
    await warmConversations();
    const close = async (): Promise<void> => {
      await server.shutdown();
      await engine.close();
      responses?.[Symbol.dispose]();
    };
    return { server, ready, close };
  } catch (error) {
    await engine.close();
    throw toEngineError(error, "Cannot serve");
  }
}

/** Where responses are kept from one run to the next; undefined where they are not. */
async function openStore(path: string | undefined): Promise<SqliteResponseStore | undefined> {
  if (path === undefined) return undefined;
  const { SqliteResponseStore } = await import("./sqlite_response_store.ts");
  return new SqliteResponseStore(path);
}
