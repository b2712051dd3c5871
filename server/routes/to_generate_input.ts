import type { GenerateInput, Prompt } from "../../lib/engine/mod.ts";
import type { Grammar } from "../../lib/grammar/grammar.ts";
import type { AppOptions } from "../app_input.ts";
import type { GenerationParameters } from "../schemas/mod.ts";
import { isGiven, toSampling } from "./to_sampling.ts";

/** The largest token limit that the engine's 32-bit counters hold. */
const MAX_TOKENS = 2 ** 31 - 1;

/** What an input for the engine is made of besides the parameters that the APIs share. */
export interface InputParts {
  prompt: Prompt;
  /** What the answer is held to; anything when absent. */
  grammar?: Grammar | undefined;
  /** What holds where the request says nothing. */
  options: AppOptions;
  /** Token ids lie below it. */
  vocabularySize: number;
  /** Likeliest tokens to report with each one; none where absent. */
  logprobs?: number | undefined;
  /** Those of the prompt, too. */
  promptLogprobs?: boolean;
  /** The client's address. */
  address?: string | undefined;
}

/**
 * Maps what a request says besides its prompt to what the engine takes, with the server's defaults beneath it.
 *
 * @throws {EngineError} `invalid_value` for what the loaded model does not have.
 */
export function toGenerateInput(request: GenerationParameters, parts: InputParts): GenerateInput {
  const { options, prompt, grammar, vocabularySize, logprobs, promptLogprobs = false } = parts;
  const limit = request.max_completion_tokens ?? request.max_tokens ?? request.n_predict ?? options.maxTokens;
  const stop = typeof request.stop === "string" ? [request.stop] : request.stop ?? [];
  const client = {
    ...(parts.address === undefined ? {} : { address: parts.address }),
    ...(typeof request.user === "string" ? { user: request.user } : {}),
  };
  return {
    prompt,
    ...(grammar === undefined ? {} : { grammar }),
    sampling: { ...options.defaults, ...toSampling(request, vocabularySize) },
    ...(limit === undefined ? {} : { maxTokens: toMaxTokens(limit) }),
    ...(stop.length === 0 ? {} : { stop }),
    ...(isGiven(request.n) && request.n > 1 ? { choices: request.n } : {}),
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(promptLogprobs ? { promptLogprobs } : {}),
    ...(request.stream ? {} : { stream: false }),
    ...(isGiven(request.t_max_predict_ms) && request.t_max_predict_ms > 0
      ? { maxPredictMs: request.t_max_predict_ms }
      : {}),
    ...(isGiven(request.speculation) ? { speculation: request.speculation } : {}),
    ...(isGiven(request.prediction) ? { prediction: toPrediction(request.prediction) } : {}),
    ...(isGiven(request.cache_prompt) ? { cachePrompt: request.cache_prompt } : {}),
    ...(isGiven(request.n_keep) ? { keep: request.n_keep } : {}),
    ...(isGiven(request.lora) ? { lora: request.lora } : {}),
    client,
  };
}

/** -1 asks for no limit, also where the server has one: the context is what ends the answer then. */
function toMaxTokens(limit: number): number {
  return limit < 0 ? MAX_TOKENS : Math.min(limit, MAX_TOKENS);
}

function toPrediction({ content }: NonNullable<GenerationParameters["prediction"]>): string {
  return typeof content === "string" ? content : content.map((part) => part.text).join("");
}
