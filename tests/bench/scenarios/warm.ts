import { join } from "node:path";
import { firstTokenMs } from "../answer_metrics.ts";
import { type Bench, MODELS } from "../bench.ts";
import { type Run, runPaired } from "../paired.ts";
import { uniqueWords } from "../prompts.ts";
import { type Outcome, type Scenario, skip } from "../scenario.ts";
import { startOurs } from "../servers.ts";
import { streamAnswer } from "../stream_client.ts";

const WARM = "packed with --warm";
const COLD = "packed without";
const SYSTEM_WORDS = 1000;

/** A system prompt whose KV state is in the file. */
export const warm: Scenario = {
  name: "warm",
  about: "the first token after a start, with the system prompt packed by --warm and without",
  run,
};

async function run(bench: Bench): Promise<Outcome> {
  if (!bench.supports("--warm", "pack")) return skip("packllama pack knows no --warm");
  const model = await bench.model(MODELS.SmolLM2);
  const folder = await Deno.makeTempDir({ prefix: "packllama-bench-" });
  try {
    const system = uniqueWords(SYSTEM_WORDS, "warm");
    await Deno.writeTextFile(join(folder, "system.txt"), system);
    const files = { [WARM]: join(folder, "warm.llamafile"), [COLD]: join(folder, "cold.llamafile") };
    await pack(bench, [model, "-o", files[WARM], "--warm", join(folder, "system.txt")]);
    await pack(bench, [model, "-o", files[COLD]]);
    const runs = Object.entries(files).map(([name, packed]): Run => ({
      contender: name,
      measure: () => measure(bench, { name, packed, model, system }),
    }));
    const { rounds, notes } = await runPaired(bench, [{ name: "first request", runs }]);
    return {
      rounds,
      rows: [{ metric: "first token", unit: "ms", ours: WARM, peer: COLD, goal: "warm" }],
      notes: [`SmolLM2, -np 1, -c 4096, a system prompt of ${SYSTEM_WORDS} words`, ...notes],
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Starts anew each time: the second request would find the system prompt in the cache. */
async function measure(
  bench: Bench,
  { name, packed, model, system }: { name: string; packed: string; model: string; system: string },
): Promise<Record<string, number>> {
  await using server = await startOurs(bench, { model, context: 4096, parallel: 1 }, { name, packed });
  const answer = await streamAnswer(server.url, {
    messages: [{ role: "system", content: system }, { role: "user", content: "Which word came first?" }],
    temperature: 0,
    max_tokens: 8,
    ignore_eos: true,
  });
  return { "first token": firstTokenMs(answer), "prompt tokens computed": answer.timings?.prompt_n ?? NaN };
}

async function pack(bench: Bench, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(bench.base, { args: ["pack", ...args], stdin: "null" }).output();
  if (!success) {
    throw new Error(`packllama pack ${args.join(" ")} failed: ${new TextDecoder().decode(stderr).slice(-600)}`);
  }
}
