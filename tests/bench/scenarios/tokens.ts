import { fileURLToPath } from "node:url";
import { startLlamafile } from "../../server_process.ts";
import type { Bench } from "../bench.ts";
import type { Pace } from "../pace.ts";
import { type Run, runPaired } from "../paired.ts";
import { mainThreadMicroseconds } from "../process_stat.ts";
import { type Outcome, type RowSpec, type Scenario, skip } from "../scenario.ts";
import { OURS } from "../servers.ts";

const STREAMS = 8;
/** Of each stream, by how they come: each takes one to two seconds. */
const TOKENS: Record<Pace, number> = { stepped: 600, flood: 4000 };
const PACES: readonly Pace[] = ["stepped", "flood"];

const chat = { messages: [{ role: "user", content: "Hi" }], stream: true };
/** All ways to stream, by what the table calls them. */
const ROUTES: Record<string, { path: string; body: object }> = {
  "chat completions": { path: "/v1/chat/completions", body: chat },
  "chat completions, 5 logprobs": { path: "/v1/chat/completions", body: { ...chat, logprobs: true, top_logprobs: 5 } },
  completions: { path: "/v1/completions", body: { prompt: "Hi", stream: true } },
  responses: { path: "/v1/responses", body: { input: "Hi", stream: true, store: false } },
  "Anthropic messages": { path: "/v1/messages", body: { ...chat, max_tokens: 5 } },
  "Ollama chat": { path: "/api/chat", body: chat },
  "llama-server completion": { path: "/completion", body: { prompt: "Hi", stream: true } },
};

/** What a streamed token costs the main thread, from the engine's event to the socket. */
export const tokens: Scenario = {
  name: "tokens",
  about: `main-thread time per token of ${STREAMS} streams from an engine that has no work`,
  run,
};

async function run(bench: Bench): Promise<Outcome> {
  if (Deno.build.os !== "linux") return skip("the kernel's count of a thread's time is read from Linux's /proc");
  const trials = [];
  await using servers = new AsyncDisposableStack();
  for (const pace of PACES) {
    const each = tokensOf(pace, bench);
    const { url, pid } = servers.use(await startFake(pace, each));
    const runs = Object.entries(ROUTES).map(([name, route]) =>
      routeRun({ url, pid }, { name, pace, tokens: each, ...route })
    );
    trials.push({ name: pace, runs });
  }
  const { rounds, notes } = await runPaired(bench, trials);
  const rows = PACES.flatMap((pace) =>
    Object.keys(ROUTES).map((name): RowSpec => ({
      metric: metricOf(name, pace),
      unit: "µs",
      ours: OURS,
      goal: "tokenMicroseconds",
    }))
  );
  const [stepped, flood] = PACES.map((pace) => tokensOf(pace, bench));
  const paces = `stepped: a token for each stream every 2 ms, ${stepped} each; flood: ${flood} each at once`;
  return { rounds, rows, notes: [`${paces}; requests, heads and the fake engine's own work are in it`, ...notes] };
}

function tokensOf(pace: Pace, { smoke }: Bench): number {
  return smoke ? 50 : TOKENS[pace];
}

function startFake(pace: Pace, tokens: number): ReturnType<typeof startLlamafile> {
  const script = fileURLToPath(new URL("../fake_server.ts", import.meta.url));
  const options = ["--pace", pace, "--streams", String(STREAMS), "--tokens", String(tokens)];
  return startLlamafile(Deno.execPath(), { args: ["run", "-A", "--quiet", script, ...options] });
}

function routeRun(
  { url, pid }: { url: string; pid: number },
  { name, pace, tokens, path, body }: { name: string; pace: Pace; tokens: number; path: string; body: object },
): Run {
  return {
    contender: OURS,
    measure: async () => {
      const before = mainThreadMicroseconds(pid);
      const answers = await Promise.all(Array.from({ length: STREAMS }, () => readAnswer(url + path, body)));
      const spent = mainThreadMicroseconds(pid) - before;
      for (const answer of answers) {
        const said = answer.split(" word").length - 1;
        if (said < tokens) throw new Error(`${name}: ${said} tokens of ${tokens}: ${answer.slice(0, 400)}`);
      }
      return { [metricOf(name, pace)]: spent / STREAMS / tokens };
    },
  };
}

async function readAnswer(url: string, body: object): Promise<string> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return await response.text();
}

function metricOf(name: string, pace: Pace): string {
  return `${name}, ${pace}`;
}
