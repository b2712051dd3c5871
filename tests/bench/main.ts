// deno task bench [--only NAMES] [--rounds N] [--restart] [--json FILE] [--svg FILE] [--tokens N] [--large] [--smoke] [-- FLAGS OF OURS]
// Paired and interleaved runs of ours and, when it is built (PEER_BIN names its folder), of llama-server: see docs/bench.md.
// --restart: the servers are new in each round, for the same program is up to 10 % faster or slower from one process to the next.
import { parseArgs } from "node:util";
import { type Bench, makeBench } from "./bench.ts";
import { describeMachine, versionsOf } from "./machine.ts";
import { ratioChart } from "./ratio_chart.ts";
import { makeRows, type Row } from "./rows.ts";
import { type Outcome, restarting, type Scenario, skip } from "./scenario.ts";
import { chooseScenarios } from "./scenarios/mod.ts";
import { markdownTable } from "./table.ts";

/** A scenario's part of the report. */
interface Part extends Outcome {
  name: string;
  about: string;
  summary: Row[];
  failed: boolean;
}

if (import.meta.main) {
  // Deno's own end on a signal would not tell the servers.
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => Deno.exit(130));
  Deno.exit(await main(Deno.args));
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      only: { type: "string", default: "" },
      rounds: { type: "string", default: "7" },
      tokens: { type: "string", default: "1e6" },
      json: { type: "string" },
      svg: { type: "string" },
      restart: { type: "boolean", default: false },
      large: { type: "boolean", default: false },
      smoke: { type: "boolean", default: false },
    },
  });
  const { large, restart, smoke } = values;
  const scenarios = chooseScenarios(values.only.split(",").filter((name) => name !== ""));
  const options = { rounds: smoke ? 1 : Number(values.rounds), tokens: Number(values.tokens), large, smoke };
  const bench = makeBench({ ...options, extra: positionals });
  if (bench.peerBin === undefined) bench.log("No llama-server (set PEER_BIN to its folder): measuring packllama alone");
  const parts: Part[] = [];
  for (const scenario of scenarios) parts.push(await runScenario(bench, restart ? restarting(scenario) : scenario));
  await report(bench, parts, { args, ...values });
  return parts.some(({ failed }) => failed) ? 1 : 0;
}

async function runScenario(bench: Bench, scenario: Scenario): Promise<Part> {
  const { name, about } = scenario;
  bench.log(`${name}: ${about}`);
  try {
    const outcome = await scenario.run(bench);
    return { name, about, ...outcome, summary: makeRows(name, outcome), failed: false };
  } catch (error) {
    // The others are measured all the same.
    const message = error instanceof Error ? error.message : String(error);
    bench.log(`${name} failed: ${message}`);
    return { name, about, ...skip(`failed: ${message}`), summary: [], failed: true };
  }
}

async function report(
  bench: Bench,
  parts: Part[],
  { args, json, svg }: { args: string[]; json?: string; svg?: string },
): Promise<void> {
  const rows = parts.flatMap(({ summary }) => summary);
  console.log(markdownTable(rows));
  for (const { name, skipped, notes } of parts) {
    if (skipped !== undefined) console.log(`\nskipped: ${name}: ${skipped}`);
    for (const note of notes) console.log(`\n${name}: ${note}`);
  }
  const versions = versionsOf(bench);
  const machine = describeMachine();
  const date = new Date().toISOString();
  if (svg !== undefined) {
    const title = `packllama ${versions.packllama} : llama-server, ${machine.processor}, ${bench.threads} threads, ${
      date.slice(0, 10)
    }`;
    await Deno.writeTextFile(svg, ratioChart(rows, title));
  }
  if (json === undefined) return;
  const scenarios = parts.map(({ rows: _, failed: _failed, ...part }) => part);
  const { rounds, threads } = bench;
  const document = { format: 1, date, command: ["bench", ...args], machine, versions, rounds, threads, scenarios };
  await Deno.writeTextFile(json, JSON.stringify(document, undefined, 1) + "\n");
}
