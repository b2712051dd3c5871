import { aggregateSpeed } from "../answer_metrics.ts";
import { type Bench, MODELS } from "../bench.ts";
import { openIdle } from "../idle_connections.ts";
import { noteShortAnswers, type Run, runPaired } from "../paired.ts";
import { chat, uniqueWords } from "../prompts.ts";
import { runClients } from "../run_clients.ts";
import type { Outcome, Scenario } from "../scenario.ts";
import { type Server, startOurs } from "../servers.ts";

const SLOTS = 8;
const IDLE = 256;
const STREAMS = 64;
const ANSWER = 32;
const PROMPT_WORDS = 16;
const METRIC = "aggregate";
const ALONE = `${SLOTS} streams`;
const BESIDE_IDLE = `${SLOTS} streams, ${IDLE} idle connections`;
const MANY = `${STREAMS} streams`;

/** What connections cost the engine: the same requests by eight clients, beside idle connections, and all at once. */
export const connections: Scenario = {
  name: "connections",
  about: `${STREAMS} requests: by ${SLOTS} clients, by as many beside ${IDLE} idle connections, and all at once`,
  run,
};

async function run(bench: Bench): Promise<Outcome> {
  const model = await bench.model(MODELS.SmolLM2);
  const settings = { model, context: 4096, parallel: SLOTS };
  await using server = await startOurs(bench, settings, { packed: bench.llamafile });
  const answer = bench.smoke ? 4 : ANSWER;
  const runs = [
    loadRun(server, ALONE, { clients: SLOTS, answer }),
    loadRun(server, BESIDE_IDLE, { clients: SLOTS, answer, idle: IDLE }),
    loadRun(server, MANY, { clients: STREAMS, answer }),
  ];
  const { rounds, notes } = await runPaired(bench, [{ name: "load", runs }], { servers: [server] });
  const short = noteShortAnswers(rounds, "tokens", STREAMS * answer);
  const row = { metric: METRIC, unit: "tok/s", peer: ALONE, goal: "connections" } as const;
  return {
    rounds,
    rows: [{ ...row, ours: BESIDE_IDLE }, { ...row, ours: MANY }],
    notes: [
      `the packed SmolLM2, -np ${SLOTS}, -c 4096, prompts of ${PROMPT_WORDS} words, answers of ${answer} tokens`,
      ...short,
      ...notes,
    ],
  };
}

function loadRun(
  server: Server,
  contender: string,
  { clients, answer, idle = 0 }: { clients: number; answer: number; idle?: number },
): Run {
  return {
    contender,
    measure: async (round) => {
      using waiting = await openIdle(server.url, idle);
      const answers = await runClients(server.url, {
        clients,
        requests: STREAMS / clients,
        body: (client, request) =>
          chat(uniqueWords(PROMPT_WORDS, `${contender} ${round} ${client} ${request}`), { tokens: answer }),
      });
      await waiting.check();
      return {
        [METRIC]: aggregateSpeed(answers),
        tokens: answers.reduce((sum, { completionTokens }) => sum + completionTokens, 0),
      };
    },
  };
}
