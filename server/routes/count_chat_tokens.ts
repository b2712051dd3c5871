import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../app_input.ts";
import { chooseEngine } from "../choose_engine.ts";
import { parseBody } from "../parse_body.ts";
import { ChatCompletionRequest } from "../schemas/mod.ts";
import type { InputTokens } from "../schemas/responses/mod.ts";
import { toChatInput } from "./to_chat_input.ts";

/** `POST /v1/chat/completions/input_tokens`: how many tokens a conversation has, as it would be answered; llama-server's own. */
export function countChatTokens(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, ChatCompletionRequest);
    const { engine } = await chooseEngine(app, request.model);
    const { prompt } = await toChatInput(request, app.options);
    const { length } = await engine.tokenize({ prompt });
    return c.json({ object: "response.input_tokens", input_tokens: length } satisfies InputTokens);
  };
}
