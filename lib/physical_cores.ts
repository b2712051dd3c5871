import { join } from "node:path";
import { readNumberList } from "./number_list.ts";

/** A core with less of the fastest one's capacity would have the others wait for it after each operation. */
const FAST = 0.8;

/**
 * The number of cores to compute with: physical ones, since two hardware threads of one core compute no faster than one, and where cores
 * differ the fast ones alone, since all wait for the slowest. No more than this process may use (affinity, control group). Falls back to that
 * number where the OS does not tell.
 *
 * @param root Linux's folder of processors; tests point elsewhere. `cpuN/cpu_capacity` is there where cores differ (arm64 and others),
 *   `cpu_atom/cpus` beside it lists the slow ones of Intel's hybrid processors.
 */
export function physicalCores(root = "/sys/devices/system/cpu"): number {
  const logical = navigator.hardwareConcurrency;
  if (Deno.build.os !== "linux") return logical;
  const cores = new Map<string, number>();
  try {
    const slow = readNumberList(readIfThere(join(root, "../../cpu_atom/cpus")) ?? "");
    for (const { name } of Deno.readDirSync(root)) {
      const number = /^cpu(\d+)$/.exec(name)?.[1];
      if (number === undefined || slow.has(Number(number))) continue;
      const core = Deno.readTextFileSync(join(root, name, "topology/thread_siblings_list")).trim();
      cores.set(core, Number(readIfThere(join(root, name, "cpu_capacity")) ?? 1));
    }
  } catch {
    return logical; // No such files: a kernel or container that hides them.
  }
  const most = Math.max(...cores.values());
  const fast = [...cores.values()].filter((capacity) => capacity >= most * FAST).length;
  // Fewer logical processors than cores: this process may only use some of them.
  return fast === 0 ? logical : Math.min(fast, logical);
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
