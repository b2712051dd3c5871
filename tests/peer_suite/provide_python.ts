import { join } from "node:path";
import { buildCacheDir } from "../../lib/build/build_cache_dir.ts";
import { ROOT } from "../built.ts";

/** Of the suite's requirements those that the files we run import, and what their `conftest.py` does. */
const WANTED = ["filelock", "openai", "pytest", "requests", "wget"];
/** Written when everything is installed. */
const READY = "ready";

/**
 * A Python that has what the suite needs, in the versions that its `requirements.txt` names: a virtual environment, made once.
 *
 * @param suite The folder of the suite.
 * @returns Its interpreter.
 * @throws {Error} When there is no python3, or pip fails.
 */
export async function providePython(suite: string): Promise<string> {
  const lines = (await Deno.readTextFile(join(suite, "requirements.txt"))).split("\n").map((line) => line.trim());
  const requirements = lines.filter((line) => WANTED.includes(/^[\w-]+(?=~=)/.exec(line)?.[0] ?? "")).sort();
  if (requirements.length !== WANTED.length) {
    throw new Error(`The suite requires ${lines.join(", ")}; expected ${WANTED.join(", ")} among them`);
  }
  const folder = join(await buildCacheDir(join(ROOT, "dist")), "peer-suite-python");
  const python = join(folder, "bin", "python");
  const wanted = requirements.join("\n");
  if (await readText(join(folder, READY)) === wanted) return python;
  await Deno.remove(folder, { recursive: true }).catch(ifMissing);
  await run("python3", ["-m", "venv", folder]);
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...requirements]);
  await Deno.writeTextFile(join(folder, READY), wanted);
  return python;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    ifMissing(error);
    return undefined;
  }
}

function ifMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function run(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdin: "null", stdout: "null" }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}
