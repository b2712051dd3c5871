import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import { type AppliedTemplate, ApplyTemplateRequest } from "../../schemas/llama/mod.ts";
import { toChatInput } from "../to_chat_input.ts";

/** `POST /apply-template`: a conversation as the model would read it, without an answer. */
export function applyTemplate(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, ApplyTemplateRequest);
    const { engine } = await chooseEngine(app, request.model);
    const { prompt } = await toChatInput(request, app.options);
    return c.json({ prompt: await engine.render(prompt) } satisfies AppliedTemplate);
  };
}
