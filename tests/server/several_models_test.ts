import assert from "node:assert/strict";
import type { ServedModel } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { createApp } from "../../server/app.ts";
import { Message } from "../../server/schemas/anthropic/mod.ts";
import { LlamaCompletion } from "../../server/schemas/llama/mod.ts";
import { ChatCompletion, Completion, ErrorBody, ModelList } from "../../server/schemas/mod.ts";
import { ChatAnswer } from "../../server/schemas/ollama/mod.ts";
import { ResponseObject } from "../../server/schemas/responses/mod.ts";
import { answer, FAKE_MODEL, FakeEngine } from "./fake_engine.ts";
import { appOver, MESSAGES, post } from "./requests.ts";

/** Two models, or those of these ids, of which only the first has been loaded. */
function request(path: string, body?: unknown, ids = ["one", "two"]): Promise<Response> {
  const engines = ids.map((id) => ({ id, engine: new FakeEngine(answer([`from ${id}`])) }));
  const list = ids.map((id, index): ServedModel =>
    index === 0 ? { id, state: "loaded", info: { ...FAKE_MODEL, id } } : { id, state: "unloaded", info: undefined }
  );
  const [first] = engines;
  assert.ok(first !== undefined);
  const select = (name: string | undefined): FakeEngine => {
    const found = name ? engines.find(({ id }) => id === name) : first;
    if (found !== undefined) return found.engine;
    throw new EngineError("not_found", `There is no model "${name}"`, { param: "model" });
  };
  const app = createApp({
    engine: first.engine,
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

/** What each API says, and where in its answer. */
const ROUTES: readonly [path: string, body: object, said: (answer: unknown) => unknown][] = [
  [
    "/v1/chat/completions",
    { messages: MESSAGES },
    (answer) => ChatCompletion.parse(answer).choices[0]?.message.content,
  ],
  ["/v1/completions", { prompt: "Hi" }, (answer) => Completion.parse(answer).choices[0]?.text],
  ["/v1/responses", { input: "Hi" }, (answer) => textOf(ResponseObject.parse(answer))],
  ["/v1/messages", { messages: MESSAGES, max_tokens: 5 }, (answer) => blockOf(Message.parse(answer))],
  ["/completion", { prompt: "Hi" }, (answer) => LlamaCompletion.parse(answer).content],
  ["/api/chat", { messages: MESSAGES, stream: false }, (answer) => ChatAnswer.parse(answer).message.content],
];

Deno.test("an id is taken with Ollama's tag in every API, and a model that is called so wins", async () => {
  const both = ["one", "one:latest", "two"];
  for (const [path, body, said] of ROUTES) {
    for (
      const [model, ids, expected] of [
        ["two:latest", ["one", "two"], "from two"],
        ["one:latest", both, "from one:latest"],
        ["one", both, "from one"],
        ["two:latest", both, "from two"],
      ] as const
    ) {
      const response = await request(path, { ...body, model }, [...ids]);
      assert.equal(response.status, 200, `${path} ${model}`);
      assert.equal(said(await response.json()), expected, `${path} ${model}`);
    }
    for (const model of ["three:latest", "two:8b", ":latest", "two:latest:latest"]) {
      const response = await request(path, { ...body, model });
      assert.equal(response.status, 404, `${path} ${model}`);
      assert.match(await response.text(), new RegExp(`There is no model \\\\"${model}\\\\"`));
    }
  }
});

Deno.test("a strict server of one takes its id with Ollama's tag in every API, and no other name", async () => {
  const strict = appOver(new FakeEngine(), { strictModel: true });
  for (const [path, body] of ROUTES) {
    for (const model of ["fake-model", "fake-model:latest"]) {
      assert.equal((await post(strict, { ...body, model }, path)).status, 200, `${path} ${model}`);
    }
    for (const model of ["gpt-4", "gpt-4:latest", "fake-model:8b", "fake-model:latest:latest"]) {
      assert.equal((await post(strict, { ...body, model }, path)).status, 404, `${path} ${model}`);
    }
  }
});

Deno.test("GET of a model gives it by its id, with Ollama's tag too, and is a 404 for any other, strict or not", async () => {
  assert.equal((await (await request("/v1/models/two:latest")).json()).id, "two");
  assert.equal(
    (await (await request("/v1/models/one:latest", undefined, ["one", "one:latest"])).json()).id,
    "one:latest",
  );
  for (const strictModel of [true, false]) {
    const app = appOver(new FakeEngine(), { strictModel });
    assert.equal((await (await app.request("/v1/models/fake-model:latest")).json()).id, "fake-model");
    for (const id of ["gpt-4", "gpt-4:latest", "fake-model:8b", "fake-model:latest:latest", ":latest"]) {
      const response = await app.request(`/v1/models/${id}`);
      assert.equal(response.status, 404, id);
      assert.equal(ErrorBody.parse(await response.json()).error.code, "model_not_found");
    }
  }
});

function textOf({ output: [item] }: ResponseObject): string | undefined {
  return item?.type === "message" ? item.content[0]?.text : undefined;
}

function blockOf({ content: [block] }: Message): string | undefined {
  return block?.type === "text" ? block.text : undefined;
}
