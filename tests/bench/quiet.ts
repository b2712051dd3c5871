import { clockTicks } from "./process_stat.ts";

/** What the machine did in the moment before a measurement. */
export interface Quiet {
  /** Whether it was idle; where there is no /proc, it is taken to be. */
  quiet: boolean;
  /** Processor time of the processes asked for, in shares of one core. */
  shares: number[];
}

const SAMPLE_MS = 300;
const TRIES = 40;
/** ggml's threads spin: a second busy process ruins a measurement. */
const QUIET_SHARE = 0.08;
/** Linux counts processor time in hundredths of a second (USER_HZ) on every platform that Deno has. */
const TICK_MS = 10;

/**
 * Waits until the machine's processors are idle (Linux), or says that they never were.
 *
 * @param options.pids processes whose own share is wanted: a server that is to be idle.
 * @param options.tries samples of 0.3 s to wait for.
 */
export async function waitUntilQuiet(
  { pids = [], tries = TRIES }: { pids?: readonly number[]; tries?: number } = {},
): Promise<Quiet> {
  let shares: number[] = [];
  for (let i = 0; i < tries; i++) {
    const before = readTimes();
    const ticks = pids.map(clockTicks);
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    const after = readTimes();
    shares = pids.map((pid, index) => (clockTicks(pid) - (ticks[index] ?? 0)) * TICK_MS / SAMPLE_MS);
    if (before === undefined || after === undefined) return { quiet: true, shares };
    const total = after.total - before.total;
    if (total > 0 && (after.busy - before.busy) / total < QUIET_SHARE) return { quiet: true, shares };
  }
  return { quiet: false, shares };
}

/** Clock ticks of all processors since the machine started (proc_stat(5)); undefined where there is no /proc. */
function readTimes(): { busy: number; total: number } | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const [, ...fields] = (Deno.readTextFileSync("/proc/stat").split("\n")[0] ?? "").trim().split(/\s+/);
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = fields.map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, total: busy + idle + iowait };
}
