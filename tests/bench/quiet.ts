const SAMPLE_MS = 300;
const TRIES = 40;
/** ggml's threads spin: a second busy process ruins a measurement. */
const QUIET_SHARE = 0.08;

/** Waits until the machine's processors are idle (Linux), or says that they never were. */
export async function waitUntilQuiet(): Promise<boolean> {
  for (let i = 0; i < TRIES; i++) {
    const before = readTimes();
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    const after = readTimes();
    if (before === undefined || after === undefined) return true;
    const total = after.total - before.total;
    if (total > 0 && (after.busy - before.busy) / total < QUIET_SHARE) return true;
  }
  return false;
}

/** Clock ticks of all processors since the machine started (proc_stat(5)); undefined where there is no /proc. */
function readTimes(): { busy: number; total: number } | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const [, ...fields] = (Deno.readTextFileSync("/proc/stat").split("\n")[0] ?? "").trim().split(/\s+/);
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = fields.map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, total: busy + idle + iowait };
}
