import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import type { ResponseStore } from "../../response_store.ts";
import { type InputTokens, InputTokensRequest } from "../../schemas/responses/mod.ts";
import { readConversation } from "./read_conversation.ts";
import { toResponseInput } from "./to_response_input.ts";

/** `POST /v1/responses/input_tokens`: how many tokens a conversation has, with its tools, as it would be answered. */
export function countInputTokens(app: AppInput, store: ResponseStore): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, InputTokensRequest);
    const conversation = readConversation(request, store);
    if (conversation instanceof Response) return conversation;
    const { engine } = await chooseEngine(app, request.model);
    const { prompt } = await toResponseInput(conversation.messages, {
      request,
      systemPrompt: app.options.systemPrompt,
    });
    const { length } = await engine.tokenize({ prompt });
    return c.json({ object: "response.input_tokens", input_tokens: length } satisfies InputTokens);
  };
}
