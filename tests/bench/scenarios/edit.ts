import { decodeSpeed, decodeSpeedByServer } from "../answer_metrics.ts";
import { type Bench, MODELS } from "../bench.ts";
import type { GoalName } from "../goals.ts";
import { type Run, runPaired, type Trial } from "../paired.ts";
import { chat, type ChatBody, storyPrompt } from "../prompts.ts";
import { joinOutcomes, type Outcome, type RowSpec, type Scenario } from "../scenario.ts";
import { OURS, PEER, type Server, startServers } from "../servers.ts";
import { streamAnswer } from "../stream_client.ts";
import { COPIES, EDITS } from "./edit_prompts.ts";

/** Beyond the copied code the model talks on; this many tokens end about there. */
const EDIT_TOKENS = 165;
const STORY_TOKENS = 192;

/** Where speculation pays, and where it must not cost. */
export const edit: Scenario = {
  name: "edit",
  about: "code that the model copies, and text where nothing can be guessed",
  run,
};

interface Task {
  name: string;
  goal: GoalName;
  body(round: number): ChatBody;
}

function tasksOf(short: keyof typeof MODELS, { smoke }: Bench): Task[] {
  const tokens = (most: number): { tokens: number } => ({ tokens: smoke ? 24 : most });
  const story = (round: number, temperature: number): ChatBody =>
    chat(storyPrompt(round), { ...tokens(STORY_TOKENS), temperature, seed: round });
  const copy: Task = {
    name: `${short}: copy`,
    goal: "copying",
    body: () => ({ prompt: COPIES[short], max_tokens: smoke ? 24 : EDIT_TOKENS, temperature: 0 }),
  };
  // Stories by a base model soon repeat themselves.
  if (short === "Gemma") return [copy];
  return [
    copy,
    ...Object.entries(EDITS).map(([name, prompt]): Task => ({
      name,
      goal: "copying",
      // Nothing after the end of the answer: the model would repeat itself there, which is easy to guess.
      body: () => chat(prompt, { ...tokens(EDIT_TOKENS), ignore_eos: false }),
    })),
    { name: "story, greedy", goal: "nothingToGuess", body: (round) => story(round, 0) },
    { name: "story, temperature 0.8", goal: "nothingToGuess", body: (round) => story(round, 0.8) },
  ];
}

async function run(bench: Bench): Promise<Outcome> {
  return joinOutcomes([await runModel(bench, "SmolLM2"), await runModel(bench, "Gemma")]);
}

async function runModel(bench: Bench, short: keyof typeof MODELS): Promise<Outcome> {
  const model = await bench.model(MODELS[short]);
  await using servers = await startServers(bench, { model, context: 4096, parallel: 1 }, { withPlain: true });
  const tasks = tasksOf(short, bench);
  const trials = tasks.map(({ name, body }): Trial => ({
    name,
    runs: servers.all.map((server) => taskRun(server, name, body)),
  }));
  const { rounds, notes } = await runPaired(bench, trials, { servers: servers.all });
  const { plain } = servers;
  const rows = tasks.flatMap(({ name, goal }): RowSpec[] => [
    ...(plain.name === OURS ? [] : [{ metric: `${name}: decode`, unit: "tok/s", ours: OURS, peer: plain.name, goal }]),
    { metric: `${name}: decode`, unit: "tok/s", ours: OURS, peer: PEER, ...(goal === "copying" ? { goal } : {}) },
    { metric: `${name}: guesses taken`, unit: "of guesses", ours: OURS },
  ]);
  return { rounds, rows, notes: [`${short}, -np 1, -c 4096`, ...servers.notes, ...notes] };
}

function taskRun(server: Server, name: string, body: (round: number) => ChatBody): Run {
  return {
    contender: server.name,
    measure: async (round) => {
      const answer = await streamAnswer(server.url, body(round));
      const { draft_n = 0, draft_n_accepted = 0 } = answer.timings ?? {};
      return {
        [`${name}: decode`]: decodeSpeed(answer),
        [`${name}: decode, server's clock`]: decodeSpeedByServer(answer),
        [`${name}: tokens`]: answer.completionTokens,
        ...(draft_n === 0 ? {} : { [`${name}: guesses taken`]: draft_n_accepted / draft_n }),
      };
    },
  };
}
