import type { GenerateEvent, PartEvent } from "../lib/engine/mod.ts";
import { EngineError } from "../lib/errors.ts";

/** What an answer is made of that is nothing but text. */
export type TextualEvent = Exclude<GenerateEvent, PartEvent>;

/**
 * Makes sure that an event belongs to an answer that is nothing but text, as those to prompts that are no conversation.
 *
 * @throws {EngineError} `internal` for a thought, or a call of a tool.
 */
export function expectText(event: GenerateEvent): TextualEvent {
  if (event.type === "reasoning" || event.type === "toolCall" || event.type === "arguments") {
    throw new EngineError("internal", `The engine gave a part of the kind "${event.type}" where all is text`);
  }
  return event;
}
