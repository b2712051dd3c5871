import * as z from "zod";
import { checkConstraint, constraintShape } from "./constraint.ts";
import { checkReceipt, checkStreamOptions, generationShape, MAX_CHOICES, receiptFlag } from "./generation.ts";
import { promptList } from "./prompt_list.ts";
import { tokenList } from "./token_list.ts";

/** Prompts of one request. */
const MAX_PROMPTS = 1024;

/**
 * The body of `POST /v1/completions`: `prompt` is a text, token ids, or several of either. `null` means absent everywhere; keys that are
 * not listed are ignored.
 */
export const CompletionRequest = z.object({
  prompt: promptList(
    z.union([
      z.string(),
      // Before the texts, which would find something wrong with each of a hundred thousand tokens.
      tokenList,
      z.array(z.string()).min(1),
      z.array(tokenList).min(1),
    ]),
    MAX_PROMPTS,
  ),
  ...generationShape,
  ...constraintShape,
  best_of: z.int().min(1).max(MAX_CHOICES).nullish(),
  echo: z.boolean().nullish(),
  logprobs: z.int().min(0).max(5).nullish(),
  /** What comes behind the gap that is to be filled, by models that have tokens for that. */
  suffix: z.string().nullish(),
  receipt: receiptFlag,
}).superRefine((request, context) => {
  const refuse = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
  checkStreamOptions(request, context);
  checkReceipt(request, context);
  checkConstraint(request, context);
  const [first] = request.prompt;
  if (request.receipt && Array.isArray(request.prompt) && typeof first !== "number" && request.prompt.length > 1) {
    refuse("prompt", 'expected one prompt with "receipt": true');
  }
  if (Array.isArray(request.prompt) && typeof first !== "number" && request.prompt.length > MAX_PROMPTS) {
    refuse("prompt", `expected at most ${MAX_PROMPTS} elements`);
  }
  const n = request.n ?? 1;
  if (request.best_of && request.best_of < n) refuse("best_of", `expected at least "n", which is ${n}`);
  if (request.best_of && request.best_of > n && request.stream) {
    refuse("best_of", 'more than "n" cannot be streamed: which are the best is known at the end');
  }
  if (request.suffix && typeof request.prompt !== "string" && typeof first !== "string") {
    refuse("suffix", "allowed only where the prompt is text");
  }
  if (request.echo && typeof request.logprobs === "number") {
    if (n > 1 || (request.best_of ?? 1) > 1) refuse("echo", 'not allowed with "logprobs" and more than one answer');
    if (request.suffix) refuse("suffix", 'not allowed with "echo" and "logprobs"');
    if (request.receipt) refuse("receipt", 'not allowed with "echo" and "logprobs"');
  }
});

/** What a client asks of `POST /v1/completions`. */
export type CompletionRequest = z.infer<typeof CompletionRequest>;
