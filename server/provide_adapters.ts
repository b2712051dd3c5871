import { type AdapterChoice, packedEntryName, parseAdapterChoice } from "../lib/adapter_choice.ts";
import { type Llamafile, type ModelFile, openByteSource } from "../lib/container/mod.ts";
import { EngineError } from "../lib/errors.ts";
import { checkAdapter, type Gguf, readGguf } from "../lib/gguf/mod.ts";
import { provideLibraries } from "../lib/library_cache.ts";
import { packedFiles } from "./packed_files.ts";

/**
 * Checks the LoRA adapters that a model is to have, and unpacks those that are packed with it: llama.cpp opens an adapter by its path alone.
 *
 * @param given As the options have them: `FILE` or `FILE:SCALE` each.
 * @param to The file of the model, and its header.
 * @throws {EngineError} `bad_file`, `bad_model` or `io` for an adapter that cannot be read, or does not fit the model.
 */
export function provideAdapters(
  given: readonly string[],
  { model, header }: { model: ModelFile; header: Gguf },
): AdapterChoice[] {
  return given.map(parseAdapterChoice).map((choice) => {
    const packed = packedEntryName(choice);
    if (packed !== undefined) {
      return { scale: choice.scale, path: unpack(model.llamafile, { name: packed, model: header }) };
    }
    using source = openByteSource(choice.path);
    checkAdapter(readGguf(source), header);
    return choice;
  });
}

function unpack(llamafile: Llamafile | undefined, { name, model }: { name: string; model: Gguf }): string {
  const entry = llamafile?.entries.find((entry) => entry.name === name);
  if (llamafile === undefined || entry === undefined || entry.method !== 0) {
    throw new EngineError("bad_file", `There is no LoRA adapter "${name}" in the file of the model`);
  }
  checkAdapter(readGguf(llamafile.source, entry.dataOffset, entry.size), model);
  // What holds for libraries holds here: unpacked once, its bytes checked at each start, in memory where no folder can be had.
  const [cached] = provideLibraries(packedFiles(llamafile, [entry])).libraries;
  if (cached === undefined) throw new EngineError("internal", `"${name}" was not unpacked`);
  return cached.path;
}
