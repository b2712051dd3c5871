import * as z from "zod";
import { LlamaCompletion } from "./completion.ts";

/**
 * The answer of `POST /completion` with `response_fields`: only what they name. What lies inside of something is called by its whole path,
 * e.g. `timings/prompt_n`.
 */
export const PickedFields = LlamaCompletion.partial().catchall(z.unknown()).meta({
  additionalProperties: false,
  patternProperties: { "/": {} },
});
