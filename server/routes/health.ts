import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../app_input.ts";
import { toErrorResponse } from "../errors.ts";
import { readyModel } from "../guard.ts";

/** `GET /health`: 200 when requests are answered, 503 while the model loads, 500 with the reason when it could not be loaded. */
export function getHealth({ engine }: AppInput): Handler<AppEnv> {
  return (c) => {
    try {
      readyModel(engine);
      return c.json({ status: "ok" });
    } catch (error) {
      return toErrorResponse(error, { status: engine.status.state === "loading" ? "loading model" : "error" });
    }
  };
}
