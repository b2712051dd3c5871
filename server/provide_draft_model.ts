import { packedEntryName } from "../lib/adapter_choice.ts";
import { type ModelFile, openModelFile } from "../lib/container/mod.ts";
import type { LoadOptions } from "../lib/engine/mod.ts";
import { EngineError } from "../lib/errors.ts";
import { checkDraft, type Gguf, readGguf } from "../lib/gguf/mod.ts";

/**
 * Checks the draft model that a model is to have, which may be packed with it.
 *
 * @param path As the options have it: a GGUF, a llamafile, or `/zip/draft/NAME`.
 * @param to The file of the model, and its header.
 * @throws {EngineError} `bad_file`, `bad_model` or `io` for one that cannot be read, or has another vocabulary.
 */
export function provideDraftModel(
  path: string,
  { model, header }: { model: ModelFile; header: Gguf },
): NonNullable<LoadOptions["draftModel"]> {
  const packed = packedEntryName({ path });
  if (packed === undefined) {
    using file = openModelFile(path, { requireAligned: false });
    checkDraft(readGguf(file.source, file.offset, file.size), { model: header, path });
    return { path, offset: file.offset };
  }
  const entry = model.llamafile?.entries.find((entry) => entry.name === packed);
  if (model.llamafile === undefined || entry === undefined || entry.method !== 0) {
    throw new EngineError("bad_file", `There is no draft model "${packed}" in the file of the model`);
  }
  const { source } = model.llamafile;
  checkDraft(readGguf(source, entry.dataOffset, entry.size), { model: header, path: packed });
  return { path: model.path, offset: entry.dataOffset };
}
