import { join } from "node:path";
import { type Bench, MODELS } from "../bench.ts";
import { type Run, runPaired } from "../paired.ts";
import type { Outcome, Scenario } from "../scenario.ts";
import { type Contender, measureServing } from "../serve_bench.ts";
import { OURS, PEER } from "../servers.ts";

const CONTEXT = 4096;

/** What issue 3 promises of a start: the packed file against llama-server, each started anew. */
export const start: Scenario = {
  name: "start",
  about: "from exec to the first token, and the first requests after it",
  run,
};

async function run(bench: Bench): Promise<Outcome> {
  const model = await bench.model(MODELS.SmolLM2);
  const flags = (port: number): string[] => ["--port", `${port}`, "-c", `${CONTEXT}`, "-t", `${bench.threads}`];
  const contenders: Contender[] = [{
    name: OURS,
    command: (port) => [bench.llamafile, [...flags(port), ...bench.extra]],
  }];
  const { peerBin } = bench;
  if (peerBin !== undefined) {
    contenders.push({ name: PEER, command: (port) => [join(peerBin, "llama-server"), ["-m", model, ...flags(port)]] });
  }
  const runs = contenders.map((contender): Run => ({
    contender: contender.name,
    measure: async (round) => {
      const { healthMs, firstTokenMs, decode, prefill, rssMb } = await measureServing(contender, round);
      return {
        "exec to first /health 200": healthMs,
        "exec to first token": firstTokenMs,
        decode,
        prefill,
        "resident memory": rssMb,
      };
    },
  }));
  const { rounds, notes } = await runPaired(bench, [{ name: "start", runs }]);
  const pair = { ours: OURS, peer: PEER };
  return {
    rounds,
    rows: [
      { metric: "exec to first /health 200", unit: "ms", ...pair },
      { metric: "exec to first token", unit: "ms", ...pair, goal: "startFirstToken" },
      { metric: "decode", unit: "tok/s", ...pair, goal: "startSpeed" },
      { metric: "prefill", unit: "tok/s", ...pair, goal: "startSpeed" },
      { metric: "resident memory", unit: "MB", ...pair, goal: "startMemory" },
    ],
    notes: [`SmolLM2, -c ${CONTEXT}, the packed file`, ...notes],
  };
}
