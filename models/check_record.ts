import * as z from "zod";
import { hashFile } from "../lib/hash_file.ts";
import { toEngineError } from "../lib/errors.ts";
import type { StartProgress } from "../lib/progress.ts";

const checkRecordSchema = z.object({
  sha256: z.string(),
  size: z.int().nonnegative(),
  /** When the file was last changed, in milliseconds of Unix time. */
  mtimeMs: z.number(),
  /** Where it came from, with the server's validators, if it came by an address. */
  url: z.string().nullable(),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
});

/** Says that a file was whole when it was last looked at; kept beside it as `<file>.json`. */
export type CheckRecord = z.infer<typeof checkRecordSchema>;

/** Where a checked file came from. */
export type Provenance = Pick<CheckRecord, "url" | "etag" | "lastModified">;

/** The record of a file that has not been changed since; undefined if there is none, or no such file. */
export async function readCheckRecord(path: string): Promise<CheckRecord | undefined> {
  try {
    const parsed = checkRecordSchema.safeParse(JSON.parse(await Deno.readTextFile(`${path}.json`)));
    if (!parsed.success) return undefined;
    const { size, mtime } = await Deno.stat(path);
    return size === parsed.data.size && mtime?.getTime() === parsed.data.mtimeMs ? parsed.data : undefined;
  } catch (error) {
    // Without a record that can be read the file is hashed again.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw toEngineError(error, `Cannot read "${path}.json"`);
  }
}

/** Notes that the file at `path` has that hash. */
export async function writeCheckRecord(path: string, sha256: string, provenance?: Provenance): Promise<void> {
  const { size, mtime } = await Deno.stat(path);
  const record: CheckRecord = {
    url: null,
    etag: null,
    lastModified: null,
    ...provenance,
    sha256,
    size,
    mtimeMs: mtime?.getTime() ?? 0,
  };
  try {
    await Deno.writeTextFile(`${path}.json`, JSON.stringify(record), { mode: 0o600 });
  } catch (error) {
    // A folder that is only readable can hold a good model: it is hashed each time then.
    const readOnly = error instanceof Deno.errors.PermissionDenied ||
      (error instanceof Error && /read-only/i.test(error.message));
    if (!readOnly) throw toEngineError(error, `Cannot write "${path}.json"`);
  }
}

/**
 * The SHA-256 of a file, in hexadecimal.
 *
 * @throws {EngineError} `io`
 */
export async function hashWithProgress(path: string, startProgress: StartProgress): Promise<string> {
  try {
    using progress = startProgress(`Checking "${path}"`, (await Deno.stat(path)).size);
    return await hashFile(path, (done) => progress.update(done));
  } catch (error) {
    throw toEngineError(error, `Cannot read "${path}"`);
  }
}

/** Bytes of the plain file at `path`; undefined if there is none. */
export async function fileSize(path: string): Promise<number | undefined> {
  try {
    const info = await Deno.stat(path);
    return info.isFile ? info.size : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw toEngineError(error, `Cannot read "${path}"`);
  }
}
