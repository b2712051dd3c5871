/**
 * Processor time of a process and all its threads so far, in clock ticks (proc_pid_stat(5), utime + stime); 0 where there is no /proc
 * or the process has ended.
 */
export function clockTicks(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

/**
 * Microseconds that the main thread of a process was on a core so far (proc_pid_schedstat); NaN where there is no /proc or the process has
 * ended.
 */
export function mainThreadMicroseconds(pid: number): number {
  const [ran = ""] = read(`/proc/${pid}/task/${pid}/schedstat`).split(" ");
  return ran === "" ? NaN : Number(ran) / 1000;
}

/** Resident memory of a process in MB of 10⁶ bytes, and the part that is not backed by a file; NaN where there is no /proc. */
export function residentMegabytes(pid: number): { all: number; anonymous: number } {
  const status = read(`/proc/${pid}/status`);
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? NaN) * 1024 / 1e6;
  return { all: field("VmRSS"), anonymous: field("RssAnon") };
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // Another OS, or the process has ended.
  }
}
