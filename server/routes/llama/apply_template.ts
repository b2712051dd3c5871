import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import { type AppliedTemplate, ApplyTemplateRequest } from "../../schemas/llama/mod.ts";
import { toChatPrompt } from "../to_chat_prompt.ts";

/** `POST /apply-template`: a conversation as the model would read it, without an answer. */
export function applyTemplate(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const { messages, model } = await parseBody(c, ApplyTemplateRequest);
    const { engine } = await chooseEngine(app, model);
    const chat = toChatPrompt(messages, app.options.systemPrompt);
    if (chat.kind !== "chat") throw new TypeError("A conversation became another kind of prompt");
    return c.json({ prompt: await engine.render(chat) } satisfies AppliedTemplate);
  };
}
