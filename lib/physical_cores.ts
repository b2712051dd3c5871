import { join } from "node:path";

/**
 * The number of physical cores: two hardware threads of one core compute no faster than one. Falls back to the number of logical
 * processors where the OS does not tell.
 *
 * @param root Linux's folder of processors; tests point elsewhere.
 */
export function physicalCores(root = "/sys/devices/system/cpu"): number {
  const logical = navigator.hardwareConcurrency;
  if (Deno.build.os !== "linux") return logical;
  const cores = new Set<string>();
  try {
    for (const entry of Deno.readDirSync(root)) {
      if (!/^cpu\d+$/.test(entry.name)) continue;
      cores.add(Deno.readTextFileSync(join(root, entry.name, "topology/thread_siblings_list")).trim());
    }
  } catch {
    return logical; // No such files: a kernel or container that hides them.
  }
  // Fewer logical processors than cores: this process may only use some of them.
  return cores.size === 0 ? logical : Math.min(cores.size, logical);
}
