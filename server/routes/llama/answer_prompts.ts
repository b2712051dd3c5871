import type { Context } from "hono";
import type { Engine, GenerateEvent, GenerateInput, ModelInfo } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import type { AppEnv, AppOptions } from "../../app_input.ts";
import { expectText } from "../../expect_text.ts";
import { generateAll } from "../../generate_all.ts";
import { startGeneration, STREAM_PATIENCE_MS } from "../../generation.ts";
import type { LlamaGeneration } from "../../schemas/llama/mod.ts";
import { sseResponse } from "../../sse.ts";
import { sseMessage } from "../../sse_message.ts";
import { type AnswerWatch, watchAnswer } from "../../watch_answer.ts";
import { toConstraint } from "../to_constraint.ts";
import { toGenerateInput } from "../to_generate_input.ts";
import type { Spent } from "../to_usage.ts";
import { toGenerationSettings } from "./generation_settings.ts";
import { LlamaAnswer } from "./llama_answer.ts";
import { pickFields } from "./pick_fields.ts";
import type { ReadPrompt } from "./read_prompt.ts";
import { withoutAnswer } from "./without_answer.ts";

/** The longest that a timer waits: about 25 days. */
const NEVER_MS = 2 ** 31 - 1;

/** Prompts, how they are to be answered, and by whom. */
export interface AskedPrompts {
  engine: Engine;
  model: ModelInfo;
  options: AppOptions;
  request: LlamaGeneration;
  /** At least one. */
  prompts: ReadPrompt[];
}

/** Answers prompts in llama-server's own shape: as one object, an array of several, or a stream, which has no `[DONE]`. */
export async function answerPrompts(c: Context<AppEnv>, asked: AskedPrompts): Promise<Response> {
  const { engine, request } = asked;
  const constraint = await toConstraint(request);
  const inputs = asked.prompts.map((prompt) =>
    toInput(prompt, asked, { grammar: constraint.grammar, address: c.env?.address })
  );
  const ignoresEos = inputs.some(({ sampling }) => sampling.ignoreEos);
  const banned = ignoresEos ? await engine.endTokens() : [];
  const grammar = request.grammar || await grammarText(constraint.grammar);
  const answers = inputs.flatMap((input, index) => toAnswers(input, { ...asked, index, banned, grammar }));
  const generate = generateAll(engine, inputs);
  const watch = limitOf(request) === 0 ? undefined : await watchAnswer(c, constraint, answers.length);
  const { events, abort } = await startGeneration(limitOf(request) === 0 ? withoutAnswer(generate) : generate, {
    signals: [c.req.raw.signal, c.env?.stop],
    promptParam: "prompt",
    patienceMs: request.stream ? STREAM_PATIENCE_MS : undefined,
  });
  const paths = request.response_fields ?? [];
  const finals = (spent: Spent): object[] =>
    answers.map((answer) => answer.final(spent)).map((final) => paths.length === 0 ? final : pickFields(final, paths));
  if (!request.stream) {
    const results = finals(await collect(events, { answers, watch }));
    watch?.check();
    return c.json(results.length === 1 ? results[0] : results);
  }
  const write = (given: GenerateEvent): string => {
    const event = expectText(given);
    watch?.add(event);
    if (event.type === "done") {
      const outcome = watch?.outcome;
      return finals(event).map((final) => sseMessage({ ...final, ...outcome })).join("");
    }
    const answer = answerOf(answers, event.index);
    answer.add(event);
    return event.type === "text" ? sseMessage(answer.chunk(event)) : "";
  };
  return sseResponse({ events, write }, { last: "", onCancel: abort, keepAliveMs: keepAliveMs(request) });
}

function toInput(
  { tokens }: ReadPrompt,
  { model, options, request }: AskedPrompts,
  { grammar, address }: { grammar: GenerateInput["grammar"]; address: string | undefined },
): GenerateInput {
  const limit = limitOf(request);
  // Which tokens there are, the engine tells with their log-probabilities alone.
  const withTokens = probabilitiesOf(request) > 0 || request.return_tokens || request.stream;
  return toGenerateInput(
    { ...request, n: request.n_cmpl ?? request.n, max_completion_tokens: limit === 0 ? 1 : limit },
    {
      prompt: { kind: "tokens", tokens },
      grammar,
      options,
      vocabularySize: model.vocabularySize,
      logprobs: withTokens ? probabilitiesOf(request) : undefined,
      address,
    },
  );
}

/** A grammar that was made of something else, in llama.cpp's notation. */
async function grammarText(grammar: GenerateInput["grammar"]): Promise<string> {
  if (grammar === undefined) return "";
  const { writeGbnf } = await import("../../../lib/grammar/mod.ts");
  return writeGbnf(grammar);
}

/** The answers to the prompt of that index; all prompts have equally many. */
function toAnswers(
  input: GenerateInput,
  { model, options, request, prompts, index, banned, grammar }: AskedPrompts & {
    index: number;
    banned: number[];
    grammar: string;
  },
): LlamaAnswer[] {
  const prompt = prompts[index] ?? { tokens: [], text: "" };
  const choices = input.choices ?? 1;
  const asked = { ...request, n_probs: probabilitiesOf(request) };
  const settings = toGenerationSettings(input, {
    limit: limitOf(request) ?? options.maxTokens ?? -1,
    grammar,
    request: asked,
    banned,
  });
  return Array.from({ length: choices }, (_, choice) =>
    new LlamaAnswer({
      index: index * choices + choice,
      prompt,
      model: model.id,
      contextLength: model.contextLength,
      settings,
      request: asked,
    }));
}

/** Tokens that an answer may have, if the request says so; -1 as many as there is room for. */
function limitOf({ n_predict, max_completion_tokens, max_tokens }: LlamaGeneration): number | undefined {
  return n_predict ?? max_completion_tokens ?? max_tokens ?? undefined;
}

function probabilitiesOf({ n_probs, logprobs }: LlamaGeneration): number {
  return n_probs ?? logprobs ?? 0;
}

function keepAliveMs({ sse_ping_interval: seconds }: LlamaGeneration): number | undefined {
  if (seconds === undefined || seconds === null) return undefined;
  return seconds > 0 ? Math.min(seconds * 1000, NEVER_MS) : NEVER_MS;
}

async function collect(
  events: AsyncIterable<GenerateEvent>,
  { answers, watch }: { answers: LlamaAnswer[]; watch: AnswerWatch | undefined },
): Promise<Spent> {
  for await (const given of events) {
    const event = expectText(given);
    watch?.add(event);
    if (event.type === "done") return event;
    answerOf(answers, event.index).add(event);
  }
  throw new EngineError("internal", "An answer ended without its last event");
}

function answerOf(answers: LlamaAnswer[], index: number): LlamaAnswer {
  const answer = answers[index];
  if (answer === undefined) {
    throw new EngineError("internal", `The engine gave the choice ${index} of ${answers.length}`);
  }
  return answer;
}
