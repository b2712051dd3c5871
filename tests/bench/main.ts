// deno task bench [--rounds N] [--large] [--json FILE]
// Paired and interleaved runs of ours and, when PEER_BIN names its folder, of llama-server, on the same model with the same threads and context.
// --large also packs 5 GB (it needs 20 GB of disk).
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { physicalCores } from "../../lib/physical_cores.ts";
import { stderrProgress } from "../../lib/progress.ts";
import { DEFAULT_MODEL, fetchModel, findModel } from "../../models/mod.ts";
import { measurePack, writeLargeGguf } from "./pack_bench.ts";
import { waitUntilQuiet } from "./quiet.ts";
import { type Contender, measureServing, type ServeResult } from "./serve_bench.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** One line of the table: medians of both, and the ratio of each pair. */
interface Row {
  what: string;
  unit: string;
  ours: Spread;
  theirs?: Spread;
  ratio?: Spread;
  /** What the project promises of the ratio, or of ours alone. */
  goal?: string;
}

const CONTEXT = 4096;
const LARGE_BYTES = 5e9;
const LARGE_ROUNDS = 3;
const root = fileURLToPath(new URL("../../", import.meta.url));

if (import.meta.main) await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: "string", default: "7" }, large: { type: "boolean" }, json: { type: "string" } },
  });
  const rounds = Number(values.rounds);
  const model = await fetchModel(findModel(DEFAULT_MODEL), { startProgress: stderrProgress });
  const llamafile = join(root, "dist", `${DEFAULT_MODEL}.llamafile`);
  const peerBin = Deno.env.get("PEER_BIN");
  if (peerBin === undefined) console.error("PEER_BIN is not set: measuring packllama alone");
  if (!await waitUntilQuiet()) console.error("warning: this machine is not idle; the figures mean little");
  const rows = [
    ...await benchServing({ rounds, model, llamafile, ...(peerBin === undefined ? {} : { peerBin }) }),
    sizeRow(model, llamafile),
    await benchPack(model, { rounds, label: "pack 98 MB" }),
    ...(values.large ? [await benchLargePack()] : []),
  ];
  printTable(rows);
  const json = JSON.stringify({ threads: physicalCores(), context: CONTEXT, rounds, rows });
  if (values.json === undefined) console.log(`\n${json}`);
  else await Deno.writeTextFile(values.json, json + "\n");
}

async function benchServing(
  { rounds, model, llamafile, peerBin }: { rounds: number; model: string; llamafile: string; peerBin?: string },
): Promise<Row[]> {
  const threads = String(physicalCores());
  const flags = (port: number): string[] => ["--port", String(port), "-c", String(CONTEXT), "-t", threads];
  const ours: Contender = { name: "packllama", command: (port) => [llamafile, flags(port)] };
  const peer: Contender = {
    name: "llama-server",
    command: (port) => [join(peerBin ?? "", "llama-server"), ["-m", model, ...flags(port)]],
  };
  const contenders = peerBin === undefined ? [ours] : [ours, peer];
  const results = new Map<Contender, ServeResult[]>(contenders.map((contender) => [contender, []]));
  // The first round fills the page cache and unpacks the libraries; it does not count.
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? contenders : [...contenders].reverse();
    for (const contender of order) {
      await waitUntilQuiet();
      const result = await measureServing(contender, round);
      if (round > 0) results.get(contender)?.push(result);
      console.error(
        `round ${round} ${contender.name}: ${
          JSON.stringify(result, (_, value) => typeof value === "number" ? Math.round(value) : value)
        }`,
      );
    }
  }
  const [mine = [], theirs] = contenders.map((contender) => results.get(contender) ?? []);
  const row = (key: keyof ServeResult, what: string, unit: string, goal: string): Row =>
    makeRow({ what, unit, goal }, mine.map((result) => result[key]), theirs?.map((result) => result[key]));
  return [
    row("healthMs", "exec to first /health 200", "ms", ""),
    row("firstTokenMs", "exec to first token", "ms", "≤ 0.75"),
    row("decode", "decode", "tok/s", "≥ 0.97"),
    row("prefill", "prefill", "tok/s", "≥ 0.97"),
    row("rssMb", "resident memory", "MB", "≤ llama-server + 90 MB"),
  ];
}

function sizeRow(model: string, llamafile: string): Row {
  const megabytes = (Deno.statSync(llamafile).size - Deno.statSync(model).size) / 1e6;
  return makeRow({ what: "executable beyond its weights", unit: "MB", goal: "≤ 125 MB" }, [megabytes]);
}

async function benchLargePack(): Promise<Row> {
  const folder = await Deno.makeTempDir({ dir: join(root, "dist"), prefix: "bench-" });
  try {
    const model = join(folder, "large.gguf");
    await writeLargeGguf(model, LARGE_BYTES);
    return await benchPack(model, { rounds: LARGE_ROUNDS, label: "pack 5 GB" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function benchPack(model: string, { rounds, label }: { rounds: number; label: string }): Promise<Row> {
  const folder = await Deno.makeTempDir({ dir: join(root, "dist"), prefix: "bench-" });
  const base = join(root, "dist", "packllama");
  const megabytes = (Deno.statSync(base).size + Deno.statSync(model).size) / 1e6;
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      await waitUntilQuiet();
      const { packSeconds, shellSeconds } = await measurePack({ base, model, folder }, round % 2 === 0);
      console.error(
        `round ${round} ${label}: ${packSeconds.toFixed(2)} s, cat+sync+sha256sum ${shellSeconds.toFixed(2)} s`,
      );
      if (round === 0) continue;
      ours.push(megabytes / packSeconds);
      theirs.push(megabytes / shellSeconds);
    }
    return makeRow({ what: `${label} (against cat, sync, sha256sum)`, unit: "MB/s", goal: "≥ 0.7" }, ours, theirs);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function makeRow(about: Pick<Row, "what" | "unit" | "goal">, ours: number[], theirs?: number[]): Row {
  const row: Row = { ...about, ours: spreadOf(ours) };
  if (theirs === undefined || theirs.length === 0) return row;
  return { ...row, theirs: spreadOf(theirs), ratio: spreadOf(ours.map((value, i) => value / (theirs[i] ?? NaN))) };
}

function printTable(rows: Row[]): void {
  console.log("| | unit | packllama | compared with | ratio (least – greatest) | goal |");
  console.log("|---|---|---|---|---|---|");
  for (const { what, unit, ours, theirs, ratio, goal } of rows) {
    const spread = ratio === undefined
      ? ""
      : `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} – ${ratio.max.toFixed(2)})`;
    const peer = theirs === undefined ? "" : theirs.median.toFixed(0);
    console.log(`| ${what} | ${unit} | ${ours.median.toFixed(0)} | ${peer} | ${spread} | ${goal} |`);
  }
}
