import { type CoreUse, TOO_SOON } from "../core_use.ts";

/** Decodes between two trials of fewer threads while all seems well. */
const TRIAL_INTERVAL = 2000;
/** The first trial comes sooner: the machine may have been busy from the start. */
const FIRST_TRIAL = 12;
/** Decodes that a trial lasts; the first of them wakes threads up and is not counted. */
const TRIAL_STEPS = 16;
/** Two decodes among a few that take so many times the usual are a reason to try at once; one may be a pause of the machine. */
const SLOW = 2.5;
const A_FEW = 8;
/** More threads must be so much faster to be kept. */
const WORTH_MORE = 0.95;
/** Decodes whose mean is what is usual. */
const WINDOW = 16;
/** Milliseconds between two looks at whether the cores are free again, at first and at most. */
const LOOK_AGAIN_MS = 300;
const LOOK_AGAIN_MOST_MS = 20_000;
/** After so many milliseconds without a decode the idle cores tell what others need, since this process needs none. */
const RESTED_MS = 300;
/** A core counts as free when it was idle for this share of the time. */
const FREE = 0.7;
/** Others need the cores when they take this much of one. */
const OTHERS_NEED = 0.25;
/** Decodes over which that is measured. */
const OTHERS_STEPS = 16;
/** Fewer threads that take so many times the usual are given up after a few decodes. */
const NO_USE = 1.1;
const FEW_STEPS = 3;
/** Larger batches differ too much to be compared, and have so much to do between two waits that fewer threads never pay. */
export const LARGEST_GOVERNED = 16;

/** How a {@linkcode ThreadGovernor} chooses. */
export interface GovernorOptions {
  /** Threads to compute with at most; ≥ 1. */
  most: number;
  /** Fewer threads are kept when a decode takes no more than so many times what it did: above 1 to leave cores to others for next to nothing. */
  tolerance: number;
  /** Whether fewer threads are tried now and then also where nobody else needs the cores. */
  curious: boolean;
  machine: Machine;
}

/** What a {@linkcode ThreadGovernor} asks of the machine. */
export interface Machine {
  /** Milliseconds, of any beginning. */
  now(): number;
  /** What the cores did since the last call that was not too soon; undefined where the OS does not tell, and the first time. */
  coreUse(): CoreUse | typeof TOO_SOON | undefined;
}

/** A number of threads being tried. */
interface Trial {
  /** Threads used before, and what a decode usually took with them. */
  before: number;
  usual: number;
  /** Tokens of the decodes that are compared. */
  tokens: number;
  /** What they took, in milliseconds. */
  times: number[];
  /** Whether it began because decodes had become slow. */
  slow: boolean;
  /** Decodes of another size that went by. */
  others: number;
}

/**
 * Finds the number of threads to compute with. ggml's threads wait for each other after each operation by spinning: where another process
 * takes one core, all of them wait for the thread on it, and a decode can take a hundred times as long. Then fewer threads are faster. It
 * measures both, and goes back up when the cores are free again.
 */
export class ThreadGovernor {
  readonly #most: number;
  readonly #tolerance: number;
  readonly #curious: boolean;
  readonly #machine: Machine;
  #threads: number;
  /** Whether there are fewer threads than there could be because others need the cores. */
  #yielding = false;
  #yieldedAt = 0;
  /** The latest decodes with the present number of threads, by their tokens. */
  #recent = new Map<number, number[]>();
  #trial: Trial | undefined;
  #untilTrial = FIRST_TRIAL;
  /** Decodes since a slow one. */
  #sinceSlow = A_FEW;
  #lastDecode: number;
  #lookAgainAt = 0;
  #lookedAt = 0;
  #idle: number | undefined;
  /** Whether what others take is being measured, over decodes without a rest. */
  #measuring = false;
  #wait = LOOK_AGAIN_MS;

  constructor({ most, tolerance, curious, machine }: GovernorOptions) {
    this.#most = most;
    this.#tolerance = tolerance;
    this.#curious = curious;
    this.#machine = machine;
    this.#threads = most;
    this.#lastDecode = machine.now();
    machine.coreUse();
  }

  /** Threads for the next decode, which is about to begin. */
  next(): number {
    if (this.#yielding && this.#machine.now() - this.#lastDecode > RESTED_MS) {
      const idle = this.#idleCores();
      this.#lookedAt = this.#machine.now();
      if (idle !== undefined && idle >= this.#most * FREE) this.#use(this.#most, { yielding: false });
    }
    return this.#threads;
  }

  /** Goes back up where another one, for other decodes on the same cores, has since found them free. */
  follow(other: ThreadGovernor): void {
    if (!this.#yielding || other.#yielding || other.#lastDecode < this.#yieldedAt + LOOK_AGAIN_MS) return;
    this.#use(this.#most, { yielding: false });
  }

  /** Takes how long a decode of so many tokens took. */
  record(tokens: number, ms: number): void {
    if (this.#most === 1) return;
    if (this.#machine.now() - ms - this.#lastDecode > RESTED_MS) this.#measuring = false;
    this.#lastDecode = this.#machine.now();
    this.#look(this.#lastDecode);
    if (this.#trial !== undefined) return this.#try(this.#trial, { tokens, ms });
    this.#untilTrial--;
    if (tokens > LARGEST_GOVERNED) return;
    const usual = this.#usual(tokens);
    const long = ms > usual * SLOW;
    const slow = long && this.#sinceSlow < A_FEW;
    this.#sinceSlow = long ? 0 : this.#sinceSlow + 1;
    // What is usual is not learned from what is not.
    if (!long) this.#remember(tokens, ms);
    if (this.#threads > 1 && (slow || (this.#untilTrial <= 0 && this.#isWorthATrial()))) {
      this.#begin(this.#threads >> 1, { before: this.#threads, tokens, usual: slow ? ms : this.#usual(tokens), slow });
    } else if (this.#threads < this.#most) this.#lookUp(tokens);
  }

  #isWorthATrial(): boolean {
    if (this.#curious) return true;
    const use = this.#machine.coreUse();
    const measured = this.#measuring;
    // What others did while this process rested tells nothing.
    this.#measuring = !measured || use === TOO_SOON;
    if (measured && use !== TOO_SOON && (use === undefined || use.others >= OTHERS_NEED)) return true;
    this.#untilTrial = OTHERS_STEPS;
    return false;
  }

  #remember(tokens: number, ms: number): void {
    const times = this.#recent.get(tokens) ?? [];
    times.push(ms);
    if (times.length > WINDOW) times.shift();
    this.#recent.set(tokens, times);
  }

  /** The mean of the latest decodes of so many tokens; Infinity where there were too few to tell. */
  #usual(tokens: number): number {
    const times = this.#recent.get(tokens) ?? [];
    return times.length < 4 ? Infinity : meanWithoutPauses(times);
  }

  #begin(threads: number, trial: Omit<Trial, "times" | "others">): void {
    this.#untilTrial = TRIAL_INTERVAL;
    this.#sinceSlow = A_FEW;
    if (trial.usual === Infinity) return;
    this.#trial = { ...trial, times: [], others: 0 };
    this.#threads = threads;
  }

  #try(trial: Trial, { tokens, ms }: { tokens: number; ms: number }): void {
    // Another batch cannot be compared: the trial waits for its like, but not for ever.
    if (tokens === trial.tokens) trial.times.push(ms);
    else if (++trial.others < 20) return;
    const up = this.#threads > trial.before;
    // More threads than the cores allow, and fewer than are needed, show it soon, and must not be paid for twice.
    const counted = trial.times.slice(1);
    const hopeless = up
      ? trial.times.some((time) => time > trial.usual * SLOW)
      : !trial.slow && counted.length >= FEW_STEPS && Math.min(...counted) > trial.usual * NO_USE;
    // Where decodes had become slow, a few tell enough.
    const steps = trial.slow ? FEW_STEPS : TRIAL_STEPS;
    if (trial.times.length < steps && trial.others < 20 && !hopeless) return;
    this.#trial = undefined;
    const took = meanWithoutPauses(counted);
    const better = !hopeless && took <= trial.usual * (up ? WORTH_MORE : this.#tolerance);
    if (up) this.#wait = better ? LOOK_AGAIN_MS : Math.min(this.#wait * 2, LOOK_AGAIN_MOST_MS);
    if (better) {
      this.#use(this.#threads, { yielding: trial.slow || (up && this.#yielding && this.#threads < this.#most) });
    } // Half of the threads may still be too many for what others leave.
    else if (trial.slow && this.#threads > 1 && trial.others < 20) return this.#begin(this.#threads >> 1, trial);
    else this.#threads = trial.before;
    // Nobody takes the cores, so it is the decodes that have become longer: what was usual is learned anew.
    if (!better && trial.slow) this.#recent.delete(trial.tokens);
    if (!better) this.#lookAgainAt = this.#machine.now() + this.#wait;
  }

  /** Now and then, so that what was idle is known of the latest time only. */
  #look(now: number): void {
    if (this.#threads === this.#most || now - this.#lookedAt < LOOK_AGAIN_MS) return;
    this.#lookedAt = now;
    this.#idle = this.#idleCores() ?? this.#idle;
  }

  #idleCores(): number | undefined {
    const use = this.#machine.coreUse();
    return use === TOO_SOON ? undefined : use?.idle;
  }

  #use(threads: number, { yielding }: { yielding: boolean }): void {
    this.#threads = threads;
    this.#yielding = yielding;
    this.#yieldedAt = this.#machine.now();
    this.#recent = new Map();
    this.#untilTrial = FIRST_TRIAL;
    this.#lookAgainAt = this.#machine.now() + (yielding ? this.#wait : LOOK_AGAIN_MOST_MS);
  }

  /** Tries more threads once their cores seem free. */
  #lookUp(tokens: number): void {
    const now = this.#machine.now();
    const usual = this.#usual(tokens);
    if (now < this.#lookAgainAt || usual === Infinity) return;
    this.#lookAgainAt = now + this.#wait;
    const more = Math.min(this.#most, this.#threads * 2);
    if (this.#idle !== undefined && this.#idle < (more - this.#threads) * FREE) return;
    this.#begin(more, { before: this.#threads, tokens, usual, slow: false });
  }
}

/** Of those that were not much longer than the median: what the server's thread takes of a core counts, pauses of the machine do not. */
function meanWithoutPauses(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[values.length >> 1] ?? Infinity;
  const counted = values.filter((value) => value <= middle * SLOW);
  return counted.length === 0 ? Infinity : counted.reduce((sum, value) => sum + value, 0) / counted.length;
}
