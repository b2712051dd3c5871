import {
  coldRunOf,
  collectRuns,
  describeRun,
  findRun,
  peerRunOf,
  type Plan,
  type Run,
  type RunKey,
} from "./answer_runs.ts";
import { compareRanks, largestShift, type RankDifference } from "./compare.ts";
import { type Difference, Differences, TOLERANCE } from "./near_tie.ts";
import { type Layout, type Machinery, startOurs, startTheirs } from "./parity_servers.ts";
import type { Answer } from "./completion.ts";

/** How answers compare with those of another run. */
export interface Sameness {
  /** Answers that are the same. */
  same: number;
  /** The largest difference of a log-probability, over the tokens that they have in common. */
  shift: number;
}

/** One way of answering, compared. */
export interface Row extends RunKey {
  /** With the run of llama-server in the same mode; undefined for llama-server's own. */
  peer: Sameness | undefined;
  /** With its own program's answers in the mode `cold`, without speculation. */
  cold: Sameness;
  /** The share of all prompts' tokens that were taken from the cache, [0, 1]. */
  cached: number;
}

/** What came out for a model. */
export interface ModelParity {
  model: string;
  rows: Row[];
  differences: Difference[];
  /** The five likeliest tokens of the first ten places, ours against llama-server's, cold. */
  logprobs: RankDifference;
  failures: string[];
}

/** Log-probabilities must be equal to this, as issue 4 has it. */
export const LOGPROB_TOLERANCE = 1e-3;
const LOGPROB_PLACES = 10;
/** The most that a token's log-probability may differ from llama-server's in any mode: a near tie may move from either side. */
export const SHIFT_TOLERANCE = 2 * TOLERANCE;

/** Compares ours with llama-server on one model. */
export async function compareModel(name: string, machinery: Machinery, plan: Plan): Promise<ModelParity> {
  const runs = await collectRuns(machinery, plan);
  const differences = new Differences(machinery.table);
  const rows = runs.map((run) => toRow(run, { runs, plan, differences }));
  const explained = await explain(differences, machinery);
  const logprobs = compareLogprobs(runs, plan.layouts);
  const failures = [
    ...explained.filter(isFailure).map(describeDifference),
    ...promptFailures(runs, { plan, machinery }),
    ...rows.filter(({ peer }) => peer !== undefined && peer.shift > SHIFT_TOLERANCE).map(describeShift),
    ...(logprobs.largest <= LOGPROB_TOLERANCE ? [] : [`log-probabilities differ by ${logprobs.largest}`]),
  ];
  return { model: name, rows, differences: explained, logprobs, failures };
}

function toRow(
  run: Run,
  { runs, plan, differences }: { runs: readonly Run[]; plan: Plan; differences: Differences },
): Row {
  const compare = (other: Run): Sameness => {
    const between = `${describeRun(run)} ≠ ${describeRun(other)}`;
    let same = 0;
    const shifts = plan.prompts.map((prompt, i) => {
      const pair = [answerAt(run, i), answerAt(other, i)] as const;
      if (differences.add(prompt, pair, between)) same++;
      return largestShift(...pair);
    });
    return { same, shift: Math.max(...shifts) };
  };
  const { answers, ...key } = run;
  const total = answers.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
  return {
    ...key,
    peer: run.program === "packllama" ? compare(peerRunOf(run, runs)) : undefined,
    cold: compare(coldRunOf(run, runs)),
    cached: answers.reduce((sum, { cached }) => sum + cached, 0) / total,
  };
}

async function explain(differences: Differences, machinery: Machinery): Promise<Difference[]> {
  await using ours = await startOurs(machinery, "unified");
  await using theirs = await startTheirs(machinery, { layout: "unified", reuse: false });
  return await differences.explain(ours.askPlainly, theirs.askPlainly);
}

/** What llama-server does otherwise than itself is shown, but it is not ours to explain. */
function isFailure({ explained, between }: Difference): boolean {
  return !explained && between.some((runs) => runs.includes("packllama"));
}

function describeDifference({ prompt, at, tail, texts, ours, theirs, between }: Difference): string {
  const gaps = `gap ${ours.toFixed(3)} for ours, ${theirs.toFixed(3)} for llama-server`;
  return `"${prompt.name}" after ${at} tokens (${tail}): ${texts.join(" or ")}, ${gaps}: ${between.join("; ")}`;
}

function describeShift(row: Row): string {
  return `${describeRun(row)}: a log-probability differs by ${row.peer?.shift} from llama-server's`;
}

function promptFailures(
  runs: readonly Run[],
  { plan, machinery }: { plan: Plan; machinery: Machinery },
): string[] {
  return plan.prompts.flatMap((prompt, i) => {
    const expected = machinery.table.tokenize(prompt.text).length;
    const wrong = runs.find((run) => answerAt(run, i).promptTokens !== expected);
    if (wrong === undefined) return [];
    const found = answerAt(wrong, i).promptTokens;
    return [`"${prompt.name}" has ${expected} tokens, ${describeRun(wrong)} saw ${found}`];
  });
}

/** In one pool the place of a prompt's cells, and so the last bits, depend on all that was there before: only its first prompt is held to this. */
function compareLogprobs(runs: readonly Run[], layouts: readonly Layout[]): RankDifference {
  const compared = layouts.flatMap((layout) => {
    const ours = findRun(runs, { program: "packllama", layout, speculation: false, mode: "cold" });
    const theirs = peerRunOf(ours, runs);
    const comparable = layout === "split" ? ours.answers : ours.answers.slice(0, 1);
    return comparable.map((answer, i) => compareRanks(answer, answerAt(theirs, i), LOGPROB_PLACES));
  });
  return {
    compared: compared.reduce((sum, each) => sum + each.compared, 0),
    largest: Math.max(...compared.map(({ largest }) => largest)),
  };
}

function answerAt({ answers }: Run, i: number): Answer {
  const answer = answers[i];
  if (answer === undefined) throw new RangeError(`There is no answer ${i}`);
  return answer;
}
