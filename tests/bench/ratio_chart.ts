import { describeGoal, type Goal } from "./goals.ts";
import type { Row } from "./rows.ts";
import type { Spread } from "./statistics.ts";

type RatioRow = Row & { ratio: Spread; goal: Goal };

const LINE = 24;
const TOP = 56;
const LABELS = 600;
const PLOT = 360;
const VALUES = 190;
const WIDTH = LABELS + PLOT + VALUES;
const BAR = 12;
const STYLE = "text{font:12px sans-serif;fill:#1f2328}.head{font-weight:bold}.dim{fill:#59636e}" +
  ".grid{stroke:#d1d9e0}.one{stroke:#59636e}.reached{fill:#4a9d5b}.missed{fill:#c9514a}" +
  ".whisker{stroke:#1f2328;stroke-width:1.5}.goal{stroke:#1f2328;stroke-width:3}";

/**
 * A chart (SVG 1.1) of all rows whose ratio has a goal: a bar from 1 to its median on a logarithmic scale, whiskers from the least to the
 * greatest, and a thick line at the goal.
 */
export function ratioChart(rows: readonly Row[], title: string): string {
  const shown = rows.filter((row): row is RatioRow => row.ratio !== undefined && row.goal?.of === "ratio");
  const scale = scaleOf(shown);
  const height = TOP + shown.length * LINE + 16;
  const content = [
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text({ x: 12, y: 20, css: "head" }, title),
    ...grid(scale, height),
    ...shown.flatMap((row, index) => drawRow(row, { y: TOP + index * LINE, scale })),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">` +
    `<title>${escapeXml(title)}</title><style>${STYLE}</style>\n${content.join("\n")}\n</svg>\n`;
}

interface Scale {
  least: number;
  greatest: number;
}

/** From the next power of two below everything shown to the next one above. */
function scaleOf(rows: readonly RatioRow[]): Scale {
  const values = rows.flatMap(({ ratio, goal }) => [ratio.min, ratio.max, goalOf(goal)])
    .filter((value) => value > 0 && Number.isFinite(value));
  return {
    least: 2 ** Math.floor(Math.log2(Math.min(0.5, ...values))),
    greatest: 2 ** Math.ceil(Math.log2(Math.max(2, ...values))),
  };
}

function at(ratio: number, { least, greatest }: Scale): number {
  const share = (Math.log2(Math.max(ratio, least)) - Math.log2(least)) / (Math.log2(greatest) - Math.log2(least));
  return Math.round((LABELS + Math.min(share, 1) * PLOT) * 10) / 10;
}

function grid(scale: Scale, height: number): string[] {
  const parts: string[] = [];
  for (let ratio = scale.least; ratio <= scale.greatest; ratio *= 2) {
    const x = at(ratio, scale);
    parts.push(vertical({ x, from: TOP - 8, to: height - 12 }, ratio === 1 ? "one" : "grid"));
    parts.push(text({ x, y: TOP - 14, css: "dim", anchor: "middle" }, ratio < 1 ? `1/${1 / ratio}` : `${ratio}×`));
  }
  return parts;
}

function drawRow(row: RatioRow, { y, scale }: { y: number; scale: Scale }): string[] {
  const { ratio, reached, goal } = row;
  const [one, median, min, max] = [1, ratio.median, ratio.min, ratio.max].map((value) => at(value, scale));
  const middle = y + LINE / 2;
  const against = `${row.scenario}: ${row.metric} (${row.ours.name} : ${row.theirs?.name ?? ""})`;
  return [
    text({ x: LABELS - 12, y: middle + 4, anchor: "end" }, shorten(against)),
    `<rect class="${reached ? "reached" : "missed"}" x="${Math.min(one ?? 0, median ?? 0)}" y="${
      middle - BAR / 2
    }" width="${Math.max(1, Math.abs((median ?? 0) - (one ?? 0))).toFixed(1)}" height="${BAR}"/>`,
    `<line class="whisker" x1="${min}" x2="${max}" y1="${middle}" y2="${middle}"/>`,
    vertical({ x: min ?? 0, from: middle - 4, to: middle + 4 }, "whisker"),
    vertical({ x: max ?? 0, from: middle - 4, to: middle + 4 }, "whisker"),
    vertical({ x: at(goalOf(goal), scale), from: y + 2, to: y + LINE - 2 }, "goal"),
    text({ x: LABELS + PLOT + 14, y: middle + 4 }, `${ratio.median.toFixed(2)}×  (${describeGoal(goal)})`),
  ];
}

/** Where a goal's line stands. */
function goalOf({ atLeast, atMost }: Goal): number {
  return atLeast ?? atMost ?? 1;
}

function vertical({ x, from, to }: { x: number; from: number; to: number }, css: string): string {
  return `<line class="${css}" x1="${x}" x2="${x}" y1="${from}" y2="${to}"/>`;
}

function text({ x, y, css, anchor }: { x: number; y: number; css?: string; anchor?: string }, content: string): string {
  const attributes = (css === undefined ? "" : ` class="${css}"`) +
    (anchor === undefined ? "" : ` text-anchor="${anchor}"`);
  return `<text x="${x}" y="${y}"${attributes}>${escapeXml(content)}</text>`;
}

function shorten(label: string): string {
  const most = 92;
  return label.length <= most ? label : `${label.slice(0, most - 1)}…`;
}

function escapeXml(value: string): string {
  return value.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
