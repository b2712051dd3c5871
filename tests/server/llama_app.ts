import { Hono } from "hono";
import { answerFailures } from "../../server/answer_failures.ts";
import type { AppEnv, ModelChoice } from "../../server/app_input.ts";
import { guard } from "../../server/guard.ts";
import { meter } from "../../server/metrics.ts";
import { nameIgnored } from "../../server/name_ignored.ts";
import { nameRelaxed } from "../../server/name_relaxed.ts";
import type { AppOptions } from "../../server/app_input.ts";
import { llamaApi } from "../../server/routes/llama/mod.ts";
import type { FakeEngine } from "./fake_engine.ts";

/** llama-server's own API alone, over a fake engine that is metered. */
export function llamaAppOver(
  engine: FakeEngine,
  options: Partial<AppOptions> = {},
  models?: ModelChoice,
): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ strict: false });
  answerFailures(app);
  guard(app);
  app.use(nameIgnored());
  app.use(nameRelaxed());
  const input = { engine, options: { version: "0.0.0", ...options }, ...(models === undefined ? {} : { models }) };
  app.route("/", llamaApi(meter(input)));
  return app;
}
