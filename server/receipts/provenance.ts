import { packedEntryName, parseAdapterChoice } from "../../lib/adapter_choice.ts";
import {
  type FileRange,
  hashRange,
  type Llamafile,
  type Manifest,
  type ModelFile,
  openModelFile,
} from "../../lib/container/mod.ts";
import { EngineError, toEngineError } from "../../lib/errors.ts";
import { readModelHeader } from "../../lib/model_header.ts";
import { fileName } from "../file_name.ts";
import type { Receipt } from "../schemas/mod.ts";

type Hashed = Receipt["model"]["weights"][number];

/** What a receipt says of files. */
export interface FileFacts {
  packllama: Receipt["packllama"];
  release: string | null;
  /** All that the executable carries, whichever were loaded. */
  libraries: Hashed[];
  weights: Hashed[];
  /** In their order. */
  adapters: Hashed[];
}

/** Which files are served. */
export interface ProvenanceInput {
  /** Packllama's own version. */
  version: string;
  /** The executable that carries the native libraries. */
  executable: Llamafile;
  /** The file of each model, by its name in the API. */
  models: ReadonlyMap<string, string>;
  /** LoRA adapters, as the options have them. */
  lora: readonly string[];
  /** Hash the weights even where a manifest says what their hash is; false unless set. */
  hashAll?: boolean;
  /** Told how many bytes of a file have been hashed. */
  onRead?: (bytes: number) => void;
}

/**
 * Knows the hashes of all files that answers come from: from the manifests of packed ones, otherwise by reading them when they are first asked for,
 * piece by piece beside other work.
 */
export class Provenance {
  readonly #input: ProvenanceInput;
  readonly #known = new Map<string, Promise<FileFacts>>();

  constructor(input: ProvenanceInput) {
    this.#input = input;
  }

  /**
   * The files behind a model.
   *
   * @param model Its name in the API.
   * @throws {EngineError} `not_found` for one that is not served, `io` or `bad_file` when a file cannot be read.
   */
  async of(model: string): Promise<FileFacts> {
    const known = this.#known.get(model) ?? this.#read(model);
    this.#known.set(model, known);
    try {
      return await known;
    } catch (error) {
      // What could not be read may be readable later.
      this.#known.delete(model);
      throw error;
    }
  }

  async #read(model: string): Promise<FileFacts> {
    const { executable, models, lora, version } = this.#input;
    const path = models.get(model);
    if (path === undefined) throw new EngineError("not_found", `There is no model "${model}"`);
    const { manifest } = executable;
    using file = openModelFile(path, { requireAligned: false });
    const adapters: Hashed[] = [];
    for (const { path } of lora.map(parseAdapterChoice)) adapters.push(await this.#adapter(path, file));
    return {
      packllama: {
        version,
        target: manifest?.target ?? null,
        denort_sha256: manifest?.denort.sha256 ?? null,
        executable_sha256: manifest?.executable?.sha256 ?? null,
        payload_sha256: manifest?.payload?.sha256 ?? null,
      },
      release: manifest?.engine ?? null,
      libraries: executable.libraries.flatMap(({ name }) => entryOf(manifest, name) ?? []),
      weights: await this.#weights(file),
      adapters,
    };
  }

  async #weights(file: ModelFile): Promise<Hashed[]> {
    const { path, offset, size, llamafile } = file;
    const packed = llamafile?.manifest?.weights;
    const entry = packed === undefined ? undefined : entryOf(llamafile?.manifest, packed);
    if (entry !== undefined && !this.#input.hashAll) return [entry];
    const parts = readModelHeader(file).parts;
    if (parts !== undefined) return await inTurn(parts, (part) => this.#whole(part));
    const name = entry?.name ?? fileName(llamafile?.weights?.name ?? path);
    return [{ name, size, sha256: await this.#hash({ path, offset, length: size }) }];
  }

  async #adapter(path: string, { llamafile }: ModelFile): Promise<Hashed> {
    const packed = packedEntryName({ path });
    if (packed === undefined) return await this.#whole(path);
    const entry = entryOf(llamafile?.manifest, packed);
    if (entry === undefined) throw new EngineError("bad_file", `There is no hash of the LoRA adapter "${packed}"`);
    return entry;
  }

  async #whole(path: string): Promise<Hashed> {
    const { size } = await stat(path);
    return { name: fileName(path), size, sha256: await this.#hash({ path, offset: 0, length: size }) };
  }

  #hash(range: FileRange): Promise<string> {
    return hashRange(range, this.#input.onRead);
  }
}

function entryOf(manifest: Manifest | undefined, name: string): Hashed | undefined {
  const found = manifest?.entries.find((entry) => entry.name === name);
  return found && { name: fileName(found.name), size: found.size, sha256: found.sha256 };
}

async function stat(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    throw toEngineError(error, `Cannot read "${path}"`);
  }
}

async function inTurn<In, Out>(list: readonly In[], make: (each: In) => Promise<Out>): Promise<Out[]> {
  const made: Out[] = [];
  for (const each of list) made.push(await make(each));
  return made;
}
