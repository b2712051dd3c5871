import * as z from "zod";
import { EMPTY_ARRAY } from "./empty.ts";
import { notYet } from "./not_yet.ts";

/** The roles that a message may have. */
export const ROLES = ["system", "developer", "user", "assistant", "tool"] as const;

const TextPart = z.object({ type: z.literal("text"), text: z.string() });

const content = z.union([z.string(), z.array(TextPart).min(1)]);
const name = z.string().nullish();

/** One message of a chat request: `content` is a string or text parts, and may be null for an assistant. */
export const ChatMessage = z.discriminatedUnion("role", [
  z.object({ role: z.enum(["system", "developer", "user"]), content, name }),
  z.object({
    role: z.literal("assistant"),
    content: content.nullish(),
    name,
    tool_calls: notYet("Tool calls", EMPTY_ARRAY),
    function_call: notYet("Function calls"),
    audio: notYet("Audio"),
  }),
  z.object({ role: z.literal("tool"), content, name, tool_call_id: z.string().nullish() }),
], { error: `one of ${ROLES.map((role) => `"${role}"`).join(", ")}` });

/** A message as the client wrote it. */
export type ChatMessage = z.infer<typeof ChatMessage>;
