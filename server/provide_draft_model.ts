import { packedEntryName } from "../lib/adapter_choice.ts";
import { type ModelFile, openModelFile } from "../lib/container/mod.ts";
import type { LoadOptions } from "../lib/engine/mod.ts";
import { EngineError } from "../lib/errors.ts";
import { checkDraft, describeModel, type Gguf, type ModelFacts, readGguf } from "../lib/gguf/mod.ts";

/** A draft model that was checked. */
export interface ProvidedDraft {
  model: NonNullable<LoadOptions["draftModel"]>;
  facts: ModelFacts;
}

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
): ProvidedDraft {
  const packed = packedEntryName({ path });
  if (packed === undefined) {
    using file = openModelFile(path, { requireAligned: false });
    const draft = readGguf(file.source, file.offset, file.size);
    checkDraft(draft, { model: header, path });
    return { model: { path, offset: file.offset }, facts: describeModel(draft) };
  }
  const entry = model.llamafile?.entries.find((entry) => entry.name === packed);
  if (model.llamafile === undefined || entry === undefined || entry.method !== 0) {
    throw new EngineError("bad_file", `There is no draft model "${packed}" in the file of the model`);
  }
  const { source } = model.llamafile;
  const draft = readGguf(source, entry.dataOffset, entry.size);
  checkDraft(draft, { model: header, path: packed });
  return { model: { path: model.path, offset: entry.dataOffset }, facts: describeModel(draft) };
}
