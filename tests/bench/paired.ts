import type { Bench } from "./bench.ts";
import { waitUntilQuiet } from "./quiet.ts";
import type { Round } from "./scenario.ts";

/** One program's part of a trial. */
export interface Run {
  contender: string;
  /** Measures once; the first round is number 0. */
  measure(round: number): Promise<Record<string, number>>;
}

/** Things to be measured right after each other, and compared. */
export interface Trial {
  name: string;
  runs: Run[];
}

/** What came of the rounds. */
export interface Paired {
  rounds: Round[];
  notes: string[];
}

/** A server's threads spin for a moment after its answer: one sample would show just that. */
const SMOKE_TRIES = 3;
/** Of a core; one clock tick in the time looked at is 0.03. */
const SPINNING = 0.1;

/**
 * Runs each trial once a round, its runs right after each other and in turned order each other round; before each run the machine is
 * to be quiet, and the servers that wait for their turn idle. The first round warms everything up and does not count.
 *
 * @param options.servers those whose idleness is looked at.
 */
export async function runPaired(
  bench: Bench,
  trials: readonly Trial[],
  { servers = [] }: { servers?: readonly { name: string; pid: number }[] } = {},
): Promise<Paired> {
  const rounds: Round[] = [];
  const watch = new Watch(servers, bench.smoke ? SMOKE_TRIES : undefined);
  // A smoke run has no warm-up: it only shows that everything works.
  for (let round = bench.smoke ? 1 : 0; round <= bench.rounds; round++) {
    const values: Round = {};
    for (const trial of trials) {
      for (const run of round % 2 === 0 ? trial.runs : trial.runs.toReversed()) {
        await watch.settle();
        const measured = await run.measure(round);
        bench.log(`  round ${round} ${trial.name}: ${run.contender} ${JSON.stringify(measured, shorten)}`);
        for (const [metric, value] of Object.entries(measured)) (values[metric] ??= {})[run.contender] = value;
      }
    }
    if (round > 0) rounds.push(values);
  }
  return { rounds, notes: watch.notes() };
}

class Watch {
  readonly #servers: readonly { name: string; pid: number }[];
  readonly #tries: number | undefined;
  readonly #spinning = new Map<string, number>();
  #measured = 0;
  #disturbed = 0;

  constructor(servers: readonly { name: string; pid: number }[], tries: number | undefined) {
    this.#servers = servers;
    this.#tries = tries;
  }

  async settle(): Promise<void> {
    const pids = this.#servers.map(({ pid }) => pid);
    const { quiet, shares } = await waitUntilQuiet({
      pids,
      ...(this.#tries === undefined ? {} : { tries: this.#tries }),
    });
    this.#measured++;
    if (!quiet) this.#disturbed++;
    for (const [index, { name }] of this.#servers.entries()) {
      const share = shares[index] ?? 0;
      if (share > SPINNING) this.#spinning.set(name, Math.max(share, this.#spinning.get(name) ?? 0));
    }
  }

  notes(): string[] {
    const disturbed = this.#disturbed === 0
      ? []
      : [`${this.#disturbed} of ${this.#measured} measurements began while the machine was not idle: they mean little`];
    const spinning = [...this.#spinning].map(([name, share]) =>
      `${name} used up to ${Math.round(share * 100)} % of a core while it should have been idle`
    );
    return [...disturbed, ...spinning];
  }
}

/**
 * Says which contenders generated fewer tokens than they were asked for: they stop at an end token although `ignore_eos` says not to.
 *
 * @param metric the rounds' metric that has the tokens generated.
 */
export function noteShortAnswers(rounds: readonly Round[], metric: string, asked: number): string[] {
  const least = new Map<string, number>();
  for (const round of rounds) {
    for (const [name, tokens] of Object.entries(round[metric] ?? {})) {
      if (tokens < asked) least.set(name, Math.min(tokens, least.get(name) ?? Infinity));
    }
  }
  return [...least].map(([name, tokens]) =>
    `${name} gave ${tokens} of ${asked} ${metric}: it does not follow ignore_eos`
  );
}

function shorten(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}
