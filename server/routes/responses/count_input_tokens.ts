import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import type { ResponseStore } from "../../response_store.ts";
import { type InputTokens, InputTokensRequest } from "../../schemas/responses/mod.ts";
import { readConversation } from "./read_conversation.ts";

/** `POST /v1/responses/input_tokens`: how many tokens a conversation has, as it would be answered. */
export function countInputTokens(app: AppInput, store: ResponseStore): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, InputTokensRequest);
    const conversation = readConversation(request, { store, systemPrompt: app.options.systemPrompt });
    if (conversation instanceof Response) return conversation;
    const { engine } = await chooseEngine(app, request.model);
    const { length } = await engine.tokenize({ prompt: conversation.prompt });
    return c.json({ object: "response.input_tokens", input_tokens: length } satisfies InputTokens);
  };
}
