import type { GenerateEvent } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { expectText } from "../../expect_text.ts";
import type { Message } from "../../schemas/anthropic/mod.ts";
import { toMessageEnd, toMessageUsage } from "./message_end.ts";

/**
 * Reads an answer to its end.
 *
 * @param events Up to and with `done`, of one choice.
 * @throws {EngineError} Whatever the engine throws; `internal` when it has no end.
 */
export async function collectMessage(
  events: AsyncIterable<GenerateEvent>,
): Promise<Pick<Message, "content" | "stop_reason" | "stop_sequence" | "usage">> {
  let text = "";
  let end: ReturnType<typeof toMessageEnd> | undefined;
  for await (const given of events) {
    const event = expectText(given);
    if (event.type === "text") text += event.text;
    else if (event.type === "finish") end = toMessageEnd(event);
    else if (end !== undefined) {
      return { content: [{ type: "text", text }], ...end, usage: toMessageUsage(event.usage) };
    }
  }
  throw new EngineError("internal", "An answer ended without its last event");
}
