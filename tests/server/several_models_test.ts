import assert from "node:assert/strict";
import type { ServedModel } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { createApp } from "../../server/app.ts";
import { ModelList } from "../../server/schemas/mod.ts";
import { answer, FAKE_MODEL, FakeEngine } from "./fake_engine.ts";

/** Two models, the second of which has not been loaded. */
function request(path: string, body?: unknown): Promise<Response> {
  const engines = { one: new FakeEngine(answer(["from one"])), two: new FakeEngine(answer(["from two"])) };
  const list: ServedModel[] = [
    { id: "one", state: "loaded", info: { ...FAKE_MODEL, id: "one" } },
    { id: "two", state: "unloaded", info: undefined },
  ];
  const select = (name: string | undefined): FakeEngine => {
    if (name === "two") return engines.two;
    if (name === "one" || !name) return engines.one;
    throw new EngineError("not_found", `There is no model "${name}"`, { param: "model" });
  };
  const app = createApp({
    engine: engines.one,
    models: { select, list: () => list },
    options: { version: "0" },
  });
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return Promise.resolve(app.request(path, init));
}

Deno.test("of several models a request's `model` chooses one; without it the first answers", async () => {
  const messages = [{ role: "user", content: "Hi" }];
  for (const [model, expected] of [["two", "from two"], ["one", "from one"], [undefined, "from one"]] as const) {
    const chat = await (await request("/v1/chat/completions", { messages, model })).json();
    assert.equal(chat.choices[0].message.content, expected);
    const completion = await (await request("/v1/completions", { prompt: "Hi", model })).json();
    assert.equal(completion.choices[0].text, expected);
  }
});

Deno.test("a model that none of several is gets 404 model_not_found", async () => {
  for (
    const [path, body] of [
      ["/v1/chat/completions", { messages: [{ role: "user", content: "Hi" }] }],
      ["/v1/completions", { prompt: "Hi" }],
      ["/v1/embeddings", { input: "Hi" }],
      ["/v1/rerank", { query: "Hi", documents: ["a"] }],
    ] as const
  ) {
    const response = await request(path, { ...body, model: "three" });
    assert.equal(response.status, 404, path);
    const { error } = await response.json();
    assert.equal(error.code, "model_not_found");
    assert.equal(error.param, "model");
  }
});

Deno.test("the list of models tells of each where it stands", async () => {
  const { data } = ModelList.parse(await (await request("/v1/models")).json());
  assert.deepEqual(data.map(({ id, status }) => [id, status.value]), [["one", "loaded"], ["two", "unloaded"]]);
  assert.equal(data[0]?.meta?.n_ctx, FAKE_MODEL.contextLength);
  assert.equal(data[1]?.meta, undefined);
  assert.equal((await (await request("/v1/models/two")).json()).id, "two");
  assert.equal((await request("/v1/models/three")).status, 404);
});
