import * as z from "zod";
import { EMPTY_ARRAY } from "../empty.ts";
import { notYet } from "../not_yet.ts";
import { InputItem } from "./input_item.ts";

const TextFormat = z.object({ type: z.literal("text") });

const Reasoning = z.object({
  effort: notYet("Efforts of reasoning", z.literal("none")),
  summary: notYet("Summaries of reasoning"),
  generate_summary: notYet("Summaries of reasoning"),
  mode: notYet("Modes of reasoning", z.literal("standard")),
});

const TextConfig = z.object({
  format: notYet("Formats other than text", TextFormat),
  verbosity: notYet('Verbosities other than "medium"', z.literal("medium")),
});

/** What a conversation is made of, and what says how it is answered; creating and counting share it. `null` means absent. */
export const promptShape = {
  model: z.string().nullish(),
  input: z.union([z.string(), z.array(InputItem)]).nullish(),
  /** A system message in front of everything; that of an earlier response does not carry over. */
  instructions: z.string().nullish(),
  previous_response_id: z.string().nullish(),
  tools: notYet("Tools", EMPTY_ARRAY),
  tool_choice: notYet("Forced tool calls", z.enum(["none", "auto"])),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning: Reasoning.nullish(),
  text: TextConfig.nullish(),
  truncation: notYet('Truncations other than "disabled"', z.literal("disabled")),
  context_management: notYet("Kinds of context management", EMPTY_ARRAY),
  conversation: notYet("Conversations"),
  prompt: notYet("Prompt templates"),
  /** The chat API's names of what has another one here. */
  messages: notYet('Messages outside of "input"'),
  response_format: notYet('Formats outside of "text.format"', TextFormat),
};

/** Refuses a request that brings nothing to answer. */
export function checkPrompt(
  { input, previous_response_id }: z.infer<z.ZodObject<typeof promptShape>>,
  context: z.RefinementCtx,
): void {
  const isEmpty = input === undefined || input === null || (Array.isArray(input) && input.length === 0);
  if (!isEmpty || previous_response_id) return;
  const message = 'expected a string or messages; only with "previous_response_id" it may be left out';
  context.addIssue({ code: "custom", path: ["input"], message });
}
