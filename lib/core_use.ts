import { readNumberList } from "./number_list.ts";

/** What the cores that this process may use did over a time, on average. */
export interface CoreUse {
  /** Cores that were idle. */
  idle: number;
  /** Cores that other processes took. */
  others: number;
}

/** What is said of a time that was too short to tell anything. */
export const TOO_SOON = "too soon";

/** Where Linux tells of processors; tests point elsewhere. */
export interface ProcessorPlaces {
  /** Jiffies of user, nice, system, idle, iowait, … of each (proc_stat(5)). */
  stat: string;
  /** `Cpus_allowed_list` is those that this process may use (proc_pid_status(5)). */
  status: string;
  /** Jiffies that this process has had (proc_pid_stat(5), utime and stime). */
  own: string;
}

const LINUX: ProcessorPlaces = { stat: "/proc/stat", status: "/proc/self/status", own: "/proc/self/stat" };

/** Times of fewer jiffies, of all cores together, are too rough to tell anything. */
const LEAST_JIFFIES = 10;

/**
 * Tells what the cores did between two calls.
 *
 * @returns A function that gives it since its last call; undefined at the first one, and on other systems. One too soon after does not count.
 */
export function makeCoreUse(places: ProcessorPlaces = LINUX): () => CoreUse | typeof TOO_SOON | undefined {
  let last: Times | undefined;
  return () => {
    const now = readTimes(places);
    const before = last;
    if (before === undefined || now === undefined) {
      last = now;
      return undefined;
    }
    const total = now.total - before.total;
    if (total < LEAST_JIFFIES) return TOO_SOON;
    last = now;
    const cores = (jiffies: number): number => now.cores * Math.max(0, jiffies) / total;
    const idle = now.idle - before.idle;
    return { idle: cores(idle), others: cores(total - idle - (now.own - before.own)) };
  };
}

/** Jiffies since the machine, or the process, was started; of all processors counted. */
interface Times {
  idle: number;
  total: number;
  own: number;
  cores: number;
}

function readTimes({ stat, status, own }: ProcessorPlaces): Times | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const allowed = readNumberList(/^Cpus_allowed_list:\s*(.*)$/m.exec(Deno.readTextFileSync(status))?.[1] ?? "");
    const times: Times = { idle: 0, total: 0, own: ownJiffies(Deno.readTextFileSync(own)), cores: 0 };
    for (const [, number, values = ""] of Deno.readTextFileSync(stat).matchAll(/^cpu(\d+) (.*)$/gm)) {
      if (allowed.size > 0 && !allowed.has(Number(number))) continue;
      // Behind these come those of guests, which "user" has in it.
      const jiffies = values.split(" ").slice(0, 8).map(Number);
      const [, , , idle = 0, waiting = 0] = jiffies;
      times.idle += idle + waiting;
      times.total += jiffies.reduce((sum, each) => sum + each, 0);
      times.cores++;
    }
    return times;
  } catch {
    return undefined; // A container that hides them.
  }
}

/** The second field is the program's name in parentheses, which may hold spaces; the 14th and 15th are the times. */
function ownJiffies(line: string): number {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
