import * as z from "zod";
import { notYet } from "../not_yet.ts";
import { checkLlamaGeneration, llamaGenerationShape } from "./generation.ts";
import { EMPTY_ARRAY } from "../empty.ts";

/** The body of `POST /infill`: the text before a gap and behind it. `null` means absent; keys that are not listed are ignored. */
export const InfillRequest = z.object({
  input_prefix: z.string(),
  input_suffix: z.string(),
  /** What the gap is known to begin with. */
  prompt: z.string().nullish(),
  input_extra: notYet("Texts of other files", EMPTY_ARRAY),
  ...llamaGenerationShape,
}).superRefine(checkLlamaGeneration);

/** What a client asks of `POST /infill`. */
export type InfillRequest = z.infer<typeof InfillRequest>;
