import * as z from "zod";
import { accepting } from "../accepting.ts";
import { EMPTY_ARRAY } from "../empty.ts";
import { notYet } from "../not_yet.ts";

/** Prompts of one request to generate. */
const MAX_PROMPTS = 1024;

/** Texts among the tokens of one prompt: each is tokenized by itself. */
const MAX_TEXTS = 1024;

/** Checked as one: an issue for each of a million elements would keep all others waiting. */
const parts = z.array(z.union([z.int().min(0), z.string()]));
const mixed = accepting(
  z.custom<(number | string)[]>(isMixed, `an array of token ids and at most ${MAX_TEXTS} texts`),
  parts,
);

/** What llama-server calls "mixed": a text, token ids, or texts among token ids. */
export const MixedText = z.union([z.string(), mixed]);

/** A text with token ids in it, as the client wrote it. */
export type MixedText = z.infer<typeof MixedText>;

const single = z.union([
  z.string(),
  accepting(mixed.refine(({ length }) => length > 0, "at least 1 element"), parts.min(1)),
  z.object({ prompt_string: MixedText, multimodal_data: notYet("Images and audio", EMPTY_ARRAY) }),
]);

/** llama-server's `prompt`: a text, tokens, texts among tokens, an object around either, or several of all these. */
export const LlamaPrompt = promptsUpTo(MAX_PROMPTS);

/** The same with another limit of prompts in one request. */
export function promptsUpTo(
  most: number,
): z.ZodUnion<[typeof single, z.ZodPipe<z.ZodArray<z.ZodUnknown>, z.ZodArray<typeof single>>]> {
  const several = z.array(z.unknown()).min(1).max(most).pipe(z.array(single));
  return z.union([single, accepting(several, z.array(single).min(1).max(most))]);
}

/** Prompts as the client wrote them. */
export type LlamaPrompt = z.infer<typeof LlamaPrompt>;

/** The prompts one by one. An array with a number in it is one of them, any other has several, as llama-server takes it. */
export function promptsOf(prompt: LlamaPrompt): MixedText[] {
  if (!Array.isArray(prompt)) return [typeof prompt === "string" ? prompt : prompt.prompt_string];
  const parts = prompt.filter((part) => typeof part === "string" || typeof part === "number");
  if (parts.length === prompt.length && parts.some((part) => typeof part === "number")) return [parts];
  // What is a number among arrays, no schema lets pass.
  return prompt.filter((part) => typeof part !== "number").map((part) =>
    typeof part === "string" || Array.isArray(part) ? part : part.prompt_string
  );
}

function isMixed(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  let texts = 0;
  for (const part of value) {
    if (typeof part === "string") texts++;
    else if (!Number.isSafeInteger(part) || part < 0) return false;
  }
  return texts <= MAX_TEXTS;
}
