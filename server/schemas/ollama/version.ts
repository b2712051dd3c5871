import * as z from "zod";

/** The answer of `GET /api/version`. */
export const Version = z.object({
  /** The release of Ollama whose API this is. */
  version: z.string(),
  packllama: z.string(),
});

/** The version as the client reads it. */
export type Version = z.infer<typeof Version>;
