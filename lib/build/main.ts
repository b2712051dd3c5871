import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { EngineError, toEngineError } from "../errors.ts";
import { stderrProgress } from "../progress.ts";
import { hostTarget, parseTarget, type Target, TARGETS } from "../target.ts";
import { build } from "./build.ts";

const USAGE = `Usage: deno task build [options]

Leaves dist/packllama and the default model's llamafile, each with the target in its name when that is not this machine.

  --target T    a platform to build for, more than one by repeating it; "all": packllama for each (default: this one)
  --base-only   packllama alone, no llamafile
  --dist DIR    the folder for what is built (default: dist)
  --help        this text

Targets: ${TARGETS.join(", ")}`;

if (import.meta.main) Deno.exit(await main(Deno.args));

/** Runs the command line of `deno task build`, and returns its exit code. */
async function main(args: string[]): Promise<number> {
  try {
    const options = readArguments(args);
    if (options === "help") {
      console.log(USAGE);
      return 0;
    }
    await build({ ...options, root: projectRoot(), startProgress: stderrProgress });
    return 0;
  } catch (error) {
    const { code, message } = toEngineError(error, "Cannot build");
    console.error(`error: ${message}`);
    return code === "usage" ? 2 : 1;
  }
}

/**
 * Reads the command line: for `all` there are bases of all targets and the host's llamafile, as without `--target`.
 *
 * @throws {EngineError} `usage` when it is wrong.
 */
function readArguments(args: string[]): { dist: string; targets: Target[]; modelTargets: Target[] } | "help" {
  const values = parse(args);
  if (values.help) return "help";
  const dist = values.dist === undefined ? join(projectRoot(), "dist") : resolve(values.dist);
  const named = (values.target ?? []).filter((name) => name !== "all").map(parseTarget);
  const all = named.length < (values.target?.length ?? 0);
  const models = all || named.length === 0 ? [hostTarget(), ...named] : named;
  const targets = all ? [...TARGETS] : models;
  return { dist, targets: unique(targets), modelTargets: values["base-only"] ? [] : unique(models) };
}

function parse(args: string[]): { target?: string[]; "base-only"?: boolean; dist?: string; help?: boolean } {
  try {
    return parseArgs({
      args,
      options: {
        target: { type: "string", multiple: true },
        "base-only": { type: "boolean" },
        dist: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new EngineError("usage", `${message}; see deno task build --help`, { cause: error });
  }
}

function unique(targets: Target[]): Target[] {
  return [...new Set(targets)];
}

function projectRoot(): string {
  return fileURLToPath(new URL("../../", import.meta.url));
}
