import type { Handler } from "hono";
import { html } from "hono/html";
import type { AppEnv, AppInput } from "../app_input.ts";

/** `GET /`: a plain page that names the model and the line to paste. */
export function showIndex({ engine, options }: AppInput): Handler<AppEnv> {
  return (c) => {
    const { status } = engine;
    const model = status.state === "ready" ? status.model.id : `(${status.state})`;
    const address = `${new URL(c.req.url).origin}/v1`;
    const curl = `curl ${address}/chat/completions -d '{"messages":[{"role":"user","content":"Hello"}]}'`;
    return c.html(html`
      <!DOCTYPE html>
      <html lang="en">
        <head>
          <meta charset="utf-8">
          <title>packllama ${options.version}</title>
        </head>
        <body>
          <h1>packllama ${options.version}</h1>
          <p>Model: ${model}. OpenAI-compatible API: ${address}</p>
          <pre>${curl}</pre>
          <p><a href="/docs">The API</a></p>
        </body>
      </html>
    `);
  };
}
