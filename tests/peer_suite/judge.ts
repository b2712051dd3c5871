import type { NotApplying } from "./not_applying.ts";
import type { CaseResult } from "./run_cases.ts";

/** One case, as both programs end it. */
export interface JudgedCase {
  ours: CaseResult;
  /** Of llama-server with the same model, where it was run. */
  peer?: CaseResult;
  /** Why it cannot pass, where it fails and that is listed. */
  reason?: NotApplying;
}

/** What came of all cases. */
export interface Judgement {
  cases: JudgedCase[];
  /** What must not be: cases that fail without a reason, reasons without a case. */
  failures: string[];
  /** Cases that pass though they are listed: the list is to be shortened, unless it is chance. */
  surprises: string[];
}

/**
 * Holds the results against the list of what cannot apply.
 *
 * @param ours All cases of the files that were run.
 * @param peer The same of llama-server; may be empty.
 * @param list Of those files.
 */
export function judge(
  { ours, peer, list }: { ours: CaseResult[]; peer: CaseResult[]; list: readonly NotApplying[] },
): Judgement {
  const ofPeer = new Map(peer.map((result) => [result.name, result]));
  const used = new Set<NotApplying>();
  const judgement: Judgement = { cases: [], failures: [], surprises: [] };
  for (const result of ours) {
    const entry = list.find(({ cases }) => fits(result.name, cases));
    const theirs = ofPeer.get(result.name);
    const open = result.outcome === "failed";
    if (open && entry === undefined) judgement.failures.push(`${result.name} fails: ${result.message}`);
    if (!open && entry !== undefined) judgement.surprises.push(`${result.name} is listed and ${result.outcome}`);
    if (open && entry !== undefined) used.add(entry);
    judgement.cases.push({
      ours: result,
      ...(theirs === undefined ? {} : { peer: theirs }),
      ...(open && entry !== undefined ? { reason: entry } : {}),
    });
  }
  for (const entry of list) {
    if (!used.has(entry)) judgement.failures.push(`"${entry.cases}" is listed, and no such case fails`);
  }
  return judgement;
}

function fits(name: string, cases: string): boolean {
  return cases.endsWith("*") ? name.startsWith(cases.slice(0, -1)) : name === cases;
}
