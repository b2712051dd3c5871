import { EngineError } from "../errors.ts";

/**
 * The error about a prompt that does not fit. LangChain, LiteLLM and others know it by the words "prompt is too long", which are Anthropic's, from
 * whatever else is a 400: they then shorten the conversation, or ask another model.
 *
 * @param detail What was found and what to do, e.g. `it has 900 tokens, the context holds 512; shorten it`.
 */
export function promptTooLong(detail: string): EngineError {
  return new EngineError("context_length_exceeded", `The prompt is too long: ${detail}`);
}
