import type { AnswerParser, AnswerPart } from "../text/answer_parser.ts";
import type { AnswerLogprob, GenerateEvent, PartEvent } from "./engine.ts";

type TextEvent = Extract<GenerateEvent, { type: "text" }>;
type FinishEvent = Extract<GenerateEvent, { type: "finish" }>;

/** One choice that is being read. */
interface ParsedChoice {
  parser: AnswerParser;
  /** Calls begun so far. */
  calls: number;
  /** Those of tokens of which nothing has been given out yet. */
  logprobs: AnswerLogprob[];
}

/** Turns the text of an answer into what it says, thinks and calls, choice by choice. */
export class ParsedAnswer {
  readonly #makeParser: () => AnswerParser;
  readonly #choices = new Map<number, ParsedChoice>();

  /** @param makeParser Makes one for each choice. */
  constructor(makeParser: () => AnswerParser) {
    this.#makeParser = makeParser;
  }

  /** What an event becomes. Log-probabilities come with the first part that follows them. */
  read(event: GenerateEvent): GenerateEvent[] {
    if (event.type === "text") return this.#readText(event);
    if (event.type === "finish") return this.#readFinish(event);
    return [event];
  }

  #readText({ index, text, logprobs, prompt }: TextEvent): GenerateEvent[] {
    const choice = this.#choice(index);
    const parts = toEvents(choice, index, choice.parser.push(text));
    const extra = { ...(logprobs === undefined ? {} : { logprobs }), ...(prompt === undefined ? {} : { prompt }) };
    if (prompt !== undefined) return [{ type: "text", index, text: "", ...extra }, ...parts];
    choice.logprobs.push(...logprobs ?? []);
    const [first, ...others] = parts;
    if (first === undefined) return [];
    return [withLogprobs(first, logprobs && choice.logprobs.splice(0)), ...others];
  }

  #readFinish(event: FinishEvent): GenerateEvent[] {
    const choice = this.#choice(event.index);
    const { index } = event;
    const [first, ...others] = toEvents(choice, index, choice.parser.end());
    const parts = first === undefined ? [] : [first, ...others];
    const logprobs = choice.logprobs;
    if (logprobs.length > 0) parts.splice(0, 1, { ...first ?? { type: "text", index, text: "" }, logprobs });
    this.#choices.delete(index);
    // A stop string may have cut the last call.
    const called = choice.calls > 0 && event.finishReason === "stop" && event.stopString === undefined;
    return [...parts, called ? { ...event, finishReason: "tool_calls" } : event];
  }

  #choice(index: number): ParsedChoice {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    const choice: ParsedChoice = { parser: this.#makeParser(), calls: 0, logprobs: [] };
    this.#choices.set(index, choice);
    return choice;
  }
}

type Part = TextEvent | PartEvent;

function toEvents(choice: ParsedChoice, index: number, parts: readonly AnswerPart[]): Part[] {
  return parts.map((part): Part => {
    if (part.type === "toolCall") return { ...part, index, call: choice.calls++ };
    if (part.type === "arguments") return { ...part, index, call: choice.calls - 1 };
    return { ...part, index };
  });
}

function withLogprobs(part: Part, logprobs: AnswerLogprob[] | undefined): Part {
  return logprobs === undefined ? part : { ...part, logprobs };
}
