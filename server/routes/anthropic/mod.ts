import { Hono } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { requireReady } from "../../guard.ts";
import { countTokens } from "./count_tokens.ts";
import { createMessage } from "./create_message.ts";
import { nameRequest } from "./name_request.ts";

export { answerMessageError } from "./to_error.ts";

/** Anthropic's Messages API. Keys and versions that its clients send along are of no concern here. */
export function anthropicApi(app: AppInput): Hono<AppEnv> {
  const named = nameRequest();
  const ready = requireReady(app.engine);
  return new Hono<AppEnv>({ strict: false })
    .post("/v1/messages", named, ready, createMessage(app))
    .post("/v1/messages/count_tokens", named, ready, countTokens(app));
}
