import { describeGoal } from "./goals.ts";
import type { Row } from "./rows.ts";

/** The rows as a table in Markdown. */
export function markdownTable(rows: readonly Row[]): string {
  const head = [
    "| | | unit | ours | | compared with | | ratio (least – greatest) | goal | |",
    "|---|---|---|---|---:|---|---:|---|---|---|",
  ];
  return [...head, ...rows.map(line)].join("\n");
}

function line({ scenario, metric, unit, ours, theirs, ratio, goal, reached }: Row): string {
  const spread = ratio === undefined
    ? ""
    : `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} – ${ratio.max.toFixed(2)})`;
  const verdict = reached === undefined ? "" : reached ? "reached" : "**missed**";
  const cells = [
    scenario,
    metric,
    unit,
    ours.name,
    figure(ours.median),
    theirs?.name ?? "",
    theirs === undefined ? "" : figure(theirs.median),
    spread,
    goal === undefined ? "" : describeGoal(goal),
    verdict,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** A number with three digits that mean something. */
export function figure(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
