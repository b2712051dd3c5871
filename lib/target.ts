import { EngineError } from "./errors.ts";

/** The platforms that a llamafile can be made for, as `deno compile --target` names them. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-pc-windows-msvc",
  "aarch64-apple-darwin",
  "x86_64-apple-darwin",
] as const;

/** One of {@linkcode TARGETS}. */
export type Target = typeof TARGETS[number];

/** The target that this process runs on; `unsupported` platforms throw when it is asked for. */
export function hostTarget(): Target {
  const found = TARGETS.find((target) => target === Deno.build.target);
  if (found === undefined) {
    throw new EngineError("usage", `No packllama for "${Deno.build.target}"; there is one for ${TARGETS.join(", ")}`);
  }
  return found;
}

/**
 * Reads a target's name.
 *
 * @throws {EngineError} `usage` when it is none of {@linkcode TARGETS}.
 */
export function parseTarget(name: string): Target {
  const found = TARGETS.find((target) => target === name);
  if (found === undefined) {
    throw new EngineError("usage", `Unknown target "${name}"; expected one of ${TARGETS.join(", ")}`);
  }
  return found;
}

/** How an executable of `target` is laid out. */
export function executableFormat(target: Target): "elf" | "pe" | "macho" {
  if (target.includes("linux")) return "elf";
  return target.includes("windows") ? "pe" : "macho";
}
