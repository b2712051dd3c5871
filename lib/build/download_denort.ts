import { join } from "node:path";
import { entryStream, openByteSource, readZip } from "../container/mod.ts";
import { EngineError } from "../errors.ts";
import type { Target } from "../target.ts";
import { denoInfo } from "./deno_info.ts";
import { checkDenoVersion, DENO_VERSION, runDeno } from "./run_deno.ts";

/**
 * Has `deno compile` download its own denort for a target, by compiling an empty program, and reads that out of Deno's cache, where it lies in
 * a ZIP named by version and target.
 *
 * @param workDir An existing folder for the empty program; nothing is left there.
 * @throws {EngineError} `internal` when Deno cannot download it, `bad_file` when the ZIP is not what it should be.
 */
export async function downloadDenort(target: Target, workDir: string): Promise<Uint8Array> {
  checkDenoVersion();
  const folder = await Deno.makeTempDir({ dir: workDir, prefix: ".compile-" });
  try {
    await Deno.writeTextFile(join(folder, "empty.js"), "");
    const args = [
      "compile",
      "--quiet",
      "--no-config",
      "--no-lock",
      "--target",
      target,
      "--output",
      "empty",
      "empty.js",
    ];
    await runDeno(args, {
      cwd: folder,
      env: withoutDenortBin(),
      clearEnv: true,
      doing: `Cannot get denort for ${target}`,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const { denoDir } = await denoInfo(workDir);
  return await readDenort(join(denoDir, "dl", "release", `v${DENO_VERSION}`, `denort-${target}.zip`));
}

async function readDenort(zip: string): Promise<Uint8Array> {
  using source = openByteSource(zip);
  const entry = readZip(source).find(({ name }) => name === "denort" || name === "denort.exe");
  if (entry === undefined) throw new EngineError("bad_file", `No denort in "${zip}"`);
  return new Uint8Array(await new Response(entryStream(source, entry)).arrayBuffer());
}

/** With that variable, even when it is empty, Deno would use the file that it names and download nothing. */
function withoutDenortBin(): Record<string, string> {
  const { DENORT_BIN: _, ...env } = Deno.env.toObject();
  return env;
}
