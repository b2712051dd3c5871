import { firstTokenMs } from "../answer_metrics.ts";
import { type Bench, MODELS } from "../bench.ts";
import { type Run, runPaired } from "../paired.ts";
import { uniqueWords } from "../prompts.ts";
import type { Outcome, RowSpec, Scenario } from "../scenario.ts";
import { OURS, PEER, type Server, startServers } from "../servers.ts";
import { streamAnswer, type StreamedAnswer } from "../stream_client.ts";

const PREFIX = 1000;
const QUESTIONS = [
  "Which word came first?",
  "How many words were there?",
  "Name three of the words.",
  "Which of the words is the longest?",
  "What do the words have in common?",
];

/** A prompt that begins like the one before. */
export const prefix1000: Scenario = {
  name: "prefix1000",
  about: "another question after the same 1,000 tokens: alone, and four at once",
  run,
};

async function run(bench: Bench): Promise<Outcome> {
  const model = await bench.model(MODELS.SmolLM2);
  await using servers = await startServers(bench, { model, context: 16384, parallel: 8 });
  const trials = [
    { name: "one after another", runs: servers.all.map(aloneRun) },
    { name: "four at once", runs: servers.all.map(atOnceRun) },
  ];
  const { rounds, notes } = await runPaired(bench, trials, { servers: servers.all });
  const row = (metric: string): RowSpec => ({ metric, unit: "ms", ours: OURS, peer: PEER });
  const rows: RowSpec[] = [
    { ...row("first token, second request"), goal: "prefix" },
    { ...row("first token, four more at once, mean"), goal: "prefix" },
    row("first token, four more at once, last"),
    row("first token, first request"),
  ];
  return { rounds, rows, notes: ["SmolLM2, -np 8, -c 16384", ...servers.notes, ...notes] };
}

function aloneRun(server: Server): Run {
  return {
    contender: server.name,
    measure: async (round) => {
      const prefix = uniqueWords(PREFIX, `prefix alone ${round}`);
      const first = await ask(server, prefix, 0);
      const second = await ask(server, prefix, 1);
      return { "first token, first request": firstTokenMs(first), "first token, second request": firstTokenMs(second) };
    },
  };
}

function atOnceRun(server: Server): Run {
  return {
    contender: server.name,
    measure: async (round) => {
      const prefix = uniqueWords(PREFIX, `prefix at once ${round}`);
      await ask(server, prefix, 0);
      const times = (await Promise.all([1, 2, 3, 4].map((question) => ask(server, prefix, question)))).map(
        firstTokenMs,
      );
      return {
        "first token, four more at once, mean": times.reduce((sum, time) => sum + time, 0) / times.length,
        "first token, four more at once, last": Math.max(...times),
      };
    },
  };
}

function ask(server: Server, prefix: string, question: number): Promise<StreamedAnswer> {
  return streamAnswer(server.url, {
    messages: [{ role: "system", content: prefix }, { role: "user", content: QUESTIONS[question] }],
    temperature: 0,
    max_tokens: 8,
    ignore_eos: true,
  });
}
