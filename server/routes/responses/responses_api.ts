import { Hono } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { requireReady } from "../../guard.ts";
import { MemoryResponseStore } from "../../response_store.ts";
import { countInputTokens } from "./count_input_tokens.ts";
import { createResponse } from "./create_response.ts";
import { listInputItems } from "./list_input_items.ts";
import { cancelResponse, deleteResponse, getResponse } from "./stored_responses.ts";

/**
 * OpenAI's Responses API, to be mounted at `/v1` and at `/`: made once for both, so that both know the same responses. What is stored can be
 * read while the model still loads.
 */
export function responsesApi(input: AppInput): Hono<AppEnv> {
  const ready = requireReady(input.engine);
  const store = input.responses ?? new MemoryResponseStore();
  return new Hono<AppEnv>({ strict: false })
    .post("/responses", ready, createResponse(input, store))
    .post("/responses/input_tokens", ready, countInputTokens(input, store))
    .get("/responses/:id", getResponse(store))
    .delete("/responses/:id", deleteResponse(store))
    .get("/responses/:id/input_items", listInputItems(store))
    .post("/responses/:id/cancel", cancelResponse(store));
}
