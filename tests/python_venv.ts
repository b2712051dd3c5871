import { createHash } from "node:crypto";
import { join } from "node:path";
import { cachedFolder } from "./cached_folder.ts";

const INTERPRETERS = ["python3", "python"];
/** What a virtual environment depends on besides its packages: it links to the interpreter that made it. */
const DESCRIBE = "import sys; print(sys.version, sys.base_prefix)";
const BIN = Deno.build.os === "windows" ? ["Scripts", "python.exe"] : ["bin", "python"];

/** A Python with packages of its own. */
export interface PythonVenv {
  /** The interpreter of the virtual environment in which they are installed. */
  python: string;
  /** A folder for what Python compiles, so that none of it lies beside the sources. */
  compiled: string;
}

/** The name of this machine's Python, and what tells it from another; undefined where there is none. */
export function findPython(): { interpreter: string; description: string } | undefined {
  for (const interpreter of INTERPRETERS) {
    try {
      const { success, stdout } = new Deno.Command(interpreter, { args: ["-c", DESCRIBE], stderr: "null" })
        .outputSync();
      if (success) return { interpreter, description: new TextDecoder().decode(stdout) };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

/**
 * A virtual environment in the cache folder that the build uses. It is made once for a list of packages and a Python; later calls need no
 * network.
 *
 * @param name Of the folder, before what tells lists apart.
 * @param requirements A file that gives each package's version.
 * @returns undefined where there is no Python at all.
 * @throws {Error} When pip fails, with what it said: it must be of version 22.3 or newer, for a Python of 3.11 or newer.
 */
export async function providePython(name: string, requirements: string): Promise<PythonVenv | undefined> {
  const found = findPython();
  if (found === undefined) return undefined;
  const key = createHash("sha256").update(found.description).update(await Deno.readFile(requirements)).digest("hex");
  const folder = await cachedFolder(
    `${name}-${key.slice(0, 12)}`,
    (work) => make(work, { interpreter: found.interpreter, requirements }),
  );
  return { python: join(folder, ...BIN), compiled: join(folder, "compiled") };
}

/** Makes the environment below a folder from which it is moved: `python -m` works all the same, and nothing else is used of it. */
async function make(
  work: string,
  { interpreter, requirements }: { interpreter: string; requirements: string },
): Promise<string> {
  console.log(`Installing the Python packages of ${requirements} (once)`);
  const folder = join(work, "venv");
  // Without a pip of its own, which some systems have in a package apart: the one that is there can install into it.
  await run(interpreter, ["-m", "venv", "--without-pip", folder]);
  const pip = ["-m", "pip", "--python", join(folder, ...BIN), "install", "--quiet", "--no-input"];
  const options = ["--disable-pip-version-check", "--no-cache-dir", "--no-compile", "--only-binary=:all:"];
  await run(interpreter, [...pip, ...options, "-r", requirements]);
  return folder;
}

async function run(command: string, args: string[]): Promise<void> {
  const env = { PIP_REQUIRE_VIRTUALENV: "0", PIP_USER: "0" };
  const { success, stderr } = await new Deno.Command(command, { args, env, stdin: "null", stdout: "null" }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}
