import { availableMemory } from "../lib/available_memory.ts";
import { type Llamafile, openModelFile } from "../lib/container/mod.ts";
import type { LoadOptions } from "../lib/engine/mod.ts";
import type { ProvidedLibraries } from "../lib/library_cache.ts";
import { readModelHeader } from "../lib/model_header.ts";
import type { ServeOptions } from "../lib/options.ts";
import { fileName } from "./file_name.ts";
import { loadOptionsOf } from "./load_options.ts";
import { provideAdapters } from "./provide_adapters.ts";
import { provideDraftModel } from "./provide_draft_model.ts";
import { provideStates } from "./provide_states.ts";
import { unpackLibraries } from "./unpack_libraries.ts";

/** What a model is prepared with. */
export interface PrepareInput {
  options: ServeOptions;
  /** The executable that carries the native libraries. */
  executable: Llamafile;
  /** Bytes of memory that other models take; 0 when absent. */
  reserved?: number;
}

/** A model that can be loaded, and the libraries to load it with. */
export interface PreparedModel {
  load: LoadOptions;
  provided: ProvidedLibraries;
}

/**
 * Checks the file of a model and all that goes with it, unpacks the libraries, and says how it is loaded.
 *
 * @throws {EngineError} When something is damaged or does not fit, memory among it.
 */
export function prepareModel(path: string, { options, executable, reserved = 0 }: PrepareInput): PreparedModel {
  using model = openModelFile(path, { requireAligned: false });
  const header = readModelHeader(model);
  const { gguf, facts, parts } = header;
  const lora = provideAdapters(options.lora, { model, header: gguf });
  const draft = options.modelDraft === undefined
    ? undefined
    : provideDraftModel(options.modelDraft, { model, header: gguf });
  const provided = unpackLibraries(executable, options.cpuVariant);
  const { bytes, limitedBy } = availableMemory();
  const load = loadOptionsOf(options, {
    model: { path, offset: model.offset, name: modelName(path), ...(parts === undefined ? {} : { parts }) },
    lora,
    ...(draft === undefined ? {} : { draft }),
    facts,
    provided,
    available: { bytes: bytes - reserved, limitedBy },
  });
  return { load: provideStates(load, { model, header, executable }), provided };
}

/** What a model is called unless it is told: its file's name without what only tells the kind of file. */
export function modelName(path: string): string {
  return fileName(path).replace(/(-\d{5}-of-\d{5})?(\.gguf|\.llamafile)?(\.exe)?$/i, "");
}
