import * as z from "zod";
import { ChatMessage } from "../chat_message.ts";
import { checkConstraint, constraintShape } from "../constraint.ts";
import { reasoningShape, templateShape } from "../template.ts";
import { checkTools, toolShape } from "../tool.ts";

/** The body of `POST /apply-template`: what of a chat request the template sees. */
export const ApplyTemplateRequest = z.object({
  messages: z.array(ChatMessage).min(1),
  model: z.string().nullish(),
  ...templateShape,
  ...reasoningShape,
  ...toolShape,
  ...constraintShape,
}).superRefine((request, context) => {
  checkTools(request, context);
  checkConstraint(request, context);
});

/** The answer of `POST /apply-template`. */
export const AppliedTemplate = z.object({ prompt: z.string() });

/** A conversation as the model reads it. */
export type AppliedTemplate = z.infer<typeof AppliedTemplate>;
