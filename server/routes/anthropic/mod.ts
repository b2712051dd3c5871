import { Hono } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { logFailure } from "../../errors.ts";
import { requireReady } from "../../guard.ts";
import { countTokens } from "./count_tokens.ts";
import { createMessage } from "./create_message.ts";
import { nameRequest, requestId } from "./name_request.ts";
import { toMessageErrorResponse } from "./to_error.ts";

/** Anthropic's Messages API, with its own errors. Keys and versions that its clients send along are of no concern here. */
export function anthropicApi(app: AppInput): Hono<AppEnv> {
  const named = nameRequest();
  const ready = requireReady(app.engine);
  const api = new Hono<AppEnv>({ strict: false });
  api.onError((error, c) => {
    logFailure(error, `${c.req.method} ${c.req.path}`);
    return toMessageErrorResponse(error, requestId(c));
  });
  return api
    .post("/v1/messages", named, ready, createMessage(app))
    .post("/v1/messages/count_tokens", named, ready, countTokens(app));
}
