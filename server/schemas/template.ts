import * as z from "zod";
import { REASONING_EFFORTS } from "../../lib/template_options.ts";
import { JsonObject } from "./json_value.ts";
import { notYet } from "./not_yet.ts";
import { INT32_MAX } from "./sampling.ts";

/** What llama-server takes to change how a conversation is written for the model. */
export const templateShape = {
  add_generation_prompt: z.boolean().nullish(),
  /** Which part of the last message goes on: what it says, what it thinks, or with true the one that it ends with. */
  continue_final_message: z.union([z.boolean(), z.enum(["content", "reasoning_content"])]).nullish(),
  chat_template: notYet("Other templates"),
  /** Variables of the template. */
  chat_template_kwargs: JsonObject.nullish(),
  /** OpenAI's words; "none" turns thoughts off. */
  reasoning_effort: z.enum(REASONING_EFFORTS).nullish(),
};

const budget = z.int().min(-1).max(INT32_MAX).nullish();

/** How a model's thoughts are limited and given: llama-server's. */
export const reasoningShape = {
  /** "none" leaves them in the text, as the model writes them. */
  reasoning_format: z.enum(["none", "auto", "deepseek"]).nullish(),
  /** Tokens; -1 is without end, 0 none. The first of these three that is there counts. */
  reasoning_budget_tokens: budget,
  thinking_budget_tokens: budget,
  reasoning_budget: budget,
};

/** {@linkcode templateShape} and {@linkcode reasoningShape} as an object of its own. */
export const TemplateParameters = z.object({ ...templateShape, ...reasoningShape });

/** What a request says of how a conversation is written and thought about. */
export type TemplateParameters = Partial<z.infer<typeof TemplateParameters>>;
