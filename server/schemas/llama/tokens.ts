import * as z from "zod";
import { accepting } from "../accepting.ts";
import { MixedText } from "./prompt.ts";

/** The body of `POST /tokenize`. */
export const TokenizeRequest = z.object({
  content: MixedText,
  /** Add BOS and EOS where the model wants them; false when absent. */
  add_special: z.boolean().nullish(),
  /** Take the texts of control tokens for those; true when absent. */
  parse_special: z.boolean().nullish(),
  with_pieces: z.boolean().nullish(),
  model: z.string().nullish(),
});

/** The answer of `POST /tokenize`; a piece that is no whole characters is its bytes. */
export const TokenList = z.object({
  tokens: z.union([
    z.array(z.int()),
    z.array(z.object({ id: z.int(), piece: z.union([z.string(), z.array(z.int().min(0).max(255))]) })),
  ]),
});

/** Tokens as the client reads them. */
export type TokenList = z.infer<typeof TokenList>;

/** The body of `POST /detokenize`. */
export const DetokenizeRequest = z.object({
  /** Checked as one: an issue for each of a million elements would keep all others waiting. */
  tokens: accepting(
    z.custom<number[]>(isTokens, "expected an array of token ids, whole numbers from 0 on"),
    z.array(z.int().min(0)),
  ),
  model: z.string().nullish(),
});

/** The answer of `POST /detokenize`. */
export const Detokenized = z.object({ content: z.string() });

/** Text as the client reads it. */
export type Detokenized = z.infer<typeof Detokenized>;

function isTokens(value: unknown): boolean {
  return Array.isArray(value) && value.every((part) => Number.isSafeInteger(part) && part >= 0);
}
