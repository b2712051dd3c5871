import { Hono } from "hono";
import { answerFailures } from "../../server/answer_failures.ts";
import type { AppEnv, AppOptions } from "../../server/app_input.ts";
import { guard } from "../../server/guard.ts";
import { nameIgnored } from "../../server/name_ignored.ts";
import { nameRelaxed } from "../../server/name_relaxed.ts";
import type { ResponseStore } from "../../server/response_store.ts";
import { responsesApi } from "../../server/routes/responses/mod.ts";
import type { FakeEngine } from "./fake_engine.ts";

/** What may differ from an app without options. */
export interface ResponsesAppOptions extends Partial<AppOptions> {
  responses?: ResponseStore;
}

/** An app over a fake engine that serves the Responses API alone. */
export function responsesOver(engine: FakeEngine, given: ResponsesAppOptions = {}): Hono<AppEnv> {
  const { responses, ...options } = given;
  const app = new Hono<AppEnv>({ strict: false });
  answerFailures(app);
  guard(app);
  app.use(nameIgnored());
  app.use(nameRelaxed());
  const api = responsesApi({ engine, responses, options: { version: "0.0.0", ...options } });
  app.route("/v1", api);
  app.route("/", api);
  return app;
}

/** Posts a request for a response, which must go well, and gives its body. */
export async function respond(app: Hono<AppEnv>, request: object): Promise<Record<string, unknown> & { id: string }> {
  const response = await app.request("/v1/responses", { method: "POST", body: JSON.stringify(request) });
  const body = await response.json();
  if (response.status !== 200) throw new Error(`Status ${response.status}: ${JSON.stringify(body)}`);
  return body;
}

/** Events of a stream: the name of each and its data. */
export function namedEvents(stream: string): { name: string; data: Record<string, unknown> }[] {
  return stream.split("\n\n").filter((event) => event.startsWith("event: ")).map((event) => {
    const [name = "", data = ""] = event.split("\n");
    return { name: name.slice("event: ".length), data: JSON.parse(data.slice("data: ".length)) };
  });
}
