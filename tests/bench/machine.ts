import { join } from "node:path";
import type { Bench } from "./bench.ts";

/** What the figures were taken on, for the report. */
export interface Machine {
  processor: string;
  processors: number;
  memoryGb: number;
  os: string;
}

/** Versions of what was run. */
export interface Versions {
  packllama: string;
  llamaServer?: string;
  deno: string;
}

/** The machine that this runs on. */
export function describeMachine(): Machine {
  return {
    processor: /^model name\s*:\s*(.+)$/m.exec(read("/proc/cpuinfo"))?.[1] ?? Deno.build.arch,
    processors: navigator.hardwareConcurrency,
    memoryGb: Math.round(Deno.systemMemoryInfo().total / 1e9),
    os: `${/^PRETTY_NAME="(.+)"$/m.exec(read("/etc/os-release"))?.[1] ?? Deno.build.os}, ${Deno.osRelease()}`,
  };
}

/** What the programs say of themselves. */
export function versionsOf({ base, peerBin }: Pick<Bench, "base" | "peerBin">): Versions {
  const peer = peerBin === undefined ? undefined : /version: (.+)/.exec(output(join(peerBin, "llama-server")))?.[1];
  return {
    packllama: output(base).trim(),
    ...(peer === undefined ? {} : { llamaServer: peer }),
    deno: Deno.version.deno,
  };
}

function output(executable: string): string {
  const { stdout, stderr } = new Deno.Command(executable, { args: ["--version"], stdin: "null" }).outputSync();
  const text = new TextDecoder();
  return text.decode(stdout) + text.decode(stderr);
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // Another OS.
  }
}
