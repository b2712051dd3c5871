import * as z from "zod";
import { notYet } from "./not_yet.ts";
import { supportedTag } from "./supported_tag.ts";
import { TOOL_NAME } from "./tool.ts";

/** The roles that a message may have. */
export const ROLES = ["system", "developer", "user", "assistant", "tool", "function"] as const;

/** Calls in one message. */
const MAX_CALLS = 512;

const TextPart = z.object({ type: z.literal("text"), text: z.string() });

const content = z.union([z.string(), z.array(TextPart).min(1)]);
const name = z.string().nullish();

/** What was called: `arguments` is JSON text of an object, as the model wrote it. */
const CalledFunction = z.object({ name: TOOL_NAME, arguments: z.string() });

const ToolCall = z.object({
  id: z.string(),
  type: supportedTag("A call", ["function"]).nullish(),
  function: CalledFunction,
});

/** One message of a chat request: `content` is a string or text parts, and may be null for an assistant. */
export const ChatMessage = z.discriminatedUnion("role", [
  z.object({ role: z.enum(["system", "developer", "user"]), content, name }),
  z.object({
    role: z.literal("assistant"),
    content: content.nullish(),
    name,
    tool_calls: z.array(ToolCall).max(MAX_CALLS).nullish(),
    /** OpenAI's older form of one call. */
    function_call: CalledFunction.nullish(),
    /** What it thought before it answered, as llama-server and others have it. */
    reasoning_content: z.string().nullish(),
    audio: notYet("Audio"),
  }),
  z.object({ role: z.literal("tool"), content, name, tool_call_id: z.string().nullish() }),
  /** OpenAI's older form of a tool's message. */
  z.object({ role: z.literal("function"), content, name: TOOL_NAME }),
], { error: `one of ${ROLES.map((role) => `"${role}"`).join(", ")}` });

/** A message as the client wrote it. */
export type ChatMessage = z.infer<typeof ChatMessage>;
