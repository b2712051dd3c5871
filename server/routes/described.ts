import { type Handler, Hono } from "hono";
import type { AppEnv, AppInput } from "../app_input.ts";
import type { OpenApiDocument } from "../openapi/mod.ts";

/**
 * `GET /openapi.json` and `GET /docs`: what this server takes and answers, for programs and for people. It is made when somebody asks for it for
 * the first time, and kept.
 */
export function describedApi({ options }: AppInput): Hono<AppEnv> {
  let made: Promise<OpenApiDocument> | undefined;
  const describe = (): Promise<OpenApiDocument> => made ??= makeDocument(options.version);
  return new Hono<AppEnv>({ strict: false })
    .get("/openapi.json", sendDocument(describe))
    .get("/docs", showDocs(describe));
}

type Describe = () => Promise<OpenApiDocument>;

function sendDocument(describe: Describe): Handler<AppEnv> {
  let json: string | undefined;
  return async (c) => {
    json ??= JSON.stringify(await describe());
    return c.body(json, 200, { "content-type": "application/json" });
  };
}

function showDocs(describe: Describe): Handler<AppEnv> {
  // Most readers come by the same address.
  let last: { origin: string; page: string } | undefined;
  return async (c) => {
    const { docsPage, docsPolicy } = await import("../docs/mod.ts");
    const { origin } = new URL(c.req.url);
    if (last?.origin !== origin) last = { origin, page: await docsPage(await describe(), origin) };
    return c.html(last.page, 200, {
      "content-security-policy": docsPolicy(),
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
  };
}

async function makeDocument(version: string): Promise<OpenApiDocument> {
  const { openApiDocument } = await import("../openapi/mod.ts");
  return openApiDocument(version);
}
