import type { Machine, Versions } from "../bench/machine.ts";
import { MODES } from "./modes.ts";
import { LOGPROB_TOLERANCE, type ModelParity, type Row, type Sameness, SHIFT_TOLERANCE } from "./model_parity.ts";
import { type Difference, TOLERANCE } from "./near_tie.ts";

/** Everything that the report tells. */
export interface ParityReport {
  date: string;
  command: string;
  machine: Machine;
  versions: Versions;
  cpuVariant: string;
  threads: number;
  prompts: number;
  tokens: number;
  models: ModelParity[];
}

/** The report as docs/parity.md. */
export function parityMarkdown(report: ParityReport): string {
  const { date, command, machine, versions, cpuVariant, threads, prompts, tokens } = report;
  return [
    "# Parity with llama-server",
    "",
    `Command: \`${command}\`. ${
      date.slice(0, 10)
    }, ${machine.processors} × ${machine.processor}, CPU variant ${cpuVariant},`,
    `${threads} threads. packllama ${versions.packllama} against llama-server ${
      versions.llamaServer ?? "(unknown)"
    }, on the same`,
    `libraries. ${prompts} prompts, ${tokens} greedy tokens each; both servers with \`-np 8 -c 16384\`.`,
    "",
    ...INTRODUCTION,
    ...report.models.flatMap((model) => modelSection(model, prompts)),
  ].join("\n") + "\n";
}

const INTRODUCTION = [
  "The kernels that compute a batch depend on its size, and the order of additions on how the KV cache is laid out: the",
  "last bits of the logits differ between a prompt computed at once, one continued from the cache, and one computed beside",
  "others. So llama-server's own answers differ from one mode to another, and ours are compared with its answers in the",
  "same mode. Where two answers part, both servers are asked, with the prompt and the common tokens as one prompt, for the",
  `log-probabilities there: both tokens must lie within ${TOLERANCE} of the likeliest for both servers. Anything else is a`,
  "failure, and the command ends with exit code 1.",
  "",
  ...Object.entries(MODES).map(([mode, about]) => `- \`${mode}\`: ${about}`),
  "",
  "Layouts: `unified` is one pool of KV cells, `split` an equal part for each request, `auto` (ours) the one or the other",
  "by the load; it is compared with llama-server's `unified` alone and with its `split` in batches. *Shift* is the largest",
  "difference between the log-probabilities of a token that both have chosen after the same tokens; against llama-server",
  `more than ${SHIFT_TOLERANCE} is a failure.`,
  "",
  "To be the same mode, llama-server runs `unified` with `--cache-ram 0 --no-cache-idle-slots` (idle requests keep their",
  "cells, as ours do; where cells lie in the pool decides in which order they are added up) and, where nothing is reused,",
  "with `--ctx-checkpoints 0` (with sliding windows it computes the last four tokens of a prompt apart). In `unified` the",
  "place of a prompt's cells still depends on all that was asked before: log-probabilities are held to the strict tolerance",
  "for the first prompt there, and for all prompts in `split`.",
  "",
];

function modelSection({ model, rows, differences, logprobs, failures }: ModelParity, prompts: number): string[] {
  return [
    `## ${model}`,
    "",
    `Log-probabilities of the five likeliest tokens of the first ten places, cold: ${logprobs.compared} compared, the largest`,
    `difference is ${logprobs.largest.toExponential(1)} (allowed: ${LOGPROB_TOLERANCE}).`,
    "",
    `| program | layout | speculation | mode | same as llama-server | shift | same as its own cold | shift | from the cache |`,
    "|---|---|---|---|---:|---:|---:|---:|---:|",
    ...rows.map((row) => rowLine(row, prompts)),
    "",
    ...(failures.length === 0 ? [] : ["Failures:", "", ...failures.map((failure) => `- ${failure}`), ""]),
    ...differenceTable(differences),
  ];
}

function rowLine({ program, layout, speculation, mode, peer, cold, cached }: Row, prompts: number): string {
  const cells = [
    program,
    layout,
    program === "llama-server" ? "" : speculation ? "on" : "off",
    mode,
    ...samenessCells(peer, prompts),
    ...samenessCells(cold, prompts),
    `${Math.round(cached * 100)} %`,
  ];
  return `| ${cells.join(" | ")} |`;
}

function samenessCells(sameness: Sameness | undefined, prompts: number): string[] {
  return sameness === undefined ? ["", ""] : [`${sameness.same} of ${prompts}`, sameness.shift.toFixed(3)];
}

function differenceTable(differences: readonly Difference[]): string[] {
  if (differences.length === 0) return ["No answer differs from another.", ""];
  const gaps = differences.filter(({ explained }) => explained).map(({ ours, theirs }) => Math.max(ours, theirs));
  return [
    `Places where answers part: ${differences.length}, the largest gap of a near tie is ${
      Math.max(0, ...gaps).toFixed(3)
    }.`,
    "",
    "| prompt | after tokens | there | one | other | gap, ours | gap, llama-server | pairs of runs | of them in `cold` |",
    "|---|---:|---|---|---|---:|---:|---:|---:|",
    ...differences.map(differenceLine),
    "",
  ];
}

function differenceLine({ prompt, at, tail, texts, between, ours, theirs, explained }: Difference): string {
  const cold = between.filter((runs) => runs.split(" ≠ ").every((run) => run.endsWith(", cold"))).length;
  const cells = [
    prompt.name,
    at,
    code(tail),
    ...texts.map(code),
    ours.toFixed(3),
    theirs.toFixed(3) + (explained ? "" : " **not near**"),
    between.length,
    cold,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** As code in a cell of a table. */
function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|").replaceAll("`", "ˋ")}\``;
}
