import { ENGINE_RELEASE, type Llamafile, type ModelFile, openByteSource, WARM_NAME } from "../lib/container/mod.ts";
import {
  expectReplaceable,
  type LoadOptions,
  type StateKeyInput,
  stateKeyOf,
  type StateSource,
} from "../lib/engine/mod.ts";
import type { Gguf } from "../lib/gguf/mod.ts";
import { logger } from "../lib/log.ts";
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
 * Adds the KV states that are packed with the model, and the key of those, of the prompt cache and of what slots keep in files. Where there
 * are none of these, nothing is read.
 *
 * Native code takes states as they are, so they are taken from this executable alone, which is trusted as its code is: those packed in
 * another file are passed over.
 *
 * @throws {EngineError} `usage` when the prompt cache is a file of another kind, which would be replaced; `io` when it, the model or an adapter
 * cannot be read.
 */
export function provideStates(load: LoadOptions, input: StateInput): LoadOptions {
  if (load.promptCache !== undefined) expectReplaceable(load.promptCache);
  const states = packedStates(input);
  if (states.length === 0 && load.promptCache === undefined && !load.slotFiles) return load;
  return { ...load, states, stateKey: stateKeyOf(keyInput(load, input)) };
}

function packedStates({ model, executable }: StateInput): StateSource[] {
  if (model.llamafile === undefined || warmEntries(model.llamafile).length === 0) return [];
  if (!isSameFile(model.path, executable.path)) {
    logger("server").warning(
      'Passing over the KV state packed in "{path}": only those in this executable are used; run that file itself to have it',
      { path: model.path },
    );
    return [];
  }
  // Of the executable as it was opened, whatever the model's path names by now.
  return warmEntries(executable).map(({ dataOffset, size }) => ({ path: executable.path, offset: dataOffset, size }));
}

function warmEntries({ entries }: Llamafile): Llamafile["entries"] {
  return entries.filter(({ name, method }) => name === WARM_NAME && method === 0);
}

/** Whether two paths name one file, through links too. */
function isSameFile(path: string, other: string): boolean {
  try {
    const [one, two] = [Deno.statSync(path), Deno.statSync(other)];
    // Windows has no such numbers.
    if (!one.ino || !two.ino) return Deno.realPathSync(path) === Deno.realPathSync(other);
    return one.ino === two.ino && one.dev === two.dev;
  } catch {
    // One of them is gone by now: they are taken for two, which costs no more than computing a prompt.
    return false;
  }
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
