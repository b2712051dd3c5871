import type { Handler } from "hono";
import { EngineError } from "../../../lib/errors.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { MeteredEngine } from "../../metrics.ts";
import { SlotActionQuery, type Slots } from "../../schemas/llama/mod.ts";
import { notSupported } from "./not_supported.ts";

/** What llama-server does with a slot. */
const ACTIONS = SlotActionQuery.shape.action;

/**
 * `GET /slots`: how many sequences can be computed at once, and how many are. Which of them is in which slot the engine does not tell: those
 * that are at work come first. With `fail_on_no_slot` it is a 503 when there is no other.
 */
export function listSlots(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const { engine, model } = await chooseEngine(app, c.req.query("model"));
    if (!(engine instanceof MeteredEngine)) return notSupported("This server does not count what its slots do");
    const { busy } = engine.load;
    if (c.req.query("fail_on_no_slot") && busy >= model.parallel) {
      throw new EngineError("overloaded", `No slot is available: all ${model.parallel} are at work (--parallel)`);
    }
    return c.json(
      Array.from({ length: model.parallel }, (_, id) => ({
        id,
        n_ctx: model.contextLength,
        is_processing: id < busy,
      })) satisfies Slots,
    );
  };
}

/** `POST /slots/:id`: refused, as llama-server does without a folder to save in. */
export function refuseSlotAction(): Handler<AppEnv> {
  return (c) => {
    const action = c.req.query("action") ?? "";
    if (ACTIONS.safeParse(action).success) {
      return notSupported(
        `This server does not ${action} slots; it keeps states by itself, and with --prompt-cache across restarts`,
      );
    }
    const found = action === "" ? "none" : JSON.stringify(action);
    const message = `Invalid "action": expected one of ${ACTIONS.options.join(", ")}, found ${found}`;
    throw new EngineError("invalid_value", message, { param: "action" });
  };
}
