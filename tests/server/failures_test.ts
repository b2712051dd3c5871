import assert from "node:assert/strict";
import { EngineError } from "../../lib/errors.ts";
import { serve } from "../../server/serve.ts";
import { MessageError } from "../../server/schemas/anthropic/mod.ts";
import { ErrorBody } from "../../server/schemas/mod.ts";
import { OllamaError } from "../../server/schemas/ollama/mod.ts";
import { failAfter, FakeEngine } from "./fake_engine.ts";
import { appOver, MESSAGES } from "./requests.ts";

/** An API, and how it tells that something went wrong. */
interface Api {
  shape: "OpenAI" | "Anthropic" | "Ollama";
  /** A path that takes a POST with a body, which is answered, and one that is not there. */
  path: string;
  unknown: string;
  body: object;
  /** Checks the shape and gives the message and what kind of error it is, where the API says so. */
  read(response: Response): Promise<{ message: string; kind: string | null }>;
}

async function readOpenAi(response: Response): Promise<{ message: string; kind: string | null }> {
  const { error } = ErrorBody.strict().parse(await response.json());
  return { message: error.message, kind: error.code };
}

async function readAnthropic(response: Response): Promise<{ message: string; kind: string | null }> {
  const { error, request_id } = MessageError.strict().parse(await response.json());
  assert.match(request_id, /^req_[0-9a-f]{32}$/);
  assert.equal(response.headers.get("request-id"), request_id);
  return { message: error.message, kind: error.type };
}

async function readOllama(response: Response): Promise<{ message: string; kind: string | null }> {
  return { message: OllamaError.strict().parse(await response.json()).error, kind: null };
}

const CHAT = { messages: MESSAGES };
const ANTHROPIC = { shape: "Anthropic" as const, body: { ...CHAT, max_tokens: 5 }, read: readAnthropic };
const APIS: readonly Api[] = [
  { shape: "OpenAI", path: "/v1/chat/completions", unknown: "/v1/nothing", body: CHAT, read: readOpenAi },
  { shape: "OpenAI", path: "/v1/responses", unknown: "/v1/messagesx", body: { input: "Hi" }, read: readOpenAi },
  { shape: "OpenAI", path: "/completion", unknown: "/apix", body: { prompt: "Hi" }, read: readOpenAi },
  { ...ANTHROPIC, path: "/v1/messages", unknown: "/v1/messages/nothing" },
  { ...ANTHROPIC, path: "/v1/messages/count_tokens", unknown: "/v1/messages/batches/1" },
  { shape: "Ollama", path: "/api/chat", unknown: "/api/pull", body: CHAT, read: readOllama },
  { shape: "Ollama", path: "/api/generate", unknown: "/api", body: { prompt: "Hi" }, read: readOllama },
];

/** What goes wrong with a request, and what each API calls it. */
interface Failure {
  status: number;
  openAi: string;
  anthropic: string;
  message: RegExp;
  ask(api: Api): Promise<Response>;
  headers?: Record<string, string>;
}

function send(path: string, init: RequestInit, engine = new FakeEngine()): Promise<Response> {
  return Promise.resolve(appOver(engine, { strictModel: true }).request(path, init));
}

function post(body: string, headers: HeadersInit = { "content-type": "application/json" }): RequestInit {
  return { method: "POST", headers, body };
}

const FAILURES: Record<string, Failure> = {
  "unknown path": {
    status: 404,
    openAi: "not_found",
    anthropic: "not_found_error",
    message: /^There is no GET \/[^;]*; /,
    ask: ({ unknown }) => send(unknown, {}),
  },
  "unknown path that is posted to": {
    status: 404,
    openAi: "not_found",
    anthropic: "not_found_error",
    message: /^There is no POST /,
    ask: ({ unknown, body }) => send(unknown, post(JSON.stringify(body))),
  },
  "unknown model": {
    status: 404,
    openAi: "model_not_found",
    anthropic: "not_found_error",
    message: /^There is no model "gpt-4"/,
    ask: ({ path, body }) => send(path, post(JSON.stringify({ ...body, model: "gpt-4" }))),
  },
  "method that the path does not take": {
    status: 405,
    openAi: "method_not_allowed",
    anthropic: "invalid_request_error",
    message: /does not take DELETE; it takes POST$/,
    ask: ({ path }) => send(path, { method: "DELETE" }),
    headers: { allow: "POST" },
  },
  "body above the limit": {
    status: 413,
    openAi: "request_too_large",
    anthropic: "request_too_large",
    message: /the limit is \d+ bytes$/,
    ask: ({ path }) => send(path, post(" ".repeat(17 * 2 ** 20))),
  },
  "body of another type from a page": {
    status: 415,
    openAi: "unsupported_media_type",
    anthropic: "invalid_request_error",
    message: /is "text\/plain"; send JSON as "application\/json"$/,
    ask: ({ path, body }) =>
      send(path, post(JSON.stringify(body), { "content-type": "text/plain", origin: "http://a.example" })),
  },
  "malformed JSON": {
    status: 400,
    openAi: "invalid_value",
    anthropic: "invalid_request_error",
    message: /not valid JSON: .*position 1/,
    ask: ({ path }) => send(path, post("{")),
  },
  "model that still loads": {
    status: 503,
    openAi: "loading",
    anthropic: "overloaded_error",
    message: /still being loaded/,
    ask: ({ path, body }) => {
      const engine = new FakeEngine();
      engine.status = { state: "loading" };
      return send(path, post(JSON.stringify(body)), engine);
    },
    headers: { "retry-after": "1" },
  },
  "engine that died": {
    status: 500,
    openAi: "internal",
    anthropic: "api_error",
    message: /^Internal error; the server's log says more$/,
    ask: ({ path, body }) => {
      const engine = new FakeEngine();
      engine.status = { state: "failed", error: new EngineError("internal", "secret") };
      return send(path, post(JSON.stringify(body)), engine);
    },
  },
};

for (const [name, { status, openAi, anthropic, message, ask, headers = {} }] of Object.entries(FAILURES)) {
  Deno.test(`${name} is a ${status} in the shape of each API`, async () => {
    for (const api of APIS) {
      const response = await ask(api);
      const what = `${api.shape}: ${api.path}`;
      assert.equal(response.status, status, what);
      assert.match(response.headers.get("content-type") ?? "", /^application\/json/, what);
      for (const header of ["allow", "retry-after"]) {
        assert.equal(response.headers.get(header), headers[header] ?? null, `${what}: ${header}`);
      }
      const said = await api.read(response);
      assert.match(said.message, message, what);
      assert.equal(said.kind, { OpenAI: openAi, Anthropic: anthropic, Ollama: null }[api.shape], what);
    }
  });
}

Deno.test("a full queue is told in the shape of each API, with the status that its clients know", async () => {
  const generating = APIS.filter(({ path }) => !path.endsWith("count_tokens"));
  for (const { path, body, read } of generating) {
    for (const stream of [false, true]) {
      const engine = new FakeEngine(failAfter([], new EngineError("overloaded", "The queue is full")));
      const response = await send(path, post(JSON.stringify({ ...body, stream })), engine);
      assert.equal(response.status, read === readAnthropic ? 529 : 503, path);
      assert.equal(response.headers.get("retry-after"), "1");
      assert.equal((await read(response)).message, "The queue is full");
    }
  }
});

Deno.test("HEAD is refused where there is no GET, without a body", async () => {
  for (const { path } of APIS) {
    const response = await send(path, { method: "HEAD" });
    assert.deepEqual([response.status, response.headers.get("allow"), await response.text()], [405, "POST", ""], path);
  }
});

Deno.test("a path's slash at the end and escapes make no difference to whose shape it is", async () => {
  await readOllama(await send("/api/", {}));
  await readOllama(await send("/%61pi/nothing", {}));
  await readAnthropic(await send("/v1/messages/", {}));
  await readOpenAi(await send("/v1/", {}));
  await readOpenAi(await send("/api%2Fchat", {}));
});

Deno.test("a Host header that is none is a 400 in the shape of each API", async () => {
  const server = await serve(appOver(new FakeEngine()), { hostname: "127.0.0.1", port: 0, portGiven: true });
  try {
    for (const { path, read } of APIS) {
      using connection = await Deno.connect({ hostname: server.hostname, port: server.port });
      await connection.write(
        new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n`),
      );
      const text = await new Response(connection.readable).text();
      const head = text.slice(0, text.indexOf("\r\n\r\n"));
      // It may come in chunks.
      const body = text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1);
      assert.match(head, /^HTTP\/1\.1 400 /, path);
      const id = /^request-id: (.*)$/m.exec(head)?.[1]?.trim();
      const response = new Response(body, id === undefined ? {} : { headers: { "request-id": id } });
      assert.equal((await read(response)).message, "The Host header is not valid");
    }
  } finally {
    await server.shutdown();
  }
});
