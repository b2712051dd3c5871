import { join, relative } from "node:path";
import * as z from "zod";
import { replaceFile, writeAll } from "../replace_file.ts";
import { hashBytes, hashFile } from "../hash_file.ts";

const outputSchema = z.object({
  /** Hash of all that it was built from. */
  key: z.string(),
  size: z.number(),
  /** Milliseconds since 1970. */
  modified: z.number(),
  /** What went into it, for people who compare two builds: names and their SHA-256. */
  inputs: z.record(z.string(), z.string()),
});

const stampSchema = z.object({ outputs: z.record(z.string(), outputSchema) });

/** The folders and files that end up in an executable, or decide how it is built. */
const SOURCES = ["deno.json", "import_map.json", "main.ts", "ffi", "lib", "models", "server"];

/** Remembers, in a file of the `dist` folder, what each output was built from. */
export class Stamp {
  readonly #dist: string;
  readonly #outputs: z.infer<typeof stampSchema>["outputs"];

  private constructor(dist: string, outputs: z.infer<typeof stampSchema>["outputs"]) {
    this.#dist = dist;
    this.#outputs = outputs;
  }

  /** Reads the stamp of a folder; one that is missing or unreadable knows nothing, so that everything is built. */
  static async read(dist: string): Promise<Stamp> {
    try {
      const stamp = stampSchema.parse(JSON.parse(await Deno.readTextFile(stampPath(dist))));
      return new Stamp(dist, stamp.outputs);
    } catch {
      // There is none yet, or it is of another version: what it would have saved is only time.
      return new Stamp(dist, {});
    }
  }

  /** Whether an output is there, untouched since it was built, from what `key` stands for. */
  async isCurrent(output: string, key: string): Promise<boolean> {
    const recorded = this.#outputs[output];
    if (recorded?.key !== key) return false;
    try {
      const { size, mtime } = await Deno.stat(join(this.#dist, output));
      return size === recorded.size && mtime?.getTime() === recorded.modified;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Records an output that was just built, and writes the stamp. */
  async record(output: string, key: string, inputs: Record<string, string>): Promise<void> {
    const { size, mtime } = await Deno.stat(join(this.#dist, output));
    this.#outputs[output] = { key, size, modified: mtime?.getTime() ?? 0, inputs };
    const text = JSON.stringify({ outputs: this.#outputs }, null, 2) + "\n";
    await replaceFile(stampPath(this.#dist), (file) => writeAll(file, new TextEncoder().encode(text)));
  }
}

/**
 * One hash of every source file that decides what the executable is: names and contents, tests and documents left out.
 *
 * @param root The project's folder.
 */
export async function hashSources(root: string): Promise<string> {
  const files: string[] = [];
  for (const name of SOURCES) await listFiles(join(root, name), files);
  const lines = await Promise.all(files.sort().map(async (path) => `${await hashFile(path)} ${relative(root, path)}`));
  return hashBytes(lines.join("\n"));
}

/** The SHA-256 of the lock file, which pins every npm package; of nothing when there is none yet. */
export async function hashLock(root: string): Promise<string> {
  try {
    return await hashFile(join(root, "deno.lock"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return hashBytes("");
    throw error;
  }
}

function stampPath(dist: string): string {
  return join(dist, ".build.json");
}

async function listFiles(path: string, found: string[]): Promise<void> {
  const { isDirectory } = await Deno.stat(path);
  if (!isDirectory) {
    found.push(path);
    return;
  }
  for await (const { name } of Deno.readDir(path)) {
    // Editors keep their own files under such names.
    if (!name.startsWith(".")) await listFiles(join(path, name), found);
  }
}
