import * as z from "zod";
import { ChatLogprobs } from "../chat_completion.ts";

/** The roles of messages that no model wrote. */
export const INPUT_ROLES = ["user", "system", "developer"] as const;

const messageShape = { id: z.string(), type: z.literal("message") };

/** Of what the model wrote: whether it still writes it, or was cut off in it. */
const status = z.enum(["in_progress", "completed", "incomplete"]);

/** A text that the model wrote, with the log-probabilities of its tokens where they were asked for. */
export const OutputText = z.object({
  type: z.literal("output_text"),
  text: z.string(),
  annotations: z.array(z.never()),
  logprobs: ChatLogprobs.shape.content,
});

/** A text of an answer as the client reads it. */
export type OutputText = z.infer<typeof OutputText>;

/** A message that the model wrote. */
export const OutputMessage = z.object({
  ...messageShape,
  role: z.literal("assistant"),
  status,
  content: z.array(OutputText),
});

/** An answer as the client reads it. */
export type OutputMessage = z.infer<typeof OutputMessage>;

/** A call of a function; `arguments` is JSON text of an object, unless it is incomplete. */
export const FunctionCall = z.object({
  id: z.string(),
  type: z.literal("function_call"),
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
  status,
});

/** A call as the client reads it. */
export type FunctionCall = z.infer<typeof FunctionCall>;

/** A text that the model thought. */
export const ReasoningText = z.object({ type: z.literal("reasoning_text"), text: z.string() });

/** What the model thought before what follows. */
export const ReasoningItem = z.object({
  id: z.string(),
  type: z.literal("reasoning"),
  /** There are none: thoughts are given as they are. */
  summary: z.array(z.never()),
  content: z.array(ReasoningText),
  encrypted_content: z.null(),
  status,
});

/** Thoughts as the client reads them. */
export type ReasoningItem = z.infer<typeof ReasoningItem>;

/** What a model wrote. */
export const OutputItem = z.discriminatedUnion("type", [OutputMessage, FunctionCall, ReasoningItem]);

/** A part of an answer as the client reads it. */
export type OutputItem = z.infer<typeof OutputItem>;

/** A message that was given to the model. */
export const InputMessage = z.object({
  ...messageShape,
  role: z.enum(INPUT_ROLES),
  status: z.literal("completed"),
  content: z.array(z.object({ type: z.literal("input_text"), text: z.string() })),
});

/** What a call gave back. */
export const FunctionCallOutput = z.object({
  id: z.string(),
  type: z.literal("function_call_output"),
  call_id: z.string(),
  output: z.string(),
  status: z.literal("completed"),
});

/** A part of a conversation, as it is kept and given back. */
export const Item = z.discriminatedUnion("type", [
  z.discriminatedUnion("role", [InputMessage, OutputMessage]),
  FunctionCall,
  FunctionCallOutput,
  ReasoningItem,
]);

/** What either side, or a tool, has said. */
export type Item = z.infer<typeof Item>;
