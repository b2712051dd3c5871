import * as z from "zod";
import { JsonObject } from "../json_value.ts";
import { TOOL_NAME } from "../tool.ts";

const TextBlock = z.object({ type: z.literal("text"), text: z.string() });

/** A text, or blocks of text; blocks of other types are refused by their type. */
export const TextContent = z.union([z.string(), z.array(TextBlock)]);

/** What a call gave back. */
const ToolResultBlock = z.object({
  type: z.literal("tool_result"),
  tool_use_id: z.string(),
  content: TextContent.nullish(),
  is_error: z.boolean().nullish(),
});

const ToolUseBlock = z.object({ type: z.literal("tool_use"), id: z.string(), name: TOOL_NAME, input: JsonObject });

/** What an assistant thought; its signature is the one that its answer had. */
const ThinkingBlock = z.object({ type: z.literal("thinking"), thinking: z.string(), signature: z.string().nullish() });

/** Thoughts that another server has hidden: they are taken, and not shown to the model. */
const RedactedBlock = z.object({ type: z.literal("redacted_thinking"), data: z.string() });

const UserBlock = z.discriminatedUnion("type", [TextBlock, ToolResultBlock], { error: oneOf(["text", "tool_result"]) });
const AssistantBlock = z.discriminatedUnion("type", [TextBlock, ThinkingBlock, RedactedBlock, ToolUseBlock], {
  error: oneOf(["text", "thinking", "redacted_thinking", "tool_use"]),
});

/** One turn of a conversation. */
export const InputMessage = z.discriminatedUnion("role", [
  z.object({ role: z.literal("user"), content: z.union([z.string(), z.array(UserBlock)]) }),
  z.object({ role: z.literal("assistant"), content: z.union([z.string(), z.array(AssistantBlock)]) }),
], { error: oneOf(["user", "assistant"]) });

/** A turn as the client wrote it. */
export type InputMessage = z.infer<typeof InputMessage>;

function oneOf(names: string[]): string {
  return `one of ${names.map((name) => `"${name}"`).join(", ")}`;
}
