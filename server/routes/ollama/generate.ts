import type { Handler } from "hono";
import type { ModelInfo, Prompt } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { parseBody } from "../../parse_body.ts";
import { GenerateRequest } from "../../schemas/ollama/mod.ts";
import { toChatPrompt } from "../to_chat_prompt.ts";
import { answerRequest } from "./answer_request.ts";

/** Ollama's `POST /api/generate`: the answer to a prompt; without one the model is loaded and nothing computed. */
export function createGenerate(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, GenerateRequest);
    return await answerRequest(c, {
      app,
      request,
      promptParam: "prompt",
      toPrompt: (model) => toPrompt(request, { model, systemPrompt: app.options.systemPrompt }),
      carry: (response) => ({ response }),
    });
  };
}

/** @throws {EngineError} `invalid_value` for a suffix, where the model fills no gaps. */
function toPrompt(
  { prompt, suffix, system, raw }: GenerateRequest,
  { model, systemPrompt }: { model: ModelInfo; systemPrompt: string | undefined },
): Prompt | undefined {
  const text = prompt ?? "";
  if (suffix) {
    if (model.infills) return { kind: "infill", before: text, after: suffix };
    const message = `Invalid "suffix": "${model.id}" has no tokens to fill a gap with; leave it out`;
    throw new EngineError("invalid_value", message, { param: "suffix" });
  }
  if (text === "") return undefined;
  if (raw) return { kind: "text", text };
  const user = { role: "user", content: text } as const;
  return toChatPrompt(system ? [{ role: "system", content: system }, user] : [user], { systemPrompt });
}
