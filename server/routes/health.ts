import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../app_input.ts";
import { toErrorBody, toErrorResponse } from "../errors.ts";
import { readyModel } from "../guard.ts";
import type { Health, HealthError } from "../schemas/mod.ts";

/**
 * `GET /health`: 200 when requests are answered, 503 while the model loads or once a defect has ended the engine, 500 when the model could not
 * be loaded; with the reason.
 */
export function getHealth({ engine }: AppInput): Handler<AppEnv> {
  return (c) => {
    const { status } = engine;
    if (status.state === "failed" && status.error.code === "internal") {
      // To whoever asks for the server's health, unlike to its clients, the reason is of use.
      const error = { ...toErrorBody(status.error).error, message: status.error.message };
      return c.json({ status: "error", error } satisfies HealthError, 503);
    }
    try {
      readyModel(engine);
      return c.json({ status: "ok" } satisfies Health);
    } catch (error) {
      return toErrorResponse(error, { status: status.state === "loading" ? "loading model" : "error" });
    }
  };
}
