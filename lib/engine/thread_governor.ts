/** Decodes between two trials of fewer threads while all seems well. */
const TRIAL_INTERVAL = 2000;
/** The first trial comes sooner: the machine may have been busy from the start. */
const FIRST_TRIAL = 12;
/** Decodes that a trial lasts; the first of them wakes threads up and is not counted. */
const TRIAL_STEPS = 3;
/** A decode that takes so many times the usual is a reason to try at once. */
const SLOW = 2.5;
/** Fewer threads must be so much faster to be kept: they are slower for all larger batches. */
const GAIN = 0.85;
/** Milliseconds between two looks at whether the cores are free again, at first and at most. */
const LOOK_AGAIN_MS = 300;
const LOOK_AGAIN_MOST_MS = 20_000;
const SHARE = 0.3;

/** What a {@linkcode ThreadGovernor} asks of the machine. */
export interface Machine {
  /** Milliseconds, of any beginning. */
  now(): number;
  /** Cores that were idle since the last call, on average; undefined where the OS does not tell. */
  idleCores(): number | undefined;
}

/** A number of threads being tried. */
interface Trial {
  /** Threads used before. */
  before: number;
  /** Tokens of the decodes that are compared. */
  tokens: number;
  /** What they took, in milliseconds. */
  times: number[];
}

/**
 * Finds the number of threads to compute with. ggml's threads wait for each other after each operation by spinning: where another process
 * takes one core, all of them wait for the thread on it, and a decode can take a hundred times as long. Then fewer threads are faster. It
 * measures both, and goes back up when the cores are free again.
 */
export class ThreadGovernor {
  readonly #most: number;
  readonly #machine: Machine;
  #threads: number;
  /** Milliseconds of a decode, by its tokens and threads. */
  readonly #usual = new Map<number, number>();
  #trial: Trial | undefined;
  #untilTrial = FIRST_TRIAL;
  #lookAgainAt = 0;
  #wait = LOOK_AGAIN_MS;

  /** @param most Threads to compute with on a quiet machine; ≥ 1. */
  constructor(most: number, machine: Machine) {
    this.#most = most;
    this.#machine = machine;
    this.#threads = most;
  }

  /** Threads for the next decode. */
  get threads(): number {
    return this.#threads;
  }

  /** Takes how long a decode of so many tokens took. */
  record(tokens: number, ms: number): void {
    if (this.#most === 1) return;
    if (this.#trial !== undefined) return this.#try(this.#trial, { tokens, ms });
    const key = this.#key(tokens, this.#threads);
    const usual = this.#usual.get(key);
    const slow = usual !== undefined && ms > usual * SLOW;
    this.#usual.set(key, usual === undefined ? ms : usual + (ms - usual) * SHARE);
    this.#untilTrial--;
    if (this.#threads > 1 && tokens <= 16 && (slow || this.#untilTrial <= 0)) this.#begin(this.#threads >> 1, tokens);
    else if (this.#threads < this.#most) this.#lookUp(tokens);
  }

  #begin(threads: number, tokens: number): void {
    this.#trial = { before: this.#threads, tokens, times: [] };
    this.#threads = threads;
    this.#untilTrial = TRIAL_INTERVAL;
  }

  #try(trial: Trial, { tokens, ms }: { tokens: number; ms: number }): void {
    // Another batch cannot be compared: the trial waits for its like, but not for ever.
    if (tokens === trial.tokens) trial.times.push(ms);
    else if (--this.#untilTrial > TRIAL_INTERVAL - 20) return;
    const usual = this.#usual.get(this.#key(trial.tokens, trial.before)) ?? Infinity;
    const up = this.#threads > trial.before;
    // More threads than the cores allow show it at once, and must not be paid for twice.
    const hopeless = up && tokens === trial.tokens && trial.times.length === 1 && ms > usual * SLOW;
    if (trial.times.length < TRIAL_STEPS && !hopeless) return;
    this.#trial = undefined;
    const best = Math.min(...trial.times.slice(trial.times.length > 1 ? 1 : 0));
    const better = up ? best <= usual / GAIN && !hopeless : best < usual * GAIN;
    if (better) {
      this.#usual.set(this.#key(trial.tokens, this.#threads), best);
      if (up) this.#wait = LOOK_AGAIN_MS;
    } else {
      this.#threads = trial.before;
      if (up) this.#wait = Math.min(this.#wait * 2, LOOK_AGAIN_MOST_MS);
    }
    this.#lookAgainAt = this.#machine.now() + this.#wait;
    this.#machine.idleCores();
  }

  /** Tries more threads once their cores seem free. */
  #lookUp(tokens: number): void {
    const now = this.#machine.now();
    if (tokens > 16 || now < this.#lookAgainAt) return;
    this.#lookAgainAt = now + this.#wait;
    const more = Math.min(this.#most, this.#threads * 2);
    const idle = this.#machine.idleCores();
    if (idle !== undefined && idle < (more - this.#threads) * 0.7) return;
    this.#begin(more, tokens);
  }

  #key(tokens: number, threads: number): number {
    return tokens * 1024 + threads;
  }
}
