import { decodeSpeed, decodeSpeedByServer, prefillSpeed, prefillSpeedByServer } from "../answer_metrics.ts";
import { type Bench, MODELS } from "../bench.ts";
import type { GoalName } from "../goals.ts";
import { llamaBench } from "../llama_bench.ts";
import { noteShortAnswers, type Run, runPaired, type Trial } from "../paired.ts";
import { chat, storyPrompt, uniqueWords } from "../prompts.ts";
import type { Outcome, RowSpec, Scenario } from "../scenario.ts";
import { OURS, PEER, type Server, type Servers, startServers } from "../servers.ts";
import { streamAnswer } from "../stream_client.ts";

const BENCH = "llama-bench";
const PROMPTS = [512, 2000];
/** Tokens of a chat template around one message, about. */
const TEMPLATE = 30;
const KINDS = { "decode greedy": 0, "decode temperature 0.8": 0.8 } as const;

/** One stream: decode greedily and sampled, prefill, llama-bench beside them. */
export const single: Scenario = {
  name: "single",
  about: "one stream at a time: decode and prefill",
  run,
};

async function run(bench: Bench): Promise<Outcome> {
  const outcome: Outcome = {
    rounds: [],
    rows: [],
    notes: ["-np 1, -c 4096; speeds by the client's clock, and by the server's timings"],
  };
  for (const [short, name] of Object.entries(MODELS)) {
    const model = await bench.model(name);
    await using servers = await startServers(bench, { model, context: 4096, parallel: 1 }, { withPlain: true });
    const { rounds, notes } = await runPaired(bench, trialsOf(bench, { short, model, servers }), {
      servers: servers.all,
    });
    outcome.rounds = rounds.map((round, index) => ({ ...outcome.rounds[index], ...round }));
    outcome.rows.push(...rowsOf(short, servers.plain.name));
    const early = Object.keys(KINDS).flatMap((kind) =>
      noteShortAnswers(rounds, `${short}: ${kind}, tokens`, tokensOf(bench))
    );
    outcome.notes.push(...[...servers.notes, ...early, ...notes].map((note) => `${short}: ${note}`));
  }
  return outcome;
}

function tokensOf({ smoke }: Bench): number {
  return smoke ? 16 : 128;
}

function trialsOf(
  bench: Bench,
  { short, model, servers }: { short: string; model: string; servers: Servers },
): Trial[] {
  const tokens = tokensOf(bench);
  const program = (metric: string, sizes: { prompt?: number; generate?: number }): Run[] => {
    const bin = bench.peerBin;
    if (bin === undefined) return [];
    const measure = async (): Promise<Record<string, number>> => ({
      [`${short}: ${metric}`]: await llamaBench({ bin, model, threads: bench.threads }, sizes),
    });
    return [{ contender: BENCH, measure }];
  };
  const decode = (kind: keyof typeof KINDS, programs: Run[]): Trial => ({
    name: `${short} ${kind}`,
    runs: [...servers.all.map((server) => decodeRun(server, { short, kind, tokens })), ...programs],
  });
  const prefill = (size: number): Trial => ({
    name: `${short} prefill ${size}`,
    runs: [
      ...servers.all.filter((server) => server !== servers.plain || server === servers.ours)
        .map((server) => prefillRun(server, { short, size })),
      ...(size === 512 ? program("prefill 512", { prompt: size }) : []),
    ],
  });
  return [
    decode("decode greedy", program("decode greedy", { generate: tokens })),
    decode("decode temperature 0.8", []),
    ...(bench.smoke ? PROMPTS.slice(0, 1) : PROMPTS).map(prefill),
  ];
}

function decodeRun(
  server: Server,
  { short, kind, tokens }: { short: string; kind: keyof typeof KINDS; tokens: number },
): Run {
  return {
    contender: server.name,
    measure: async (round) => {
      const body = chat(storyPrompt(round), { tokens, temperature: KINDS[kind], seed: round });
      const answer = await streamAnswer(server.url, body);
      return {
        [`${short}: ${kind}`]: decodeSpeed(answer),
        [`${short}: ${kind}, server's clock`]: decodeSpeedByServer(answer),
        [`${short}: ${kind}, tokens`]: answer.completionTokens,
      };
    },
  };
}

function prefillRun(server: Server, { short, size }: { short: string; size: number }): Run {
  return {
    contender: server.name,
    measure: async (round) => {
      const content = uniqueWords(size - TEMPLATE, `prefill ${short} ${size} ${round}`);
      const answer = await streamAnswer(server.url, chat(content, { tokens: 1, cache_prompt: false }));
      return {
        [`${short}: prefill ${size}`]: prefillSpeed(answer),
        [`${short}: prefill ${size}, server's clock`]: prefillSpeedByServer(answer),
      };
    },
  };
}

function rowsOf(short: string, plain: string): RowSpec[] {
  const row = (what: string, [ours, peer]: [string, string], goal?: GoalName): RowSpec => ({
    metric: `${short}: ${what}`,
    unit: "tok/s",
    ours,
    peer,
    ...(goal === undefined ? {} : { goal }),
  });
  return [
    ...Object.keys(KINDS).flatMap((kind) => [
      row(kind, [plain, PEER], "decode"),
      row(`${kind}, server's clock`, [plain, PEER]),
      row(kind, [OURS, PEER], "decodeAsShipped"),
    ]),
    row("decode greedy", [plain, BENCH], "decodeAgainstBench"),
    ...PROMPTS.flatMap((size) => [
      row(`prefill ${size}`, [OURS, PEER], "prefill"),
      row(`prefill ${size}, server's clock`, [OURS, PEER]),
    ]),
    row("prefill 512", [OURS, BENCH]),
  ];
}
