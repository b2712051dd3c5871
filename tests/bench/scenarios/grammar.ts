import { decodeSpeed, decodeSpeedByServer } from "../answer_metrics.ts";
import { type Bench, MODELS } from "../bench.ts";
import type { GoalName } from "../goals.ts";
import { type Run, runPaired, type Trial } from "../paired.ts";
import { chat, type ChatBody, storyPrompt } from "../prompts.ts";
import { joinOutcomes, type Outcome, type RowSpec, type Scenario } from "../scenario.ts";
import { OURS, PEER, type Server, startServers } from "../servers.ts";
import { streamAnswer } from "../stream_client.ts";

/** Ours, asked the same without a schema or grammar, and without guesses: small models soon repeat themselves, which is easy to guess. */
const FREE = "packllama, unconstrained";
const TOKENS = 128;

/** What holding an answer to a grammar costs, and what keys bring that must come. */
export const grammar: Scenario = {
  name: "grammar",
  about: "answers held to a JSON schema or a grammar, beside unconstrained ones",
  run,
};

/** Long enough that the answer does not end before its tokens do; llama-server takes no more repetitions than 2,000. */
const STORY = object({ story: { type: "string", minLength: 700 } });

const PERSON = object({
  full_name: { type: "string", pattern: "^[A-Za-z ]{3,12}$" },
  favourite_colour: { enum: ["red", "green", "blue", "yellow"] },
  age_in_years: { type: "integer", minimum: 1, maximum: 120 },
  lives_in_a_big_city: { type: "boolean" },
  number_of_children: { type: "integer", minimum: 0, maximum: 12 },
});

/** By name, what each asks for besides the text. */
const TASKS = {
  // What a grammar costs shows without guesses.
  "text in JSON": { response_format: format(STORY), speculation: false },
  // Every capital letter, digit and line break that the model would write is refused.
  "small letters": { grammar: "root ::= [a-z ,.]{700,}", speculation: false },
  "forced keys": { response_format: format({ type: "array", items: PERSON, minItems: 20 }) },
} as const;

type TaskName = keyof typeof TASKS;

const TEMPERATURES = [0, 0.8];

async function run(bench: Bench): Promise<Outcome> {
  return joinOutcomes([await runModel(bench, "SmolLM2"), await runModel(bench, "Gemma")]);
}

async function runModel(bench: Bench, short: keyof typeof MODELS): Promise<Outcome> {
  const model = await bench.model(MODELS[short]);
  await using servers = await startServers(bench, { model, context: 4096, parallel: 1 });
  const { ours, peer } = servers;
  const trials = eachTask(short, ({ name, task, temperature }): Trial => {
    const body = (round: number): ChatBody =>
      chat(storyPrompt(round), { tokens: bench.smoke ? 24 : TOKENS, temperature, seed: round });
    const held = (round: number): ChatBody => ({ ...body(round), ...TASKS[task] });
    return {
      name,
      runs: [
        taskRun({ ...ours, name: FREE }, name, (round) => ({ ...body(round), speculation: false })),
        taskRun(ours, name, held),
        ...(peer === undefined ? [] : [taskRun(peer, name, held)]),
      ],
    };
  });
  const { rounds, notes } = await runPaired(bench, trials, { servers: servers.all });
  const rows = eachTask(short, ({ name, task }): RowSpec[] => [
    { metric: `${name}: decode`, unit: "tok/s", ours: OURS, peer: FREE, goal: goalOf(short, task) },
    { metric: `${name}: decode`, unit: "tok/s", ours: OURS, peer: PEER },
  ]);
  return { rounds, rows: rows.flat(), notes: [`${short}, -np 1, -c 4096`, ...servers.notes, ...notes] };
}

function eachTask<Result>(
  short: string,
  make: (task: { name: string; task: TaskName; temperature: number }) => Result,
): Result[] {
  // They are keys of TASKS.
  const tasks = Object.keys(TASKS) as TaskName[];
  return TEMPERATURES.flatMap((temperature) =>
    tasks.map((task) => make({ name: `${short}: ${task}, temperature ${temperature}`, task, temperature }))
  );
}

function goalOf(short: keyof typeof MODELS, task: TaskName): GoalName {
  if (task === "forced keys") return "forcedKeys";
  return short === "Gemma" ? "grammarLarge" : "grammar";
}

function taskRun(server: Pick<Server, "name" | "url">, name: string, body: (round: number) => ChatBody): Run {
  return {
    contender: server.name,
    measure: async (round) => {
      const answer = await streamAnswer(server.url, body(round));
      return {
        [`${name}: decode`]: decodeSpeed(answer),
        [`${name}: decode, server's clock`]: decodeSpeedByServer(answer),
        [`${name}: tokens`]: answer.completionTokens,
      };
    },
  };
}

function object(properties: Record<string, unknown>): Record<string, unknown> {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

function format(schema: Record<string, unknown>): Record<string, unknown> {
  return { type: "json_schema", json_schema: { name: "answer", schema, strict: true } };
}
