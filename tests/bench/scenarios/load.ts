import { type Bench, MODELS } from "../bench.ts";
import { type Run, runPaired } from "../paired.ts";
import { chat, storyPrompt } from "../prompts.ts";
import type { Outcome, RowSpec, Scenario } from "../scenario.ts";
import { OURS, PEER, type Server, startServers } from "../servers.ts";
import { streamAnswer } from "../stream_client.ts";

const QUIET = "decode, quiet";
const LOADED = "decode beside a busy loop per core";
const SHARE = "share of the quiet speed that is left";
/** At a collapsed speed of 2 tokens a second, an answer is given up after this long. */
const GIVE_UP_MS = 20_000;

/** What is left when others take the cores. */
export const load: Scenario = {
  name: "load",
  about: "decode speed beside one busy loop per core, against its own quiet speed",
  run,
};

async function run(bench: Bench): Promise<Outcome> {
  const model = await bench.model(MODELS.SmolLM2);
  await using servers = await startServers(bench, { model, context: 4096, parallel: 1 }, { withPlain: true });
  const { plain, peer } = servers;
  const runs = (peer === undefined ? [plain] : [plain, peer]).map((server) => loadRun(server, bench.smoke ? 16 : 96));
  const { rounds, notes } = await runPaired(bench, [{ name: "busy loops", runs }], { servers: servers.all });
  const ours = plain.name;
  const rows: RowSpec[] = [
    { metric: LOADED, unit: "tok/s", ours, peer: PEER },
    { metric: QUIET, unit: "tok/s", ours, peer: PEER },
    { metric: SHARE, unit: "", ours, peer: PEER, goal: "load" },
  ];
  const which = ours === OURS ? [] : ["without speculation"];
  return { rounds, rows, notes: [["SmolLM2", "-np 1", "-c 4096", ...which].join(", "), ...servers.notes, ...notes] };
}

function loadRun(server: Server, tokens: number): Run {
  return {
    contender: server.name,
    measure: async (round) => {
      const quiet = await decode(server, { round, tokens });
      using _loops = startBusyLoops(navigator.hardwareConcurrency);
      const loaded = await decode(server, { round, tokens });
      return { [QUIET]: quiet, [LOADED]: loaded, [SHARE]: loaded / quiet };
    },
  };
}

/** Tokens a second from the first to the last that came in time; of an answer that was given up, the chunks that did. */
async function decode(server: Server, { round, tokens }: { round: number; tokens: number }): Promise<number> {
  const signal = AbortSignal.timeout(GIVE_UP_MS);
  const { times, completionTokens } = await streamAnswer(server.url, chat(storyPrompt(round), { tokens }), { signal });
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || first === last) return 1000 / GIVE_UP_MS;
  return (completionTokens - 1) / (last - first) * 1000;
}

/** Processes that each keep a core busy until the scope ends. */
function startBusyLoops(count: number): Disposable {
  const loops = Array.from(
    { length: count },
    () => new Deno.Command("sh", { args: ["-c", "while :; do :; done"], stdin: "null" }).spawn(),
  );
  return { [Symbol.dispose]: () => loops.forEach((loop) => loop.kill("SIGKILL")) };
}
