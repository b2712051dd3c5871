import type { Hono } from "hono";
import { createApp } from "../../server/app.ts";
import type { AppEnv, AppOptions } from "../../server/app_input.ts";
import type { FakeEngine } from "./fake_engine.ts";

/** The smallest conversation. */
export const MESSAGES = [{ role: "user", content: "Hi" }];

/** An app over a fake engine. */
export function appOver(engine: FakeEngine, options: Partial<AppOptions> = {}): Hono<AppEnv> {
  return createApp({ engine, options: { version: "0.0.0", ...options } });
}

/** Posts a body, as JSON unless it is a string already. */
export async function post(
  app: Hono<AppEnv>,
  body: unknown,
  path = "/v1/chat/completions",
): Promise<Response> {
  return await app.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** The data of every event of a stream, in order; comments are left out. */
export function eventData(stream: string): string[] {
  return stream.split("\n\n").filter((event) => event.startsWith("data: ")).map((event) =>
    event.slice("data: ".length)
  );
}
