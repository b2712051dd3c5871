import { freePort, type ServerProcess, spawn } from "../server_process.ts";
import { streamChat } from "../sse_client.ts";
import { decodeSpeed } from "./answer_metrics.ts";
import { streamAnswer } from "./stream_client.ts";

/** One of the programs compared. */
export interface Contender {
  name: "packllama" | "llama-server";
  /** The command line that serves the model at a port. */
  command(port: number): [executable: string, args: string[]];
}

/** What one round measures of one program. */
export interface ServeResult {
  /** Milliseconds from exec to the first `/health` that is 200, and to the first token of a request sent as soon as that is possible. */
  healthMs: number;
  firstTokenMs: number;
  /** Tokens a second. */
  decode: number;
  prefill: number;
  /** Resident memory after the requests, in MB of 10⁶ bytes. */
  rssMb: number;
}

const DECODE_TOKENS = 192;
const PREFILL_WORDS = 900;
const POLL_MS = 2;

/** Starts the program twice, once for each start-up time, and measures the second one while it runs. */
export async function measureServing(contender: Contender, round: number): Promise<ServeResult> {
  const healthMs = await measure(contender, async ({ url }, started) => {
    await poll(async () => (await fetch(`${url}/health`)).ok);
    return performance.now() - started;
  });
  return await measure(contender, async ({ url, pid }, started) => {
    const first = await firstAnswer(url);
    const firstTokenMs = (first.times[0] ?? NaN) - started;
    const decode = await measureDecode(url);
    const prefill = await prefillSpeed(url, round);
    return { healthMs, firstTokenMs, decode, prefill, rssMb: residentMegabytes(pid) };
  });
}

async function measure<T>(
  contender: Contender,
  run: (server: ServerProcess, started: number) => Promise<T>,
): Promise<T> {
  const port = freePort();
  const [executable, args] = contender.command(port);
  const started = performance.now();
  await using server = spawn(executable, args);
  return await run({ ...server, url: `http://127.0.0.1:${port}` }, started);
}

/** Asks until an answer comes: a request that arrives while the model loads is refused. */
async function firstAnswer(url: string): ReturnType<typeof streamChat> {
  let answer: Awaited<ReturnType<typeof streamChat>> | undefined;
  await poll(async () => {
    answer = await streamChat(url, { messages: [{ role: "user", content: "Hi" }], temperature: 0, max_tokens: 1 });
    return true;
  });
  if (answer === undefined) throw new Error("No answer");
  return answer;
}

async function poll(attempt: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 10_000; tries++) {
    try {
      if (await attempt()) return;
    } catch {
      // Not listening yet, or loading.
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error("The server was never ready");
}

async function measureDecode(url: string): Promise<number> {
  const content = "Write a long story about a lighthouse keeper and the sea.";
  // A chunk of text may be several tokens.
  return decodeSpeed(
    await streamAnswer(url, {
      messages: [{ role: "user", content }],
      temperature: 0,
      max_tokens: DECODE_TOKENS,
    }),
  );
}

async function prefillSpeed(url: string, round: number): Promise<number> {
  // Words that no earlier round has sent, so that no cache helps.
  const words = Array.from(
    { length: PREFILL_WORDS },
    (_, i) => WORDS[(i * 7 + round * 13 + (i * i) % 11) % WORDS.length],
  );
  const content = `${round} ${words.join(" ")}`;
  const started = performance.now();
  const answer = await streamChat(url, { messages: [{ role: "user", content }], temperature: 0, max_tokens: 1 });
  // The one token may be the end of the answer, which has no text: the end of the stream counts.
  return answer.promptTokens / ((performance.now() - started) / 1000);
}

const WORDS =
  "sea light keeper storm wave night ship rock tower lamp wind bird salt rope glass stone door stair book letter fire coast"
    .split(" ");

/** Resident memory of a process and of those that it started, from /proc. */
function residentMegabytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1024 / 1e6;
}
