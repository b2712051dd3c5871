import { Hono } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { requireReady } from "../../guard.ts";
import { getHealth } from "../health.ts";
import { applyTemplate } from "./apply_template.ts";
import { createLlamaCompletion } from "./completion.ts";
import { createLlamaEmbeddings } from "./embeddings.ts";
import { createInfill } from "./infill.ts";
import { listAdapters, refuseAdapters } from "./lora_adapters.ts";
import { getMetrics } from "./metrics.ts";
import { getProps, refuseProps } from "./props.ts";
import { createReranking } from "./rerank.ts";
import { changeSlot } from "./slot_action.ts";
import { listSlots } from "./slots.ts";
import { createText, createTokens } from "./tokenize.ts";

/**
 * llama-server's own API (v0.4.0), to be mounted at `/`.
 *
 * @param input For metrics and slots, it comes from `meter`.
 */
export function llamaApi(input: AppInput): Hono<AppEnv> {
  const ready = requireReady(input.engine);
  const api = new Hono<AppEnv>({ strict: false })
    .get("/v1/health", getHealth(input))
    .get("/metrics", getMetrics(input))
    .get("/props", ready, getProps(input))
    .post("/props", refuseProps())
    .get("/slots", ready, listSlots(input))
    .post("/slots/:id", ready, changeSlot(input))
    .get("/lora-adapters", ready, listAdapters(input))
    .post("/lora-adapters", refuseAdapters())
    .post("/tokenize", ready, createTokens(input))
    .post("/detokenize", ready, createText(input))
    .post("/apply-template", ready, applyTemplate(input))
    .post("/infill", ready, createInfill(input));
  for (const path of ["/completion", "/completions"]) api.post(path, ready, createLlamaCompletion(input));
  for (const path of ["/embedding", "/embeddings"]) api.post(path, ready, createLlamaEmbeddings(input));
  for (const path of ["/rerank", "/reranking"]) {
    for (const prefix of ["", "/v1"]) api.post(prefix + path, ready, createReranking(input));
  }
  return api;
}
