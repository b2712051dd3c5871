import type { AnswerLogprob, GenerateEvent } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import type {
  GenerationSettings,
  LlamaCompletion,
  LlamaCompletionChunk,
  LlamaGeneration,
} from "../../schemas/llama/mod.ts";
import { type Spent, toTimings } from "../to_usage.ts";
import type { ReadPrompt } from "./read_prompt.ts";
import { toTokenProbabilities } from "./token_probabilities.ts";

type TextEvent = Extract<GenerateEvent, { type: "text" }>;
type FinishEvent = Extract<GenerateEvent, { type: "finish" }>;

/** What is known of an answer before it comes. */
export interface AnswerFacts {
  index: number;
  prompt: ReadPrompt;
  model: string;
  contextLength: number;
  settings: GenerationSettings;
  request: Pick<LlamaGeneration, "stream" | "return_tokens" | "n_probs">;
}

/** One answer on its way, in llama-server's own shape: whole, or part by part. */
export class LlamaAnswer {
  readonly #facts: AnswerFacts;
  #content = "";
  readonly #logprobs: AnswerLogprob[] = [];
  #hasNewLine = false;
  #tokens = 0;
  #end: FinishEvent | undefined;

  constructor(facts: AnswerFacts) {
    this.#facts = facts;
  }

  /** Takes what comes next; of a streamed answer nothing is kept that {@linkcode LlamaAnswer.chunk} has given. */
  add(event: TextEvent | FinishEvent): void {
    if (event.type === "finish") {
      this.#end = event;
      return;
    }
    const { text, logprobs = [] } = event;
    this.#tokens += logprobs.length;
    if (!this.#hasNewLine) this.#hasNewLine = text.includes("\n");
    if (this.#facts.request.stream) return;
    this.#content += text;
    for (const logprob of logprobs) this.#logprobs.push(logprob);
  }

  /** The part that an event makes, which must have been added. */
  chunk({ text, logprobs = [] }: TextEvent): LlamaCompletionChunk {
    const { index, prompt, request } = this.#facts;
    return {
      index,
      content: text,
      tokens: logprobs.map(({ token }) => token),
      stop: false,
      id_slot: -1,
      tokens_predicted: this.#tokens,
      tokens_evaluated: prompt.tokens.length,
      ...(request.n_probs ? { completion_probabilities: toTokenProbabilities(logprobs) } : {}),
    };
  }

  /**
   * The whole answer, or the last message of a streamed one.
   *
   * @param spent What the request took.
   * @throws {EngineError} `internal` when it has no end.
   */
  final(spent: Spent): LlamaCompletion {
    const end = this.#end;
    if (end === undefined) throw new EngineError("internal", "A choice ended without its last event");
    const { index, prompt, model, contextLength, settings, request } = this.#facts;
    const known = prompt.tokens.length + end.completionTokens;
    const whole = !request.stream;
    return {
      index,
      content: this.#content,
      tokens: request.return_tokens ? this.#logprobs.map(({ token }) => token) : [],
      id_slot: -1,
      stop: true,
      model,
      tokens_predicted: end.completionTokens,
      tokens_evaluated: prompt.tokens.length,
      generation_settings: settings,
      prompt: prompt.text,
      has_new_line: this.#hasNewLine,
      truncated: known >= contextLength,
      stop_type: stopType(end),
      stopping_word: end.stopString ?? "",
      // The last token of an answer is never decoded.
      tokens_cached: Math.min(known - Math.min(end.completionTokens, 1), contextLength),
      timings: toTimings(spent),
      ...(whole && request.n_probs ? { completion_probabilities: toTokenProbabilities(this.#logprobs) } : {}),
    };
  }
}

function stopType({ finishReason, stopString }: FinishEvent): LlamaCompletion["stop_type"] {
  if (finishReason === "length") return "limit";
  return stopString === undefined ? "eos" : "word";
}
