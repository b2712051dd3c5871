import type { Handler } from "hono";
import type { SlotInfo } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import type { Slots } from "../../schemas/llama/mod.ts";

/**
 * `GET /slots`: what each of the sequences that can be computed at once holds, and how far it is. With `fail_on_no_slot` it is a 503 when
 * all are at work.
 */
export function listSlots(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const { engine, model } = await chooseEngine(app, c.req.query("model"));
    const slots = await engine.slots();
    if (c.req.query("fail_on_no_slot") && slots.every(({ sequence }) => sequence !== undefined)) {
      throw new EngineError("overloaded", `No slot is available: all ${slots.length} are at work (--parallel)`);
    }
    return c.json(slots.map((slot) => toSlot(slot, model.contextLength)) satisfies Slots);
  };
}

function toSlot({ index: id, tokens, sequence }: SlotInfo, contextLength: number): Slots[number] {
  const slot = { id, n_ctx: contextLength, is_processing: sequence !== undefined, n_prompt_tokens: tokens };
  if (sequence === undefined) return slot;
  const { request, promptTokens, cachedTokens = 0, completionTokens, tokensLeft, speculates } = sequence;
  return {
    ...slot,
    speculative: speculates,
    id_task: request,
    n_prompt_tokens_processed: Math.max(0, Math.min(tokens, promptTokens) - cachedTokens),
    n_prompt_tokens_cache: cachedTokens,
    next_token: [{ has_next_token: true, n_remain: tokensLeft, n_decoded: completionTokens }],
  };
}
