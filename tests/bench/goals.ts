/** What the project promises of the median: of the ratio ours : theirs, of ours alone, or of ours less theirs. */
export interface Goal {
  of: "ratio" | "ours" | "difference";
  atLeast?: number;
  atMost?: number;
}

/** The goals of all scenarios (issues 3 to 6). */
export const GOALS = {
  startFirstToken: { of: "ratio", atMost: 0.75 },
  startSpeed: { of: "ratio", atLeast: 0.97 },
  startMemory: { of: "difference", atMost: 90 },
  packSize: { of: "ours", atMost: 125 },
  packSpeed: { of: "ratio", atLeast: 0.7 },
  decode: { of: "ratio", atLeast: 1 },
  decodeAsShipped: { of: "ratio", atLeast: 1.05 },
  decodeAgainstBench: { of: "ratio", atLeast: 0.97 },
  prefill: { of: "ratio", atLeast: 1 },
  clients8: { of: "ratio", atLeast: 1.15 },
  clients32: { of: "ratio", atLeast: 1.2 },
  decodeOnly: { of: "ratio", atLeast: 0.93 },
  silence: { of: "ratio", atMost: 0.3 },
  longFirstToken: { of: "ratio", atMost: 1.3 },
  prefix: { of: "ratio", atMost: 0.8 },
  warm: { of: "ratio", atMost: 0.2 },
  copying: { of: "ratio", atLeast: 2 },
  nothingToGuess: { of: "ratio", atLeast: 0.97 },
  grammar: { of: "ratio", atLeast: 0.9 },
  grammarLarge: { of: "ratio", atLeast: 0.85 },
  forcedKeys: { of: "ratio", atLeast: 1.3 },
  load: { of: "ours", atLeast: 0.5 },
  soak: { of: "ours", atMost: 20 },
  connections: { of: "ratio", atLeast: 0.95 },
  bodyMs: { of: "ours", atMost: 30 },
  tokenMicroseconds: { of: "ours", atMost: 100 },
} as const satisfies Record<string, Goal>;

/** The name of a goal. */
export type GoalName = keyof typeof GOALS;

/** Whether a value reaches a goal. */
export function reaches(goal: Goal, value: number): boolean {
  return value >= (goal.atLeast ?? -Infinity) && value <= (goal.atMost ?? Infinity);
}

/** A goal in words, e.g. `≥ 1.05×`. */
export function describeGoal(goal: Goal): string {
  const bound = goal.atLeast === undefined ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
  if (goal.of === "ratio") return `${bound}×`;
  return goal.of === "ours" ? bound : `${bound} more`;
}
