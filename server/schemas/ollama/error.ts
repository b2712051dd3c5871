import * as z from "zod";

/** Ollama's error: the body of a failed request, and the last line of a stream that failed. */
export const OllamaError = z.object({ error: z.string() });

/** A failure as the client reads it. */
export type OllamaError = z.infer<typeof OllamaError>;
