import { type ModelFile, openByteSource } from "./container/mod.ts";
import { EngineError } from "./errors.ts";
import { describeModel, type Gguf, type ModelFacts, readGguf } from "./gguf/mod.ts";

/** What the header of a model says, checked: of all its parts, where it was split. */
export interface ModelHeader {
  /** The header of the only or first file, with the tensors of all. Its arrays can be read while that file is open. */
  gguf: Gguf;
  facts: ModelFacts;
  /** The files of a split model in their order; undefined where there is just one. */
  parts: string[] | undefined;
}

/** How llama-gguf-split names parts (`llama_split_path` of llama.h). */
const PART_NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s;

/**
 * Reads the whole header of a model, so that nothing damaged comes near native code. Of a split model any part may be named; the others lie
 * beside it.
 *
 * @throws {EngineError} `bad_file` or `io` for what is damaged, or a part that is missing or belongs to another model.
 */
export function readModelHeader(model: ModelFile): ModelHeader {
  const gguf = readGguf(model.source, model.offset, model.size);
  const facts = describeModel(gguf);
  if (facts.splitCount <= 1) return { gguf, facts, parts: undefined };
  const parts = partPaths(model, facts.splitCount);
  using opened = new DisposableStack();
  const headers = parts.map((path, index) => {
    const header = path === model.path ? gguf : readGguf(opened.use(openPart(model.path, { path, of: parts.length })));
    checkPart(header, { path, index, count: parts.length });
    return header;
  });
  const [first = gguf] = headers;
  const whole: Gguf = { ...first, tensors: headers.flatMap(({ tensors }) => tensors) };
  checkTensors(whole, model.path);
  return { gguf: whole, facts: describeModel(whole), parts };
}

function partPaths({ path, llamafile }: ModelFile, count: number): string[] {
  const failed = `Cannot load model "${path}": it is one of ${count} parts`;
  if (llamafile !== undefined) {
    throw new EngineError("bad_model", `${failed}, and the others are not with it; join them before packing`);
  }
  const digits = (n: number): string => String(n).padStart(5, "0");
  const found = PART_NAME.exec(path);
  if (found === null || found[3] !== digits(count)) {
    const expected = `-00001-of-${digits(count)}.gguf`;
    throw new EngineError(
      "bad_file",
      `${failed}, but its name does not end like ${expected}; give all their own names`,
    );
  }
  return Array.from({ length: count }, (_, i) => `${found[1]}-${digits(i + 1)}-of-${digits(count)}.gguf`);
}

function openPart(named: string, { path, of }: { path: string; of: number }): ReturnType<typeof openByteSource> {
  try {
    return openByteSource(path);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const message = `Cannot load model "${named}": it has ${of} parts, which belong into one folder: ${error.message}`;
    throw new EngineError(error.code, message, { cause: error });
  }
}

function checkPart({ metadata, types }: Gguf, part: { path: string; index: number; count: number }): void {
  const { path, index, count } = part;
  const [no, of] = [metadata.get("split.no"), metadata.get("split.count")];
  // llama.cpp ends the process over a number of another type.
  const typed = types.get("split.no") === "u16" && types.get("split.count") === "u16";
  if (typed && no === index && of === count) return;
  const found = typeof no === "number" && typeof of === "number" ? `part ${no + 1} of ${of}` : "no part of a split one";
  const message = `Cannot load model part "${path}": by its header it is ${found}, expected part ${index + 1} of ` +
    `${count}; get the parts again`;
  throw new EngineError("bad_file", message);
}

function checkTensors({ metadata, tensors }: Gguf, path: string): void {
  const names = new Set(tensors.map(({ name }) => name));
  const expected = metadata.get("split.tensors.count");
  if (names.size === tensors.length && expected === tensors.length) return;
  const twice = tensors.length - names.size;
  const found = twice > 0 ? `${twice} tensors are there twice` : `they have ${tensors.length} tensors`;
  throw new EngineError(
    "bad_file",
    `Cannot load model "${path}": ${found}, expected ${expected} in all; its parts belong to different models`,
  );
}
