import type { Handler } from "hono";
import type { ModelInfo } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { parseBody } from "../../parse_body.ts";
import { GenerateRequest } from "../../schemas/ollama/mod.ts";
import { answerRequest } from "./answer_request.ts";
import { type OllamaInput, toFormatConstraint, toOllamaInput } from "./to_ollama_input.ts";

/** Ollama's `POST /api/generate`: the answer to a prompt; without one the model is loaded and nothing computed. */
export function createGenerate(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, GenerateRequest);
    return await answerRequest(c, {
      app,
      request,
      promptParam: "prompt",
      toInput: (model) => toInput(request, { model, systemPrompt: app.options.systemPrompt }),
      carry: ({ content, thinking }) => ({ response: content, ...(thinking === "" ? {} : { thinking }) }),
    });
  };
}

/** @throws {EngineError} `invalid_value` for a suffix, where the model fills no gaps, and what cannot be honoured. */
async function toInput(
  request: GenerateRequest,
  { model, systemPrompt }: { model: ModelInfo; systemPrompt: string | undefined },
): Promise<OllamaInput | undefined> {
  const { prompt, suffix, system, raw } = request;
  const text = prompt ?? "";
  if (suffix) {
    if (model.infills) {
      return { prompt: { kind: "infill", before: text, after: suffix }, constraint: await toFormatConstraint(request) };
    }
    const message = `Invalid "suffix": "${model.id}" has no tokens to fill a gap with; leave it out`;
    throw new EngineError("invalid_value", message, { param: "suffix" });
  }
  if (text === "") return undefined;
  if (raw) return { prompt: { kind: "text", text }, constraint: await toFormatConstraint(request) };
  const user = { role: "user", content: text } as const;
  const messages = system ? [{ role: "system", content: system } as const, user] : [user];
  return await toOllamaInput({ messages, request, model, systemPrompt });
}
