import { createHash } from "node:crypto";
import * as z from "zod";
import { toEngineError } from "../lib/errors.ts";
import type { StartProgress } from "../lib/progress.ts";
import { writeAll } from "../lib/replace_file.ts";

const stateSchema = z.object({
  url: z.string(),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  size: z.int().nonnegative().nullable(),
});

/** What a half-downloaded file is a part of: its address, the server's validators, and its whole size in bytes. */
export type PartialState = z.infer<typeof stateSchema>;

/** How {@linkcode PartialFile.open} goes about it. */
export interface PartialFileOptions {
  /** The address that the bytes come from. */
  url: string;
  startProgress: StartProgress;
}

const READ_BYTES = 1 << 20;

/**
 * A file that is being downloaded, at `<path>.part`, with what is known of it in `<path>.part.json`, so that a later process can go on.
 * It is hashed as it grows. The caller holds the lock of `path`.
 */
export class PartialFile implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #hash = createHash("sha256");
  #size = 0;
  #head = new Uint8Array(0);
  #state: PartialState | undefined;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Opens what there is of `path`, or starts it. Bytes without a readable state, or of another address, are dropped.
   *
   * @throws {EngineError} `io`
   */
  static async open(path: string, options: PartialFileOptions): Promise<PartialFile> {
    const file = await openPart(`${path}.part`);
    const partial = new PartialFile(path, file);
    try {
      const state = await readState(`${path}.part.json`);
      if (state?.url === options.url) {
        partial.#state = state;
        await partial.#hashExisting(options.startProgress);
      } else {
        await partial.restart();
      }
    } catch (error) {
      file.close();
      throw toEngineError(error, `Cannot read "${path}.part"`);
    }
    return partial;
  }

  /** Bytes that are there. */
  get size(): number {
    return this.#size;
  }

  /** What the bytes are a part of; undefined before the first answer. */
  get state(): PartialState | undefined {
    return this.#state;
  }

  /** Its first bytes, as many as there are up to four. */
  get head(): Uint8Array {
    return this.#head;
  }

  /** The SHA-256 of all bytes that are there, in hexadecimal. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }

  /** Drops every byte. */
  async restart(): Promise<void> {
    await this.#file.truncate(0);
    await this.#file.seek(0, Deno.SeekMode.Start);
    this.#hash = createHash("sha256");
    this.#size = 0;
    this.#head = new Uint8Array(0);
    this.#state = undefined;
  }

  /** Notes, on the disk too, what the bytes are a part of. */
  async describe(state: PartialState): Promise<void> {
    this.#state = state;
    // The address may hold a secret in its query: readable for its owner only.
    await Deno.writeTextFile(`${this.#path}.part.json`, JSON.stringify(state), { mode: 0o600 });
  }

  /**
   * Adds bytes at the end.
   *
   * @throws {EngineError} `io`, on a full disk for instance.
   */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#file, bytes);
    } catch (error) {
      throw toEngineError(error, `Cannot write "${this.#path}.part"`);
    }
    this.#note(bytes);
  }

  /**
   * Makes it the file at `path`, whole on the disk before it has that name.
   *
   * @throws {EngineError} `io`
   */
  async finish(): Promise<void> {
    try {
      await this.#file.sync();
      await Deno.rename(`${this.#path}.part`, this.#path);
      await removeIfThere(`${this.#path}.part.json`);
    } catch (error) {
      throw toEngineError(error, `Cannot write "${this.#path}"`);
    }
  }

  /** Deletes it. */
  async discard(): Promise<void> {
    await this.restart();
    await removeIfThere(`${this.#path}.part`);
    await removeIfThere(`${this.#path}.part.json`);
  }

  /** Deletes it when it holds nothing; otherwise it stays for a later process. */
  async leave(): Promise<void> {
    if (this.#size === 0) await this.discard();
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  async #hashExisting(startProgress: StartProgress): Promise<void> {
    const { size } = await this.#file.stat();
    if (size === 0) return;
    using progress = startProgress(`Reading what is there of "${this.#path}"`, size);
    const buffer = new Uint8Array(READ_BYTES);
    let read = await this.#file.read(buffer);
    while (read !== null) {
      this.#note(buffer.subarray(0, read));
      progress.update(this.#size);
      read = await this.#file.read(buffer);
    }
  }

  #note(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#size += bytes.length;
    if (this.#head.length < 4) this.#head = new Uint8Array([...this.#head, ...bytes.subarray(0, 4)].slice(0, 4));
  }
}

/** Deletes a file; that there is none is as good. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function openPart(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { create: true, read: true, write: true });
  } catch (error) {
    throw toEngineError(error, `Cannot write "${path}"`);
  }
}

async function readState(path: string): Promise<PartialState | undefined> {
  try {
    const parsed = stateSchema.safeParse(JSON.parse(await Deno.readTextFile(path)));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    // A state that is missing or was cut off by a crash only means to start over.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
