import assert from "node:assert/strict";
import type { Bench } from "./bench.ts";
import { ratioChart } from "./ratio_chart.ts";
import { makeRows } from "./rows.ts";
import { type Outcome, restarting } from "./scenario.ts";
import { chooseScenarios, SCENARIOS } from "./scenarios/mod.ts";
import { markdownTable } from "./table.ts";

const OUTCOME: Outcome = {
  rounds: [
    { decode: { packllama: 120, "llama-server": 100 }, "a<b": { packllama: 1 } },
    { decode: { packllama: 90, "llama-server": 100 } },
    { decode: { packllama: 110, "llama-server": 100 }, "a<b": { packllama: NaN } },
  ],
  rows: [
    { metric: "decode", unit: "tok/s", ours: "packllama", peer: "llama-server", goal: "decode" },
    { metric: "decode", unit: "tok/s", ours: "packllama", peer: "llama-server", goal: "copying" },
    { metric: "decode", unit: "tok/s", ours: "packllama", peer: "llama-server" },
    { metric: "a<b", unit: "MB", ours: "packllama", peer: "llama-server", goal: "soak" },
    { metric: "never measured", unit: "MB", ours: "packllama" },
  ],
  notes: [],
};

Deno.test("makeRows takes ratios pair by pair, and judges the median by the goal", () => {
  const [first, second, third, fourth, ...more] = makeRows("single", OUTCOME);
  assert.deepEqual(first?.ratio, { median: 1.1, min: 0.9, max: 1.2 });
  assert.equal(first?.reached, true);
  assert.equal(second?.reached, false);
  assert.equal(third?.reached, undefined);
  assert.deepEqual([fourth?.ours.median, fourth?.theirs, fourth?.reached], [1, undefined, true]);
  assert.deepEqual(more, []);
});

Deno.test("markdownTable has a line of as many cells for each row, with goal and verdict", () => {
  const lines = markdownTable(makeRows("single", OUTCOME)).split("\n");
  assert.equal(lines.length, 2 + 4);
  assert.equal(new Set(lines.map((line) => line.split("|").length)).size, 1);
  assert.match(lines[2] ?? "", /1\.10 \(0\.90 – 1\.20\) \| ≥ 1× \| reached/);
  assert.match(lines[3] ?? "", /≥ 2× \| \*\*missed\*\*/);
});

Deno.test("ratioChart draws each ratio with a goal as a bar from 1 with whiskers inside the picture", () => {
  const rows = makeRows("single", OUTCOME);
  const svg = ratioChart(rows, "ours & <theirs>");
  assert.match(svg, /^<svg [^>]*viewBox="0 0 (\d+) (\d+)"/);
  assert.ok(!/&(?!#\d+;)/.test(svg) && !svg.includes("<theirs>"));
  assert.equal(svg.match(/<rect class="(reached|missed)"/g)?.length, 2);
  assert.equal(svg.match(/class="goal"/g)?.length, 2);
  const width = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]);
  for (const [, x = ""] of svg.matchAll(/ x[12]?="([^"]+)"/g)) assert.ok(Number(x) >= 0 && Number(x) <= width, x);
});

Deno.test("ratioChart puts greater ratios further right, and spreads that reach far stay in it", () => {
  const outcome = (ours: number): Outcome => ({
    ...OUTCOME,
    rounds: [{ decode: { packllama: ours, "llama-server": 1 } }],
    rows: OUTCOME.rows.slice(0, 1),
  });
  const rows = [0.01, 0.5, 1, 3, 100].flatMap((ratio) => makeRows("x", outcome(ratio)));
  const middles = [...ratioChart(rows, "").matchAll(/class="whisker" x1="([\d.]+)" x2="\1" y1="(\d+)" y2="\2"/g)]
    .map(([, x]) => Number(x));
  assert.equal(middles.length, rows.length);
  assert.deepEqual(middles, middles.toSorted((a, b) => a - b));
  assert.equal(new Set(middles).size, rows.length);
});

Deno.test("chooseScenarios takes all but the soaks, or those named, and says which there are", () => {
  assert.deepEqual(chooseScenarios([]).map(({ name }) => name), SCENARIOS.map(({ name }) => name).slice(0, -2));
  assert.deepEqual(chooseScenarios(["soak", "single"]).map(({ name }) => name), ["single", "soak"]);
  assert.throws(() => chooseScenarios(["singel"]), /No scenario "singel".*clients8/);
});

Deno.test("restarting runs a scenario anew for each round", async () => {
  let runs = 0;
  const run = (bench: Bench): Promise<Outcome> => {
    assert.equal(bench.rounds, 1);
    return Promise.resolve({ ...OUTCOME, rounds: [{ decode: { packllama: ++runs } }], notes: ["a note"] });
  };
  const scenario = restarting({ name: "x", about: "", run });
  const { rounds, notes } = await scenario.run({ rounds: 3 } as Bench);
  assert.deepEqual(rounds, [1, 2, 3].map((packllama) => ({ decode: { packllama } })));
  assert.deepEqual(notes, ["a note", "servers started anew for each round"]);
});
