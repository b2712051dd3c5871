import type { Hono, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Engine, ModelInfo } from "../lib/engine/mod.ts";
import { EngineError } from "../lib/errors.ts";
import type { AppEnv } from "./app_input.ts";
import { httpError } from "./errors.ts";

/** The largest request body, in bytes. */
const MAX_BODY_BYTES = 16 * 2 ** 20;

/**
 * Puts before every route what must hold for each request, and behind them the answers for paths and methods that do not exist.
 * Checks of host, origin and key belong here, before everything else.
 */
export function guard(app: Hono<AppEnv>): void {
  app.use(async (c, next) => {
    // A Host header that is no host makes the request's own URL unreadable for everything behind.
    if (!URL.canParse(c.req.url)) return httpError(400, "The Host header is not valid", { code: "invalid_host" });
    return await next();
  });
  app.use(methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) =>
      httpError(405, `${c.req.path} does not take ${c.req.method}; it takes ${methods.join(", ")}`, {
        code: "method_not_allowed",
        headers: { allow: methods.join(", ") },
      }),
  }));
  app.use(bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () =>
      httpError(413, `The request body is too large; the limit is ${MAX_BODY_BYTES} bytes`, {
        code: "request_too_large",
      }),
  }));
  app.notFound((c) =>
    httpError(404, `There is no ${c.req.method} ${c.req.path}; the API's paths begin with /v1`, { code: "not_found" })
  );
}

/** Answers 503 while the model loads, and 500 with the reason when that failed, before the body is read. */
export function requireReady(engine: Engine): MiddlewareHandler<AppEnv> {
  return async (_c, next) => {
    readyModel(engine);
    await next();
  };
}

/**
 * The model that is loaded.
 *
 * @throws {EngineError} `loading`, or why it could not be loaded.
 */
export function readyModel({ status }: Engine): ModelInfo {
  if (status.state === "ready") return status.model;
  if (status.state === "failed") throw status.error;
  throw new EngineError("loading", "The model is still being loaded; try again soon");
}
