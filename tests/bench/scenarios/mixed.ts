import { firstTokenMs, longestSilence } from "../answer_metrics.ts";
import { type Bench, MODELS } from "../bench.ts";
import { type Run, runPaired } from "../paired.ts";
import { chat, uniqueWords } from "../prompts.ts";
import type { Outcome, Scenario } from "../scenario.ts";
import { OURS, PEER, type Server, startServers } from "../servers.ts";
import { streamAnswer } from "../stream_client.ts";

const LONG = 1000;
const SHORT_CHATS = 3;
/** Chunks that each short chat has had when the long prompt is sent. */
const UNDER_WAY = 12;
/** More than come while the long prompt is computed; what is left is given up. */
const SHORT_TOKENS = 1500;

/** A long prompt that arrives while short chats are being answered. */
export const mixed: Scenario = {
  name: "mixed",
  about: "three short chats while a prompt of 1,000 tokens arrives",
  run,
};

async function run(bench: Bench): Promise<Outcome> {
  const model = await bench.model(MODELS.SmolLM2);
  await using servers = await startServers(bench, { model, context: 16384, parallel: 8 });
  const trials = [{ name: "long prompt beside chats", runs: servers.all.map(mixedRun) }];
  const { rounds, notes } = await runPaired(bench, trials, { servers: servers.all });
  const early = rounds.flatMap((round) => Object.entries(round["short chats that ended early"] ?? {}))
    .filter(([, count]) => count > 0).map(([name]) => name);
  return {
    rounds,
    rows: [
      { metric: "longest silence of the short chats", unit: "ms", ours: OURS, peer: PEER, goal: "silence" },
      { metric: "first token of the long prompt", unit: "ms", ours: OURS, peer: PEER, goal: "longFirstToken" },
    ],
    notes: [
      "SmolLM2, -np 8, -c 16384",
      ...[...new Set(early)].map((name) =>
        `${name} ended a short chat before the long prompt was done: it does not follow ignore_eos`
      ),
      ...notes,
    ],
  };
}

function mixedRun(server: Server): Run {
  return {
    contender: server.name,
    measure: async (round) => {
      const leave = new AbortController();
      const ready = Array.from({ length: SHORT_CHATS }, () => Promise.withResolvers<void>());
      const short = ready.map(async ({ resolve }, index) => {
        const body = chat(uniqueWords(24, `mixed ${round} ${index}`), { tokens: SHORT_TOKENS });
        const onText = (chunks: number): void => void (chunks === UNDER_WAY && resolve());
        const answer = await streamAnswer(server.url, body, { signal: leave.signal, onText });
        resolve();
        return answer;
      });
      try {
        await Promise.race([Promise.all(ready.map(({ promise }) => promise)), Promise.all(short)]);
        const long = await streamAnswer(server.url, chat(uniqueWords(LONG, `mixed long ${round}`), { tokens: 8 }));
        leave.abort();
        const chats = await Promise.all(short);
        const span = { from: long.started, to: long.times[0] ?? long.ended };
        return {
          "longest silence of the short chats": longestSilence(chats, span),
          "first token of the long prompt": firstTokenMs(long),
          "short chats that ended early": chats.filter(({ ended }) => ended < span.to).length,
        };
      } finally {
        leave.abort();
        await Promise.allSettled(short);
      }
    },
  };
}
