import { aggregateSpeed, decodeOnlySpeed, latencies } from "../answer_metrics.ts";
import { type Bench, MODELS } from "../bench.ts";
import type { GoalName } from "../goals.ts";
import { llamaBatchedBench } from "../llama_bench.ts";
import { noteShortAnswers, type Run, runPaired, type Trial } from "../paired.ts";
import { chat, uniqueWords } from "../prompts.ts";
import { runClients } from "../run_clients.ts";
import type { Outcome, RowSpec, Scenario } from "../scenario.ts";
import { OURS, PEER, type Server, type Servers, startServers } from "../servers.ts";

const BATCHED = "llama-batched-bench";
const SLOTS = 8;
const ANSWER = 96;
const SMOKE_ANSWER = 16;
const PROMPT = 64;
/** With the chat template's tokens around them, a prompt of about 64. */
const PROMPT_WORDS = 33;
const KINDS = { greedy: 0, "temperature 0.8": 0.8 } as const;

/** Eight clients at once, and llama-batched-bench beside our decoding alone. */
export const clients8: Scenario = clientsScenario(8, { requests: 3, goal: "clients8" });

/** More clients than slots. */
export const clients32: Scenario = clientsScenario(32, { requests: 1, goal: "clients32" });

function clientsScenario(clients: number, options: { requests: number; goal: GoalName }): Scenario {
  return {
    name: `clients${clients}`,
    about: `${clients} clients at once, ${options.requests} requests each, one after another`,
    run: (bench) => run(bench, { clients, ...options }),
  };
}

async function run(
  bench: Bench,
  { clients, requests, goal }: { clients: number; requests: number; goal: GoalName },
): Promise<Outcome> {
  const model = await bench.model(MODELS.SmolLM2);
  const withPlain = clients === SLOTS;
  const answer = bench.smoke ? SMOKE_ANSWER : ANSWER;
  const perClient = bench.smoke ? 1 : requests;
  await using servers = await startServers(bench, { model, context: 4096, parallel: SLOTS }, { withPlain });
  const trials = [
    ...Object.entries(KINDS).map(([kind, temperature]) => ({
      name: kind,
      runs: [servers.ours, servers.peer].filter((server) => server !== undefined)
        .map((server) => loadRun(server, { kind, temperature, clients, requests: perClient, answer })),
    })),
    ...(clients === SLOTS ? [decodeOnlyTrial(bench, servers, { model, answer })] : []),
  ];
  const { rounds, notes } = await runPaired(bench, trials, { servers: servers.all });
  const settings = `SmolLM2, -np ${SLOTS}, -c 4096, prompts of about ${PROMPT} tokens, answers of ${answer}`;
  const asked = clients * perClient * answer;
  const short = Object.keys(KINDS).flatMap((kind) => noteShortAnswers(rounds, `tokens, ${kind}`, asked));
  return { rounds, rows: rowsOf(goal, servers.plain.name), notes: [settings, ...servers.notes, ...short, ...notes] };
}

function loadRun(
  server: Server,
  { kind, temperature, clients, requests, answer }: {
    kind: string;
    temperature: number;
    clients: number;
    requests: number;
    answer: number;
  },
): Run {
  return {
    contender: server.name,
    measure: async (round) => {
      const body = (client: number, request: number): Record<string, unknown> =>
        chat(uniqueWords(PROMPT_WORDS, `${kind} ${round} ${client} ${request}`), {
          tokens: answer,
          temperature,
          seed: client,
        });
      const answers = await runClients(server.url, { clients, requests, body });
      const { first50, first99, gap50, gap99 } = latencies(answers);
      return {
        [`aggregate, ${kind}`]: aggregateSpeed(answers),
        [`first token p50, ${kind}`]: first50,
        [`first token p99, ${kind}`]: first99,
        [`between tokens p50, ${kind}`]: gap50,
        [`between tokens p99, ${kind}`]: gap99,
        [`tokens, ${kind}`]: answers.reduce((sum, { completionTokens }) => sum + completionTokens, 0),
      };
    },
  };
}

/** Eight requests at once, looked at only while all of them decode: what llama-batched-bench measures without a server. */
function decodeOnlyTrial(
  bench: Bench,
  { all, plain, ours }: Servers,
  { model, answer }: { model: string; answer: number },
): Trial {
  const metric = "decode-only aggregate, greedy";
  const runs: Run[] = all.filter((server) => server === plain || server !== ours).map((server) => ({
    contender: server.name,
    measure: async (round) => {
      const body = (client: number): Record<string, unknown> =>
        chat(uniqueWords(PROMPT_WORDS, `decode ${round} ${client}`), { tokens: answer });
      return { [metric]: decodeOnlySpeed(await runClients(server.url, { clients: SLOTS, requests: 1, body })) };
    },
  }));
  const bin = bench.peerBin;
  if (bin !== undefined) {
    const sizes = { prompt: PROMPT, generate: answer, parallel: SLOTS };
    runs.push({
      contender: BATCHED,
      measure: async () => ({ [metric]: await llamaBatchedBench({ bin, model, threads: bench.threads }, sizes) }),
    });
  }
  return { name: "decode only", runs };
}

function rowsOf(goal: GoalName, plain: string): RowSpec[] {
  const kinds = Object.keys(KINDS).flatMap((kind): RowSpec[] => [
    { metric: `aggregate, ${kind}`, unit: "tok/s", ours: OURS, peer: PEER, goal },
    ...["first token p50", "first token p99", "between tokens p50", "between tokens p99"].map((what) => ({
      metric: `${what}, ${kind}`,
      unit: "ms",
      ours: OURS,
      peer: PEER,
    })),
  ]);
  const metric = "decode-only aggregate, greedy";
  return [
    ...kinds,
    { metric, unit: "tok/s", ours: plain, peer: BATCHED, goal: "decodeOnly" },
    { metric, unit: "tok/s", ours: plain, peer: PEER },
  ];
}
