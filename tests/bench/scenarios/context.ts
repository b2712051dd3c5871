import { decodeSpeed } from "../answer_metrics.ts";
import { type Bench, MODELS } from "../bench.ts";
import { noteShortAnswers, type Run, runPaired } from "../paired.ts";
import { chat, uniqueWords } from "../prompts.ts";
import type { Outcome, Scenario } from "../scenario.ts";
import { PEER, type Server, startServers } from "../servers.ts";
import { streamAnswer } from "../stream_client.ts";

/** Tokens before the answer; the last leaves room for the template and the answer in the model's 8192. */
const FILLED = [512, 1024, 2048, 4096, 8000];
const ANSWER = 64;

/** How decoding slows down as the context fills. */
export const context: Scenario = {
  name: "context",
  about: "decode speed after 512 to 8,000 tokens",
  run,
};

async function run(bench: Bench): Promise<Outcome> {
  const model = await bench.model(MODELS.SmolLM2);
  await using servers = await startServers(bench, { model, context: 8192, parallel: 1 }, { withPlain: true });
  const { plain, peer } = servers;
  const measured = peer === undefined ? [plain] : [plain, peer];
  const sizes = bench.smoke ? FILLED.slice(0, 2) : FILLED;
  const trials = sizes.map((filled) => ({
    name: `${filled} tokens`,
    runs: measured.map((server) => contextRun(server, filled)),
  }));
  const { rounds, notes } = await runPaired(bench, trials, { servers: servers.all });
  const short = sizes.flatMap((filled) => noteShortAnswers(rounds, `tokens after ${filled}`, ANSWER));
  return {
    rounds,
    rows: sizes.map((filled) => ({
      metric: metricOf(filled),
      unit: "tok/s",
      ours: plain.name,
      peer: PEER,
      goal: "decode" as const,
    })),
    notes: ["SmolLM2, -np 1, -c 8192, without speculation", ...servers.notes, ...short, ...notes],
  };
}

function contextRun(server: Server, filled: number): Run {
  return {
    contender: server.name,
    measure: async (round) => {
      // Each size begins with the one before, so that a prefix cache makes the round shorter.
      const words = uniqueWords(filled - 30, `context ${round}`);
      const answer = await streamAnswer(server.url, chat(words, { tokens: ANSWER }));
      return { [metricOf(filled)]: decodeSpeed(answer), [`tokens after ${filled}`]: answer.completionTokens };
    },
  };
}

function metricOf(filled: number): string {
  return `decode after ${filled} tokens`;
}
