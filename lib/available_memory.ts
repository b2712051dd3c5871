import { join } from "node:path";

/** How much memory this process may still take, and who says so. */
export interface AvailableMemory {
  bytes: number;
  /** `machine`, or the control group that allows less. */
  limitedBy: string;
}

/** Where the kernel tells of control groups; tests point elsewhere. */
export interface CgroupPlaces {
  /** Lists this process's groups, one a line: `ID:CONTROLLERS:PATH`. */
  membership: string;
  /** The mounted hierarchies. */
  root: string;
}

const LINUX: CgroupPlaces = { membership: "/proc/self/cgroup", root: "/sys/fs/cgroup" };

/** Memory available to this process: the machine's, or less where a control group (v1 or v2) says so. */
export function availableMemory(places: CgroupPlaces = LINUX): AvailableMemory {
  const machine: AvailableMemory = { bytes: Deno.systemMemoryInfo().available, limitedBy: "machine" };
  const groups = Deno.build.os === "linux" ? cgroupHeadrooms(places) : [];
  return groups.reduce((least, group) => group.bytes < least.bytes ? group : least, machine);
}

function cgroupHeadrooms({ membership, root }: CgroupPlaces): AvailableMemory[] {
  const lines = readText(membership)?.trim().split("\n") ?? [];
  return lines.flatMap((line) => {
    const [, controllers = "", ...rest] = line.split(":");
    const path = rest.join(":");
    if (controllers === "") return folders(path).flatMap((folder) => headroom(join(root, folder), V2));
    if (!controllers.split(",").includes("memory")) return [];
    return folders(path).flatMap((folder) => headroom(join(root, "memory", folder), V1));
  });
}

/** A group and those above it: each may set a limit. In a container the path may lie outside what is mounted; the root remains. */
function folders(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return Array.from({ length: parts.length + 1 }, (_, depth) => parts.slice(0, parts.length - depth).join("/"));
}

// Cached files, mapped weights among them, give way to whoever needs memory.
const V2 = { limit: "memory.max", usage: "memory.current", reclaimable: ["active_file", "inactive_file"] };
const V1 = {
  limit: "memory.limit_in_bytes",
  usage: "memory.usage_in_bytes",
  reclaimable: ["total_active_file", "total_inactive_file"],
};

function headroom(folder: string, files: typeof V1): AvailableMemory[] {
  const limit = Number(readText(join(folder, files.limit)));
  const usage = Number(readText(join(folder, files.usage)));
  // "max", a missing file, or v1's way to say "no limit": a number near 2⁶³.
  if (!Number.isFinite(limit) || !Number.isFinite(usage) || limit >= 2 ** 60) return [];
  const stat = readText(join(folder, "memory.stat")) ?? "";
  const bytesOf = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1] ?? 0);
  const cached = files.reclaimable.reduce((sum, name) => sum + bytesOf(name), 0);
  return [{ bytes: Math.max(0, limit - usage + cached), limitedBy: `control group ${folder}` }];
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined; // Not there: this kernel has no such hierarchy, or shows it to others only.
  }
}
