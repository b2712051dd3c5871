import { EngineError } from "../errors.ts";

/** The one version of Deno that this project is built with: `deno compile` must fit the runtime (denort) that it embeds, bytes and all. */
export const DENO_VERSION = "2.7.14";

/** How {@linkcode runDeno} starts Deno. */
export interface RunDenoOptions {
  /** The working directory. */
  cwd: string;
  /** Variables added to the environment, or with `clearEnv` all there are. */
  env?: Record<string, string>;
  clearEnv?: boolean;
  /** What it is for, to begin an error with, e.g. `Cannot bundle "main.ts"`. */
  doing: string;
}

/**
 * Checks that the Deno that runs this is the one to build with.
 *
 * @throws {EngineError} `usage` when it is another version.
 */
export function checkDenoVersion(): void {
  const found = Deno.version.deno;
  if (found === DENO_VERSION) return;
  throw new EngineError(
    "usage",
    `This is Deno ${found}; build with ${DENO_VERSION}: npx -y deno@${DENO_VERSION} task build`,
  );
}

/**
 * Runs the Deno that runs this, with other arguments, and returns what it writes to standard output.
 *
 * @throws {EngineError} `internal` when it fails, with its own error line.
 */
export async function runDeno(args: string[], { doing, ...options }: RunDenoOptions): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    ...options,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { success, code, stdout, stderr } = await command.output();
  if (success) return new TextDecoder().decode(stdout);
  const said = new TextDecoder().decode(stderr);
  throw new EngineError("internal", `${doing}: deno ${args[0]} ended with code ${code}: ${firstError(said)}`, {
    cause: said,
  });
}

/** Deno's own error and its cause in one line, without colours and stack traces. */
function firstError(text: string): string {
  // deno-lint-ignore no-control-regex
  const lines = text.replace(/\x1b\[[\d;]*m/g, "").split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const from = Math.max(0, lines.findIndex((line) => /^error\b/i.test(line)));
  const to = lines.findIndex((line, index) => index > from && /^(Stack backtrace:|at )/.test(line));
  return lines.slice(from, to < 0 ? from + 4 : Math.min(to, from + 4)).join(" ");
}
