import * as z from "zod";
import { EMPTY_ARRAY } from "../empty.ts";
import { notYet } from "../not_yet.ts";
import { InputItem } from "./input_item.ts";
import { Reasoning } from "./reasoning.ts";
import { TextConfig } from "./text_format.ts";
import { toolShape } from "./tool.ts";

/** What a conversation is made of, and what says how it is answered; creating and counting share it. `null` means absent. */
export const promptShape = {
  model: z.string().nullish(),
  input: z.union([z.string(), z.array(InputItem)]).nullish(),
  /** A system message in front of everything; that of an earlier response does not carry over. */
  instructions: z.string().nullish(),
  previous_response_id: z.string().nullish(),
  ...toolShape,
  reasoning: Reasoning.nullish(),
  text: TextConfig.nullish(),
  truncation: notYet('Truncations other than "disabled"', z.literal("disabled")),
  context_management: notYet("Kinds of context management", EMPTY_ARRAY),
  conversation: notYet("Conversations"),
  prompt: notYet("Prompt templates"),
  /** The chat API's names of what has another one here. */
  messages: notYet('Messages outside of "input"'),
  response_format: notYet('Formats outside of "text.format"', z.object({ type: z.literal("text") })),
};

/** Refuses a request that brings nothing to answer, and a choice among no tools. */
export function checkPrompt(
  { input, previous_response_id, tools, tool_choice }: z.infer<z.ZodObject<typeof promptShape>>,
  context: z.RefinementCtx,
): void {
  const isEmpty = input === undefined || input === null || (Array.isArray(input) && input.length === 0);
  if (isEmpty && !previous_response_id) {
    const message = 'expected a string or messages; only with "previous_response_id" it may be left out';
    context.addIssue({ code: "custom", path: ["input"], message });
  }
  if ((tools ?? []).length > 0 || !tool_choice || tool_choice === "auto" || tool_choice === "none") return;
  context.addIssue({ code: "custom", path: ["tool_choice"], message: 'allowed only where "tools" has some' });
}
