import assert from "node:assert/strict";
import { EngineError } from "../../lib/errors.ts";
import { ErrorBody, Model, ModelList } from "../../server/schemas/mod.ts";
import { FakeEngine } from "./fake_engine.ts";
import { appOver, MESSAGES } from "./requests.ts";

const API_ROUTES: [string, RequestInit][] = [
  ["/v1/completions", { method: "POST", body: JSON.stringify({ prompt: "Hi" }) }],
  ...["", "/v1"].flatMap((prefix): [string, RequestInit][] => [
    [`${prefix}/models`, {}],
    [`${prefix}/models/fake-model`, {}],
    [`${prefix}/chat/completions`, { method: "POST", body: JSON.stringify({ messages: MESSAGES }) }],
  ]),
];

Deno.test("health follows the engine's state", async () => {
  const engine = new FakeEngine();
  const app = appOver(engine);
  const ready = await app.request("/health");
  assert.deepEqual([ready.status, await ready.json()], [200, { status: "ok" }]);

  engine.status = { state: "loading" };
  const loading = await app.request("/health");
  assert.equal(loading.status, 503);
  assert.equal(loading.headers.get("retry-after"), "1");
  const body = await loading.json();
  assert.equal(body.status, "loading model");
  assert.equal(ErrorBody.parse(body).error.code, "loading");

  engine.status = { state: "failed", error: new EngineError("bad_model", "no such architecture") };
  const failed = await app.request("/health");
  assert.equal(failed.status, 500);
  assert.equal(ErrorBody.parse(await failed.json()).error.message, "no such architecture");
});

Deno.test("health says 503 and why once a defect has ended the engine, and requests fail", async () => {
  const engine = new FakeEngine();
  const reason = "The engine's thread died: Uncaught TypeError: no such thing; restart the program";
  engine.status = { state: "failed", error: new EngineError("internal", reason) };
  const health = await appOver(engine).request("/health");
  assert.equal(health.status, 503);
  assert.equal(health.headers.get("retry-after"), null, "waiting does not help");
  const body = await health.json();
  assert.equal(body.status, "error");
  assert.deepEqual([ErrorBody.parse(body).error.message, body.error.code], [reason, "internal"]);
  for (const [path, init] of API_ROUTES) {
    const response = await appOver(engine).request(path, init);
    assert.equal(response.status, 500, path);
    assert.match(ErrorBody.strict().parse(await response.json()).error.message, /server's log/);
  }
});

Deno.test("every API route answers 503 while the model loads and works after it", async () => {
  const engine = new FakeEngine();
  const app = appOver(engine);
  for (const [path, init] of API_ROUTES) {
    engine.status = { state: "loading" };
    const response = await app.request(path, init);
    assert.equal(response.status, 503, path);
    assert.ok(Number(response.headers.get("retry-after")) > 0);
    assert.equal(ErrorBody.strict().parse(await response.json()).error.code, "loading");
    engine.status = await engine.ready().then((model) => ({ state: "ready", model }));
    const later = await app.request(path, init);
    assert.equal(later.status, 200, path);
    await later.body?.cancel();
  }
});

Deno.test("every API route gives the reason when the model could not be loaded", async () => {
  const engine = new FakeEngine();
  engine.status = {
    state: "failed",
    error: new EngineError("bad_file", 'Cannot load model "x.gguf": it ends too early'),
  };
  for (const [path, init] of API_ROUTES) {
    const response = await appOver(engine).request(path, init);
    assert.equal(response.status, 500, path);
    assert.match(ErrorBody.parse(await response.json()).error.message, /x\.gguf/);
  }
});

Deno.test("models lists the one model and gives it by its id", async () => {
  const app = appOver(new FakeEngine());
  for (const prefix of ["", "/v1"]) {
    const list = ModelList.strict().parse(await (await app.request(`${prefix}/models`)).json());
    assert.deepEqual(list.data.map((model) => model.id), ["fake-model"]);
    const one = Model.strict().parse(await (await app.request(`${prefix}/models/fake-model`)).json());
    assert.deepEqual(one, list.data[0]);
    assert.equal(one.meta?.n_ctx, 2048);
  }
});

Deno.test("models finds an id with slashes, escaped or not", async () => {
  const engine = new FakeEngine();
  const model = await engine.ready();
  engine.status = { state: "ready", model: { ...model, id: "owner/my model" } };
  for (const path of ["/v1/models/owner/my%20model", "/v1/models/owner%2Fmy%20model"]) {
    const response = await appOver(engine).request(path);
    assert.equal((await response.json()).id, "owner/my model", path);
  }
});

Deno.test("models answers 404 for an unknown id", async () => {
  for (const path of ["/v1/models/nope", "/v1/models/%zz", "/models/fake-model/more"]) {
    const response = await appOver(new FakeEngine()).request(path);
    assert.equal(response.status, 404, path);
    const { error } = ErrorBody.strict().parse(await response.json());
    assert.deepEqual([error.type, error.param, error.code], ["invalid_request_error", "model", "model_not_found"]);
  }
});

Deno.test("unknown paths are a 404 in OpenAI's shape", async () => {
  for (const path of ["/v1", "/v1/nope", "/nope", "/v1/v1/models", "/v2/chat/completions"]) {
    const response = await appOver(new FakeEngine()).request(path);
    assert.equal(response.status, 404, path);
    assert.equal(ErrorBody.strict().parse(await response.json()).error.code, "not_found");
  }
});

Deno.test("known paths refuse other methods with a 405 that lists theirs", async () => {
  const cases = [
    ["GET", "/v1/chat/completions", "POST"],
    ["POST", "/v1/models", "GET, HEAD"],
    [
      "OPTIONS",
      "/chat/completions",
      "POST",
    ],
    ["DELETE", "/v1/models/fake-model", "GET, HEAD"],
    ["POST", "/health", "GET, HEAD"],
    ["POST", "/", "GET, HEAD"],
  ];
  for (const [method, path = "", allow] of cases) {
    const response = await appOver(new FakeEngine()).request(path, { method });
    assert.equal(response.status, 405, `${method} ${path}`);
    assert.equal(response.headers.get("allow"), allow);
    assert.equal(ErrorBody.strict().parse(await response.json()).error.code, "method_not_allowed");
  }
});

Deno.test("responses let no other origin read them", async () => {
  const response = await appOver(new FakeEngine()).request("/v1/models", {
    headers: { origin: "http://evil.example" },
  });
  assert.equal(response.headers.get("access-control-allow-origin"), null);
  await response.body?.cancel();
});

Deno.test("index page shows the curl line and escapes what it quotes", async () => {
  const engine = new FakeEngine();
  const model = await engine.ready();
  engine.status = { state: "ready", model: { ...model, id: "<script>alert(1)</script>" } };
  const response = await appOver(engine).request("http://127.0.0.1:8080/");
  assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
  const page = await response.text();
  assert.match(page, /curl http:\/\/127\.0\.0\.1:8080\/v1\/chat\/completions/);
  assert.ok(!page.includes("<script>"));
});
