import * as z from "zod";
import { ChatLogprobs } from "../chat_completion.ts";

/** The roles of messages that no model wrote. */
export const INPUT_ROLES = ["user", "system", "developer"] as const;

const itemShape = { id: z.string(), type: z.literal("message") };

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
  ...itemShape,
  role: z.literal("assistant"),
  status: z.enum(["in_progress", "completed", "incomplete"]),
  content: z.array(OutputText),
});

/** An answer as the client reads it. */
export type OutputMessage = z.infer<typeof OutputMessage>;

/** A message that was given to the model. */
export const InputMessage = z.object({
  ...itemShape,
  role: z.enum(INPUT_ROLES),
  status: z.literal("completed"),
  content: z.array(z.object({ type: z.literal("input_text"), text: z.string() })),
});

/** A part of a conversation, as it is kept and given back. */
export const Item = z.discriminatedUnion("role", [InputMessage, OutputMessage]);

/** A message of either side. */
export type Item = z.infer<typeof Item>;
