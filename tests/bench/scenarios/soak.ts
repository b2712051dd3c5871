import { type Bench, MODELS } from "../bench.ts";
import { residentMegabytes } from "../process_stat.ts";
import { chat, uniqueWords } from "../prompts.ts";
import type { Outcome, Round, Scenario } from "../scenario.ts";
import { OURS, type Server, startOurs } from "../servers.ts";
import { makeShallowModel } from "../shallow_model.ts";
import { spreadOf } from "../statistics.ts";
import { streamAnswer } from "../stream_client.ts";

const MOST_CLIENTS = 32;
const CLIENT_STEPS = [8, 16, 24, 32];
const STEP_MS = 30_000;
const SMOKE_STEP_MS = 1000;
const SAMPLE_MS = 5000;
/** Each so many-th request is left by its client half way. */
const LEAVE = 16;
const GROWTH = "growth of resident memory after the first round of loads";

/** Layers of {@linkcode soakShallow}'s model. */
const LAYERS = 2;

/** Many tokens, and whether memory stays where it was. */
export const soak: Scenario = {
  name: "soak",
  about: "--tokens tokens with 8 to 32 requests at once: does resident memory grow?",
  onlyWhenNamed: true,
  run: async (bench) => await run(bench, { name: "SmolLM2", path: await bench.model(MODELS.SmolLM2) }),
};

/** The same in a fraction of the time: what might grow does so with tokens, requests and decodes, not with layers. */
export const soakShallow: Scenario = {
  name: "soakShallow",
  about: `the same with the first ${LAYERS} layers of the model`,
  onlyWhenNamed: true,
  run: async (bench) => {
    const path = await makeShallowModel(await bench.model(MODELS.SmolLM2), LAYERS);
    try {
      return await run(bench, { name: `SmolLM2's first ${LAYERS} layers`, path });
    } finally {
      await Deno.remove(path);
    }
  },
};

interface Sample {
  /** How often all of {@linkcode CLIENT_STEPS} had their time before. */
  cycle: number;
  tokens: number;
  all: number;
  anonymous: number;
}

async function run(bench: Bench, { name, path: model }: { name: string; path: string }): Promise<Outcome> {
  // A cache that fills up is no leak: a small one is full before the first tenth ends.
  const flags = bench.supports("--cache-ram") ? ["--cache-ram", "64"] : [];
  await using server = await startOurs(bench, { model, context: 8192, parallel: 8 }, { flags });
  const samples = await generate(bench, server);
  const growth = growthOf(samples, ({ all }) => all);
  const last = samples.at(-1);
  const rounds: Round[] = samples.map(({ tokens, all, anonymous }) => ({
    tokens: { [OURS]: tokens },
    "resident memory": { [OURS]: all },
    "resident memory not backed by a file": { [OURS]: anonymous },
  }));
  rounds.push({
    [GROWTH]: { [OURS]: growth },
    [`${GROWTH}, not backed by a file`]: { [OURS]: growthOf(samples, ({ anonymous }) => anonymous) },
  });
  return {
    rounds,
    rows: [
      { metric: GROWTH, unit: "MB", ours: OURS, goal: "soak" },
      { metric: `${GROWTH}, not backed by a file`, unit: "MB", ours: OURS },
      { metric: "resident memory", unit: "MB", ours: OURS },
    ],
    notes: [
      `${name}, -np 8, -c 8192, ${
        last?.tokens ?? 0
      } tokens, ${samples.length} samples; 8, 16, 24 and 32 clients take turns every ${
        STEP_MS / 1000
      } seconds, and growth is the median over the last whole turn of all four less that over the second`,
    ],
  };
}

/** Keeps 8 to 32 clients asking until so many tokens were generated, and samples memory meanwhile. */
async function generate(bench: Bench, server: Server): Promise<Sample[]> {
  const started = performance.now();
  const samples: Sample[] = [];
  let tokens = 0;
  let requests = 0;
  const step = (): number => Math.floor((performance.now() - started) / (bench.smoke ? SMOKE_STEP_MS : STEP_MS));
  const sample = (): void => {
    samples.push({ cycle: Math.floor(step() / CLIENT_STEPS.length), tokens, ...residentMegabytes(server.pid) });
    if (samples.length % 6 === 0) {
      bench.log(`  ${requests} requests, ${tokens} tokens, ${samples.at(-1)?.all.toFixed(1)} MB`);
    }
  };
  const timer = setInterval(sample, bench.smoke ? 500 : SAMPLE_MS);
  const active = (): number => CLIENT_STEPS[step() % CLIENT_STEPS.length] ?? MOST_CLIENTS;
  try {
    await Promise.all(Array.from({ length: MOST_CLIENTS }, async (_, client) => {
      for (let request = 0; tokens < bench.tokens; request++) {
        if (client >= active()) await new Promise((resolve) => setTimeout(resolve, 1000));
        else {
          // Not `tokens += await …`, which takes the sum from before the wait.
          const generated = await ask(server, client, request);
          tokens += generated;
          requests++;
        }
      }
    }));
  } finally {
    clearInterval(timer);
  }
  sample();
  return samples;
}

async function ask(server: Server, client: number, request: number): Promise<number> {
  const number = request * MOST_CLIENTS + client;
  // Tokens are what is counted: answers are longer than prompts.
  const body = chat(uniqueWords(8 + number % 100, `soak ${number}`), {
    tokens: 64 + number % 320,
    temperature: number % 2 === 0 ? 0 : 0.8,
    seed: number,
  });
  if (number % LEAVE !== 0) return (await streamAnswer(server.url, body)).completionTokens;
  const leave = new AbortController();
  const onText = (chunks: number): void => void (chunks === 16 && leave.abort());
  return (await streamAnswer(server.url, body, { signal: leave.signal, onText })).completionTokens;
}

/**
 * The median over the last whole turn of all loads less that over the second one, which is the first after warming up: more clients at once need
 * more memory, so that only like is compared with like. NaN where there were fewer than three turns.
 */
function growthOf(samples: readonly Sample[], value: (sample: Sample) => number): number {
  const last = (samples.at(-1)?.cycle ?? 0) - 1;
  if (last < 2) return NaN;
  const medianOf = (turn: number): number => spreadOf(samples.filter(({ cycle }) => cycle === turn).map(value)).median;
  return medianOf(last) - medianOf(1);
}
