import type { Hono, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Engine, ModelInfo } from "../lib/engine/mod.ts";
import { EngineError } from "../lib/errors.ts";
import type { AppEnv } from "./app_input.ts";

/** The largest request body, in bytes. */
const MAX_BODY_BYTES = 16 * 2 ** 20;

/**
 * Puts before every route what must hold for each request, and behind them the refusal of methods that a path does not take; what is thrown,
 * `answerFailures` answers. Checks of host, origin and key belong here, before everything else.
 */
export function guard(app: Hono<AppEnv>): void {
  app.use(async (c, next) => {
    // A Host header that is no host makes the request's own URL unreadable for everything behind.
    if (!URL.canParse(c.req.url)) throw new EngineError("invalid_host", "The Host header is not valid");
    await next();
  });
  app.use(methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) => {
      const allowed = methods.join(", ");
      c.header("allow", allowed);
      const { method, path } = c.req;
      throw new EngineError("method_not_allowed", `${path} does not take ${method}; it takes ${allowed}`);
    },
  }));
  app.use(bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      const message = `The request body is too large; the limit is ${MAX_BODY_BYTES} bytes`;
      throw new EngineError("request_too_large", message);
    },
  }));
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
