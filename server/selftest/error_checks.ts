import assert from "node:assert/strict";
import { MessageError } from "../schemas/anthropic/mod.ts";
import { ErrorBody } from "../schemas/mod.ts";
import { OllamaError } from "../schemas/ollama/mod.ts";
import { ask, type Asked, askJson, type Check, MESSAGES } from "./check.ts";

/** The shapes that errors have: whose, a path that takes only a POST, and what is read from it. */
const SHAPES: readonly [api: string, path: string, read: (body: unknown) => string][] = [
  ["OpenAI", "/v1/chat/completions", (body) => ErrorBody.strict().parse(body).error.message],
  ["Anthropic", "/v1/messages", (body) => MessageError.strict().parse(body).error.message],
  ["Ollama", "/api/chat", (body) => OllamaError.strict().parse(body).error],
];
const CHAT = "/v1/chat/completions";

/** What every API does with a request that is wrong, or that says what nobody takes. */
export const ERROR_CHECKS: readonly Check[] = [
  { name: "unknown path", run: (base) => eachShape(base, { status: 404, below: "/nothing" }) },
  { name: "another method", run: (base) => eachShape(base, { status: 405, method: "PUT" }) },
  {
    name: "a body that is no JSON",
    run: (base) => eachShape(base, { status: 415, body: "a=b", type: "application/x-www-form-urlencoded" }),
  },
  { name: "malformed JSON", run: malformed },
  { name: "unknown model id", run: unknownModel },
  { name: "wrong parameter", run: wrongParameter },
  { name: "parameter that nobody takes", run: ignored },
];

async function eachShape(base: string, { below = "", ...asked }: Asked & { below?: string }): Promise<string> {
  for (const [api, path, read] of SHAPES) {
    const { text, headers } = await ask(base + path + below, asked);
    assert.doesNotThrow(() => read(JSON.parse(text)), `not in the shape of ${api}: ${text.slice(0, 200)}`);
    if (asked.status === 405) assert.equal(headers.get("allow"), "POST", `Allow of ${path}`);
  }
  return `${asked.status}, as ${SHAPES.map(([api]) => api).join(", ")}`;
}

async function malformed(base: string): Promise<string> {
  for (const [, path, read] of SHAPES) {
    const message = read(await askJson(base + path, { body: '{"messages": [}', status: 400 }));
    assert.match(message, /position 14\b/);
  }
  return "400, at position 14";
}

async function unknownModel(base: string): Promise<string> {
  const { error } = ErrorBody.parse(await askJson(`${base}/v1/models/no-such-model`, { status: 404 }));
  assert.equal(error.code, "model_not_found");
  return `404 ${error.code}`;
}

async function wrongParameter(base: string): Promise<string> {
  const body = { messages: MESSAGES, temperature: "hot" };
  const { error } = ErrorBody.parse(await askJson(base + CHAT, { body, status: 400 }));
  assert.equal(error.param, "temperature");
  return `400 ${error.param}`;
}

async function ignored(base: string): Promise<string> {
  const body = { messages: MESSAGES, max_tokens: 1, no_such_parameter: 1 };
  const { headers } = await ask(base + CHAT, { body });
  assert.equal(headers.get("x-ignored-parameters"), "no_such_parameter");
  return "X-Ignored-Parameters: no_such_parameter";
}
