import { Hono } from "hono";
import type * as z from "zod";
import type { AppEnv } from "../../../server/app_input.ts";
import { parseBody } from "../../../server/parse_body.ts";
import { MessageRequest } from "../../../server/schemas/anthropic/mod.ts";
import { LlamaCompletionRequest } from "../../../server/schemas/llama/mod.ts";
import { ChatCompletionRequest, CompletionRequest, EmbeddingRequest } from "../../../server/schemas/mod.ts";
import { ChatRequest } from "../../../server/schemas/ollama/mod.ts";
import { ResponseRequest } from "../../../server/schemas/responses/mod.ts";
import type { Bench } from "../bench.ts";
import { type Run, runPaired } from "../paired.ts";
import { uniqueWords } from "../prompts.ts";
import type { Outcome, RowSpec, Scenario } from "../scenario.ts";
import { OURS } from "../servers.ts";
import { percentile } from "../statistics.ts";

const BYTES = 1_000_000;
/** Bodies parsed in each round. */
const TIMES = 40;

interface Body {
  name: string;
  schema: z.ZodType;
  /** What is asked, of about that many bytes. */
  make(bytes: number): object;
}

/** A conversation that ends with a word of the user's, in so many turns. */
function turns(bytes: number, count: number): { role: string; content: string }[] {
  const content = uniqueWords(Math.round(bytes / count / 6), "bodies");
  return Array.from({ length: count }, (_, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content }));
}

const MANY = 10_001;
const BODIES: readonly Body[] = [
  { name: "chat, 1 message", schema: ChatCompletionRequest, make: (bytes) => ({ messages: turns(bytes, 1) }) },
  {
    name: `chat, ${MANY} messages`,
    schema: ChatCompletionRequest,
    make: (bytes) => ({ messages: turns(bytes / 2, MANY) }),
  },
  {
    name: "completions, tokens",
    schema: CompletionRequest,
    make: (bytes) => ({ prompt: Array.from({ length: bytes / 6 }, (_, i) => 10_000 + i % 30_000) }),
  },
  {
    name: "embeddings, 2000 texts",
    schema: EmbeddingRequest,
    make: (bytes) => ({ input: turns(bytes, 2000).map(({ content }) => content) }),
  },
  { name: "responses, 1 text", schema: ResponseRequest, make: (bytes) => ({ input: turns(bytes, 1)[0]?.content }) },
  { name: `responses, ${MANY} items`, schema: ResponseRequest, make: (bytes) => ({ input: turns(bytes / 2, MANY) }) },
  {
    name: `Anthropic, ${MANY} messages`,
    schema: MessageRequest,
    make: (bytes) => ({ max_tokens: 1, messages: turns(bytes / 2, MANY) }),
  },
  { name: `Ollama, ${MANY} messages`, schema: ChatRequest, make: (bytes) => ({ messages: turns(bytes / 2, MANY) }) },
  {
    name: "llama-server, texts and tokens",
    schema: LlamaCompletionRequest,
    make: (bytes) => ({
      prompt: Array.from({ length: bytes / 7 }, (_, i) => i % 200 === 0 ? "word" : 10_000 + i % 30_000),
    }),
  },
];

/** What a prompt of a megabyte costs before the engine hears of it. */
export const bodies: Scenario = {
  name: "bodies",
  about: "bodies of 1 MB: read as text, parsed, checked, and looked through for what no schema takes",
  run,
};

async function run(bench: Bench): Promise<Outcome> {
  const longest: number[] = [];
  const sizes: number[] = [];
  const runs = BODIES.map((body) => {
    const text = JSON.stringify(body.make(BYTES));
    sizes.push(text.length);
    return bodyRun(body, { text, times: bench.smoke ? 2 : TIMES, longest });
  });
  const { rounds, notes } = await runPaired(bench, [{ name: "body", runs }]);
  const rows = BODIES.flatMap(({ name }): RowSpec[] => [
    { metric: `${name}, p50`, unit: "ms", ours: OURS, goal: "bodyMs" },
    { metric: `${name}, max`, unit: "ms", ours: OURS, goal: "bodyMs" },
  ]);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)].map((size) => (size / 1e6).toFixed(2));
  const about = `${least} to ${most} MB, ${bench.smoke ? 2 : TIMES} of each a round; ` +
    `the longest of all, with those that warmed up: ${Math.max(...longest).toFixed(1)} ms`;
  return { rounds, rows, notes: [about, ...notes] };
}

/** `parseBody` alone, with a body that is there already. */
function bodyRun(
  { name, schema }: Body,
  { text, times, longest }: { text: string; times: number; longest: number[] },
): Run {
  const taken: number[] = [];
  const app = new Hono<AppEnv>().post("/", async (c) => {
    const started = performance.now();
    await parseBody(c, schema);
    taken.push(performance.now() - started);
    return c.body(null);
  });
  return {
    contender: OURS,
    measure: async () => {
      taken.length = 0;
      while (taken.length < times) {
        const response = await app.request("/", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: text,
        });
        if (response.status !== 200) throw new Error(`${name}: ${await response.text()}`);
      }
      const max = Math.max(...taken);
      longest.push(max);
      return { [`${name}, p50`]: percentile(taken, 0.5), [`${name}, max`]: max };
    },
  };
}
