/**
 * Tells how many cores were idle between two calls, from Linux's `/proc/stat` (proc_stat(5): jiffies of user, nice, system, idle, iowait, …).
 *
 * @param path Tests point elsewhere.
 * @returns A function that gives the average number of idle cores since its last call; undefined at the first one and on other systems.
 */
export function makeIdleCores(path = "/proc/stat"): () => number | undefined {
  let last: { idle: number; total: number } | undefined;
  return () => {
    const now = readTimes(path);
    const before = last;
    last = now;
    if (before === undefined || now === undefined || now.total <= before.total) return undefined;
    return now.cores * (now.idle - before.idle) / (now.total - before.total);
  };
}

function readTimes(path: string): { idle: number; total: number; cores: number } | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const lines = Deno.readTextFileSync(path).split("\n");
    const times = (lines[0] ?? "").split(/\s+/).slice(1, 9).map(Number);
    const [, , , idle = 0, waiting = 0] = times;
    const cores = lines.filter((line) => /^cpu\d/.test(line)).length;
    return { idle: idle + waiting, total: times.reduce((sum, time) => sum + time, 0), cores };
  } catch {
    return undefined; // A container that hides it.
  }
}
