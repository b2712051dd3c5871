import { join } from "node:path";

/** The C compiler: `$CC`, or `cc`. */
const CC = Deno.env.get("CC") ?? "cc";

/** Why what needs a C compiler cannot be tested here; `undefined` when it can. */
export function missingCompiler(): string | undefined {
  try {
    return new Deno.Command(CC, { args: ["--version"], stdin: "null" }).outputSync().success
      ? undefined
      : `the C compiler "${CC}" fails`;
  } catch {
    return `there is no C compiler "${CC}"`;
  }
}

/** What {@linkcode compileC} takes. */
export interface CompileOptions {
  /** Folders that `#include` looks in. */
  includes?: string[];
  flags?: string[];
}

/** Runs the preprocessor alone. */
export async function preprocess(source: string, options: CompileOptions = {}): Promise<string> {
  return await inFolder(async (folder) => await run(CC, [...toArgs(options), "-E", "-P", await write(folder, source)]));
}

/** Checks that a source compiles, and throws with the compiler's words when it does not. */
export async function checkCompiles(source: string, options: CompileOptions = {}): Promise<void> {
  await inFolder(async (folder) => await run(CC, [...toArgs(options), "-fsyntax-only", await write(folder, source)]));
}

/** Compiles a program, runs it, and returns what it writes. */
export async function runC(source: string, args: string[], options: CompileOptions = {}): Promise<string> {
  return await inFolder(async (folder) => {
    const program = join(folder, "program");
    await run(CC, [...toArgs(options), await write(folder, source), "-o", program]);
    return await run(program, args);
  });
}

function toArgs({ includes = [], flags = [] }: CompileOptions): string[] {
  return ["-std=gnu11", ...includes.map((folder) => `-I${folder}`), ...flags];
}

async function write(folder: string, source: string): Promise<string> {
  const path = join(folder, "source.c");
  await Deno.writeTextFile(path, source);
  return path;
}

async function inFolder(use: (folder: string) => Promise<string>): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "packllama-c-" });
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function run(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
