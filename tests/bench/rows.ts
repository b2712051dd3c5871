import { type Goal, GOALS, reaches } from "./goals.ts";
import type { Outcome, Round, RowSpec } from "./scenario.ts";
import { ratiosOf, type Spread, spreadOf } from "./statistics.ts";

/** A line of the table, summed up. */
export interface Row {
  scenario: string;
  metric: string;
  unit: string;
  ours: { name: string } & Spread;
  theirs?: { name: string } & Spread;
  /** Ours divided by theirs of the same round. */
  ratio?: Spread;
  goal?: Goal;
  reached?: boolean;
}

/** Sums up what the rounds measured; lines whose own value was never measured are left out. */
export function makeRows(scenario: string, { rounds, rows }: Outcome): Row[] {
  return rows.flatMap((spec) => {
    const row = makeRow(spec, rounds);
    return row === undefined ? [] : [{ scenario, ...row }];
  });
}

function makeRow(
  { metric, unit, ours, peer, goal: goalName }: RowSpec,
  rounds: Round[],
): Omit<Row, "scenario"> | undefined {
  const mine = valuesOf(rounds, { metric, contender: ours });
  const theirs = peer === undefined ? [] : valuesOf(rounds, { metric, contender: peer });
  if (defined(mine).length === 0) return undefined;
  const row: Omit<Row, "scenario"> = { metric, unit, ours: { name: ours, ...spreadOf(defined(mine)) } };
  if (peer !== undefined && defined(theirs).length > 0) {
    row.theirs = { name: peer, ...spreadOf(defined(theirs)) };
    const ratios = ratiosOf(mine, theirs);
    if (ratios.length > 0) row.ratio = spreadOf(ratios);
  }
  return goalName === undefined ? row : judge(row, GOALS[goalName]);
}

function judge(row: Omit<Row, "scenario">, goal: Goal): Omit<Row, "scenario"> {
  const difference = row.theirs === undefined ? undefined : row.ours.median - row.theirs.median;
  const value = { ratio: row.ratio?.median, ours: row.ours.median, difference }[goal.of];
  return value === undefined ? { ...row, goal } : { ...row, goal, reached: reaches(goal, value) };
}

function valuesOf(rounds: Round[], of: { metric: string; contender: string }): (number | undefined)[] {
  return rounds.map((round) => {
    const value = round[of.metric]?.[of.contender];
    return value === undefined || !Number.isFinite(value) ? undefined : value;
  });
}

function defined(values: (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined);
}
