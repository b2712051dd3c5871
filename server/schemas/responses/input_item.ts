import * as z from "zod";
import { supportedTag } from "../supported_tag.ts";
import { TOOL_NAME } from "../tool.ts";
import { INPUT_ROLES } from "./item.ts";

/** What items have that were given out here, and nobody looks at. */
const head = { id: z.string().nullish(), status: z.string().nullish() };

const InputPart = z.object({
  type: supportedTag("Content", ["input_text", "output_text"]),
  text: z.string(),
  // What an answer has, which clients send back as they got it.
  annotations: z.unknown().optional(),
  logprobs: z.unknown().optional(),
});

/** A message as a client sends it: OpenAI's "easy" ones, which need no type, those with parts, and answers sent back. */
const Message = z.object({
  type: z.literal("message").nullish(),
  role: z.enum([...INPUT_ROLES, "assistant"]),
  content: z.union([z.string(), z.array(InputPart).min(1)]),
  ...head,
});

const FunctionCall = z.object({
  type: z.literal("function_call"),
  call_id: z.string(),
  name: TOOL_NAME,
  arguments: z.string(),
  ...head,
});

const ResultPart = z.object({ type: supportedTag("Content", ["input_text"]), text: z.string() });

const FunctionCallOutput = z.object({
  type: z.literal("function_call_output"),
  call_id: z.string(),
  output: z.union([z.string(), z.array(ResultPart)]),
  ...head,
});

/** What was thought before what follows; of one that has no content of its own, its summary is read. */
const Reasoning = z.object({
  type: z.literal("reasoning"),
  summary: z.array(z.object({ type: z.literal("summary_text"), text: z.string() })).nullish(),
  content: z.array(z.object({ type: z.literal("reasoning_text"), text: z.string() })).nullish(),
  ...head,
});

/** A part of a conversation as a client sends it; one of a type that there is not is refused by it. */
export const InputItem = z.discriminatedUnion("type", [Message, FunctionCall, FunctionCallOutput, Reasoning], {
  error: 'one of "message", "function_call", "function_call_output", "reasoning"',
});

/** An item as the client wrote it. */
export type InputItem = z.infer<typeof InputItem>;
