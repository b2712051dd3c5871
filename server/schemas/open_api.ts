import * as z from "zod";

/** The answer of `GET /openapi.json`, as far as it tells what it is: OpenAPI's own schema says the rest. */
export const OpenApi = z.looseObject({
  openapi: z.string().startsWith("3.1."),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.looseObject({})),
});
