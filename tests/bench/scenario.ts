import type { Bench } from "./bench.ts";
import type { GoalName } from "./goals.ts";

/** What one round measured: of each metric, the value of each contender. */
export type Round = Record<string, Record<string, number>>;

/** A line of the table, which the rounds are summed up to. */
export interface RowSpec {
  metric: string;
  unit: string;
  /** The contender that is ours, and the one it is held against in the same round. */
  ours: string;
  peer?: string;
  goal?: GoalName;
}

/** What a scenario found. */
export interface Outcome {
  rounds: Round[];
  rows: RowSpec[];
  /** What a reader of the figures must know: settings, and what was not as it should be. */
  notes: string[];
  /** Why nothing was measured. */
  skipped?: string;
}

/** One thing to measure, chosen by its name. */
export interface Scenario {
  name: string;
  about: string;
  /** Left out unless its name is given: it takes too long. */
  onlyWhenNamed?: boolean;
  /** @throws {Error} when a server fails. */
  run(bench: Bench): Promise<Outcome>;
}

/** The outcome of a scenario that could not be measured, and why. */
export function skip(why: string): Outcome {
  return { rounds: [], rows: [], notes: [], skipped: why };
}

/** Outcomes of the same rounds as one, each of its own metrics. */
export function joinOutcomes(outcomes: readonly Outcome[]): Outcome {
  const longest = Math.max(...outcomes.map(({ rounds }) => rounds.length));
  return {
    rounds: Array.from({ length: longest }, (_, i) => Object.assign({}, ...outcomes.map(({ rounds }) => rounds[i]))),
    rows: outcomes.flatMap(({ rows }) => rows),
    notes: outcomes.flatMap(({ notes }) => notes),
  };
}

/** A scenario run anew, with new servers, for each of its rounds. */
export function restarting(scenario: Scenario): Scenario {
  return { ...scenario, run: (bench) => runRestarting(scenario, bench) };
}

async function runRestarting(scenario: Scenario, bench: Bench): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (let round = 0; round < bench.rounds; round++) outcomes.push(await scenario.run({ ...bench, rounds: 1 }));
  const [first = skip("no rounds")] = outcomes;
  return {
    ...first,
    rounds: outcomes.flatMap(({ rounds }) => rounds),
    notes: [...new Set(outcomes.flatMap(({ notes }) => notes)), "servers started anew for each round"],
  };
}
