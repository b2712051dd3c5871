import { toErrorBody, toErrorResponse } from "../../errors.ts";
import type { OllamaError } from "../../schemas/ollama/mod.ts";

/** Turns whatever was thrown into the error that Ollama's clients read, which has the same message as OpenAI's. */
export function toOllamaError(thrown: unknown): OllamaError {
  return { error: toErrorBody(thrown).error.message };
}

/** {@linkcode toOllamaError} as a response, with the status that belongs to it. */
export function toOllamaErrorResponse(thrown: unknown): Response {
  const { status, headers } = toErrorResponse(thrown);
  return Response.json(toOllamaError(thrown), { status, headers });
}
