import { ENGINE_RELEASE, type Llamafile, type ModelFile, openByteSource, WARM_NAME } from "../lib/container/mod.ts";
import { type LoadOptions, type StateKeyInput, stateKeyOf } from "../lib/engine/mod.ts";
import type { Gguf } from "../lib/gguf/mod.ts";
import { fingerprintModel } from "../lib/model_fingerprint.ts";
import type { ModelHeader } from "../lib/model_header.ts";

/** What KV states are computed with. */
export interface StateInput {
  model: ModelFile;
  header: ModelHeader;
  /** The executable that carries the native libraries. */
  executable: Llamafile;
}

/**
 * Adds the KV states that are packed with the model, and the key of those and of the prompt cache. Where there are neither, nothing is read.
 *
 * @throws {EngineError} `io` when the model or an adapter cannot be read.
 */
export function provideStates(load: LoadOptions, input: StateInput): LoadOptions {
  const { llamafile } = input.model;
  const packed = llamafile?.entries.filter(({ name, method }) => name === WARM_NAME && method === 0) ?? [];
  if (packed.length === 0 && load.promptCache === undefined) return load;
  const states = packed.map(({ dataOffset, size }) => ({ path: input.model.path, offset: dataOffset, size }));
  return { ...load, states, stateKey: stateKeyOf(keyInput(load, input)) };
}

function keyInput({ context, lora }: LoadOptions, { model, header, executable }: StateInput): StateKeyInput {
  const { gguf, parts } = header;
  const others = parts?.filter((path) => path !== model.path) ?? [];
  const longRopeFrom = longRopeStart(gguf);
  return {
    model: [fingerprintModel({ ...model, dataOffset: gguf.dataOffset }), ...others.map(fingerprintFile)],
    lora: (lora ?? []).map(({ path }) => fingerprintFile(path)),
    engine: executable.manifest?.engine ?? ENGINE_RELEASE,
    context,
    ...(longRopeFrom === undefined ? {} : { longRopeFrom }),
  };
}

function fingerprintFile(path: string): string {
  using source = openByteSource(path);
  return fingerprintModel({ source, offset: 0, size: source.size, dataOffset: 0 });
}

/** The length of context beyond which a model has other RoPE factors (LongRoPE, as in Phi-3), after `llama_model::get_rope_factors`. */
export function longRopeStart({ metadata, tensors }: Gguf): number | undefined {
  if (!tensors.some(({ name }) => name.includes("rope_factors_long"))) return undefined;
  const architecture = metadata.get("general.architecture");
  const length = metadata.get(`${architecture}.rope.scaling.original_context_length`) ??
    metadata.get(`${architecture}.context_length`);
  return typeof length === "number" ? length : undefined;
}
