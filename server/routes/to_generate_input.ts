import type { ChatMessage as EngineMessage, GenerateInput, Sampling } from "../../lib/engine/mod.ts";
import type { AppOptions } from "../app_input.ts";
import type { ChatCompletionRequest, ChatMessage, SamplingParameters } from "../schemas/mod.ts";

/** How many seeds there are: llama.cpp takes 32 bits and reserves the highest to draw one. */
const SEEDS = 2 ** 32 - 1;

/** llama-server's seed for "draw one". */
const RANDOM_SEED = -1;

/** The largest token limit that the engine's 32-bit counters hold. */
const MAX_TOKENS = 2 ** 31 - 1;

/** Maps a chat request to what the engine takes, with the server's defaults beneath it. */
export function toGenerateInput(request: ChatCompletionRequest, options: AppOptions): GenerateInput {
  const limit = request.max_completion_tokens ?? request.max_tokens ?? options.maxTokens;
  const stop = toStop(request.stop);
  return {
    prompt: { kind: "chat", messages: withSystemPrompt(request.messages.map(toEngineMessage), options.systemPrompt) },
    sampling: { ...options.defaults, ...toSampling(request) },
    ...(limit === undefined ? {} : { maxTokens: toMaxTokens(limit) }),
    ...(stop.length === 0 ? {} : { stop }),
  };
}

/** The sampling parameters that a request brings, and none that it leaves out; a random seed is an explicit undefined. */
export function toSampling(request: SamplingParameters): Partial<Sampling> {
  const sampling: Partial<Sampling> = {};
  if (isGiven(request.temperature)) sampling.temperature = request.temperature;
  if (isGiven(request.top_k)) sampling.topK = request.top_k;
  if (isGiven(request.top_p)) sampling.topP = request.top_p;
  if (isGiven(request.min_p)) sampling.minP = request.min_p;
  if (isGiven(request.typical_p)) sampling.typicalP = request.typical_p;
  if (isGiven(request.seed)) sampling.seed = toSeed(request.seed);
  if (isGiven(request.repeat_last_n)) sampling.repeatLastN = request.repeat_last_n;
  if (isGiven(request.repeat_penalty)) sampling.repeatPenalty = request.repeat_penalty;
  if (isGiven(request.frequency_penalty)) sampling.frequencyPenalty = request.frequency_penalty;
  if (isGiven(request.presence_penalty)) sampling.presencePenalty = request.presence_penalty;
  return sampling;
}

/** Brings a 64-bit seed into the engine's range [0, 2³²-2]; one that lies there stays as it is. */
function toSeed(seed: number): number | undefined {
  if (seed === RANDOM_SEED) return undefined;
  // `+ 0` makes the remainder's -0 a 0.
  return ((seed % SEEDS) + SEEDS) % SEEDS + 0;
}

/** -1 asks for no limit, also where the server has one: the context is what ends the answer then. */
function toMaxTokens(limit: number): number {
  return limit < 0 ? MAX_TOKENS : Math.min(limit, MAX_TOKENS);
}

function toStop(stop: SamplingParameters["stop"]): string[] {
  return typeof stop === "string" ? [stop] : stop ?? [];
}

function toEngineMessage(message: ChatMessage): EngineMessage {
  // "developer" is OpenAI's newer word for "system", which is the one that chat templates know.
  const role = message.role === "developer" ? "system" : message.role;
  const content = toText(message.content);
  return isGiven(message.name) ? { role, content, name: message.name } : { role, content };
}

/** Joins text parts with a line break between two, as llama-server does. */
function toText(content: ChatMessage["content"]): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text).join("\n");
}

function withSystemPrompt(messages: EngineMessage[], systemPrompt: string | undefined): EngineMessage[] {
  if (systemPrompt === undefined || messages.some((message) => message.role === "system")) return messages;
  return [{ role: "system", content: systemPrompt }, ...messages];
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}
