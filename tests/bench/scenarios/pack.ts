import { join } from "node:path";
import { type Bench, MODELS } from "../bench.ts";
import { measurePack, writeLargeGguf } from "../pack_bench.ts";
import { waitUntilQuiet } from "../quiet.ts";
import type { Outcome, Round, Scenario } from "../scenario.ts";

const OURS = "packllama pack";
const SHELL = "cat, sync, sha256sum";
const SIZE = "executable beyond its weights";
const SMALL = "98 MB";
const LARGE = "5 GB";
const LARGE_BYTES = 5e9;
const LARGE_ROUNDS = 3;

/** Packing against copying and hashing the same bytes with the shell; 5 GB with `--large` (20 GB of disk). */
export const pack: Scenario = {
  name: "pack",
  about: "packing a model, against copying and hashing it",
  run,
};

async function run(bench: Bench): Promise<Outcome> {
  const model = await bench.model(MODELS.SmolLM2);
  const megabytes = ((await Deno.stat(bench.llamafile)).size - (await Deno.stat(model)).size) / 1e6;
  const folder = await Deno.makeTempDir({ dir: join(bench.base, ".."), prefix: "bench-" });
  try {
    const small = await packRounds(bench, { model, folder, metric: SMALL, rounds: bench.rounds });
    const rounds: Round[] = [{ [SIZE]: { [OURS]: megabytes } }, ...small];
    if (bench.large) {
      const large = join(folder, "large.gguf");
      await writeLargeGguf(large, LARGE_BYTES);
      rounds.push(...await packRounds(bench, { model: large, folder, metric: LARGE, rounds: LARGE_ROUNDS }));
    }
    return {
      rounds,
      rows: [
        { metric: SIZE, unit: "MB", ours: OURS, goal: "packSize" },
        { metric: SMALL, unit: "MB/s", ours: OURS, peer: SHELL, goal: "packSpeed" },
        { metric: LARGE, unit: "MB/s", ours: OURS, peer: SHELL, goal: "packSpeed" },
      ],
      notes: ["MB/s of base and model together"],
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function packRounds(
  bench: Bench,
  { model, folder, metric, rounds }: { model: string; folder: string; metric: string; rounds: number },
): Promise<Round[]> {
  const { base } = bench;
  const megabytes = ((await Deno.stat(base)).size + (await Deno.stat(model)).size) / 1e6;
  const measured: Round[] = [];
  for (let round = bench.smoke ? 1 : 0; round <= rounds; round++) {
    await waitUntilQuiet(bench.smoke ? { tries: 1 } : {});
    const { packSeconds, shellSeconds } = await measurePack({ base, model, folder }, round % 2 === 0);
    bench.log(`  round ${round} ${metric}: ${packSeconds.toFixed(2)} s, ${SHELL} ${shellSeconds.toFixed(2)} s`);
    if (round > 0) measured.push({ [metric]: { [OURS]: megabytes / packSeconds, [SHELL]: megabytes / shellSeconds } });
  }
  return measured;
}
