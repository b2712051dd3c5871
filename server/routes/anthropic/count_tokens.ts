import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import { CountTokensRequest, type TokenCount } from "../../schemas/anthropic/mod.ts";
import { toMessagesInput } from "./to_messages_input.ts";

/** `POST /v1/messages/count_tokens`: how many tokens a conversation has, with its tools, as it would be answered. */
export function countTokens(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, CountTokensRequest);
    const { engine } = await chooseEngine(app, request.model);
    const { prompt } = await toMessagesInput(request, app.options.systemPrompt);
    const tokens = await engine.tokenize({ prompt });
    return c.json({ input_tokens: tokens.length } satisfies TokenCount);
  };
}
