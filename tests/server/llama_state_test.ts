import assert from "node:assert/strict";
import type { Hono } from "hono";
import { DEFAULT_SAMPLING } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { AppEnv } from "../../server/app_input.ts";
import { llamaApi } from "../../server/routes/llama/mod.ts";
import {
  ErasedSlot,
  LoraAdapters,
  NotSupportedBody,
  Props,
  RestoredSlot,
  SavedSlot,
  Slots,
} from "../../server/schemas/llama/mod.ts";
import { ErrorBody } from "../../server/schemas/mod.ts";
import { answer, DONE, failAfter, FAKE_MODEL, FakeEngine, hangAfter } from "./fake_engine.ts";
import { llamaAppOver } from "./llama_app.ts";
import { post } from "./requests.ts";
import { within } from "./within.ts";

/** The value of each metric, by its name. */
async function metricsOf(app: Hono<AppEnv>): Promise<Record<string, number>> {
  const response = await app.request("/metrics");
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => {
    const [, name = "", value] = /^llamacpp:(\w+) (\S+)$/.exec(line) ?? assert.fail(line);
    return [name, Number(value)];
  }));
}

Deno.test("props tell of the model, and what holds where a request says nothing", async () => {
  const options = { defaults: { temperature: 0.3, seed: 5 }, maxTokens: 50, modelFile: "/home/ann/models/fake.gguf" };
  const response = await llamaAppOver(new FakeEngine(), options).request("/props");
  const text = await response.text();
  assert.ok(!text.includes("/home"), "no paths for clients");
  const { default_generation_settings: { params, n_ctx }, ...rest } = Props.strict().parse(JSON.parse(text));
  assert.equal(n_ctx, FAKE_MODEL.contextLength);
  assert.deepEqual([params.temperature, params.seed, params.n_predict], [0.3, 5, 50]);
  assert.deepEqual(params.samplers, DEFAULT_SAMPLING.samplers);
  const { chat_template_caps: caps, ...other } = rest;
  assert.deepEqual([caps?.supports_string_content, caps?.supports_tools], [true, false]);
  assert.deepEqual(other, {
    total_slots: 4,
    model_alias: "fake-model",
    model_path: "fake.gguf",
    modalities: { vision: false, video: false, audio: false },
    endpoint_slots: true,
    endpoint_props: false,
    endpoint_metrics: true,
    chat_template: "{{ messages }}",
    bos_token: "<s>",
    eos_token: "</s>",
    build_info: "packllama-0.0.0",
    is_sleeping: false,
  });
});

Deno.test("what llama-server can be started with and this server not is a 501 that says what to do", async () => {
  const app = llamaAppOver(new FakeEngine());
  const cases: [string, RegExp][] = [
    ["/props", /with each request/],
    ["/slots/0?action=save", /does not save slots; start it with --slot-save-path/],
    ["/slots/0?action=restore", /does not restore slots; start it with --slot-save-path/],
    ["/slots/0?action=erase", /does not erase slots; start it with --slot-save-path/],
    ["/lora-adapters", /"lora": \[/],
  ];
  for (const [path, message] of cases) {
    const response = await post(app, [], path);
    assert.equal(response.status, 501, path);
    assert.match(NotSupportedBody.strict().parse(await response.json()).error.message, message);
  }
  for (const path of ["/slots/0", "/slots/0?action=dance"]) {
    const response = await post(app, {}, path);
    assert.equal(response.status, 400, path);
    assert.equal(ErrorBody.strict().parse(await response.json()).error.param, "action");
  }
});

Deno.test("metrics of an engine that is not metered are a 501", async () => {
  const response = await llamaApi({ engine: new FakeEngine(), options: { version: "0" } }).request("/metrics");
  assert.equal(response.status, 501);
  NotSupportedBody.strict().parse(await response.json());
});

Deno.test("slots are saved, restored and erased in the shape of llama-server, in the folder alone that it was started with", async () => {
  const engine = new FakeEngine();
  const app = llamaAppOver(engine, { slotSavePath: "/kept" });
  const act = async (path: string, body: unknown = {}): Promise<unknown> => (await post(app, body, path)).json();
  const { timings: saving, ...saved } = SavedSlot.strict().parse(
    await act("/slots/1?action=save", { filename: "a-1.bin" }),
  );
  assert.deepEqual(saved, { id_slot: 1, filename: "a-1.bin", n_saved: 8, n_written: 800 });
  const { timings: restoring, ...restored } = RestoredSlot.strict().parse(
    await act("/slots/2?action=restore", { filename: "a-1.bin" }),
  );
  assert.deepEqual(restored, { id_slot: 2, filename: "a-1.bin", n_restored: 8, n_read: 800 });
  assert.ok(saving.save_ms >= 0 && restoring.restore_ms >= 0);
  assert.deepEqual(ErasedSlot.strict().parse(await act("/slots/0?action=erase")), { id_slot: 0, n_erased: 8 });
  assert.deepEqual(engine.slotActions, [
    { index: 1, kind: "save", path: "/kept/a-1.bin" },
    { index: 2, kind: "restore", path: "/kept/a-1.bin" },
    { index: 0, kind: "erase" },
  ]);
  for (
    const filename of ["", ".", "..", "../a", "a/b", "a\\b", "/etc/passwd", "C:a", "a\0", "a".repeat(61), 5, null]
  ) {
    const response = await post(app, { filename }, "/slots/0?action=save");
    assert.equal(response.status, 400, String(filename));
    assert.equal(ErrorBody.strict().parse(await response.json()).error.param, "filename");
  }
  assert.equal((await post(app, { filename: "a" }, "/slots/-1?action=save")).status, 400);
  // As a page of another origin can send it without asking.
  const foreign = { method: "POST", headers: { origin: "http://a.example", "content-type": "text/plain" } };
  assert.equal((await app.request("/slots/0?action=erase", foreign)).status, 415);
  assert.equal(engine.slotActions.length, 3);
});

Deno.test("a slot's file that cannot be used is the client's mistake, and where it lies is not told", async () => {
  class Damaged extends FakeEngine {
    override changeSlot(): Promise<never> {
      return Promise.reject(new EngineError("bad_file", 'Cannot use the KV states in "/kept/a": it is too short'));
    }
  }
  const response = await post(
    llamaAppOver(new Damaged(), { slotSavePath: "/kept" }),
    { filename: "a" },
    "/slots/0?action=restore",
  );
  assert.equal(response.status, 400);
  const { error } = ErrorBody.strict().parse(await response.json());
  assert.deepEqual([error.param, error.message], ["filename", 'Cannot use the KV states in "a": it is too short']);
});

Deno.test("LoRA adapters are listed with their scales, by name alone", async () => {
  const adapters = [{ path: "/home/ann/a.gguf", scale: 1 }, { path: "C:\\b.gguf", scale: 0.5 }];
  const response = await llamaAppOver(new FakeEngine(), { adapters }).request("/lora-adapters");
  assert.deepEqual(LoraAdapters.parse(await response.json()), [
    { id: 0, path: "a.gguf", scale: 1 },
    { id: 1, path: "b.gguf", scale: 0.5 },
  ]);
  assert.deepEqual(await (await llamaAppOver(new FakeEngine()).request("/lora-adapters")).json(), []);
});

Deno.test("slots tell how many sequences are computed", async () => {
  const engine = new FakeEngine(hangAfter(["a"]));
  const app = llamaAppOver(engine);
  const busy = async (): Promise<number> => {
    const slots = Slots.parse(await (await app.request("/slots")).json());
    assert.deepEqual(
      slots.map(({ id, n_ctx }) => [id, n_ctx]),
      [0, 1, 2, 3].map((id) => [id, FAKE_MODEL.contextLength]),
    );
    return slots.filter(({ is_processing }) => is_processing).length;
  };
  assert.equal(await busy(), 0);
  const response = await post(app, { prompt: "a", n: 3, stream: true }, "/completion");
  assert.equal(await busy(), 3);
  const [first, , , last] = Slots.parse(await (await app.request("/slots")).json());
  assert.deepEqual(first, {
    id: 0,
    n_ctx: FAKE_MODEL.contextLength,
    is_processing: true,
    speculative: false,
    id_task: 7,
    n_prompt_tokens: 8,
    n_prompt_tokens_processed: 3,
    n_prompt_tokens_cache: 2,
    next_token: [{ has_next_token: true, n_remain: 9, n_decoded: 3 }],
  });
  assert.deepEqual(last, { id: 3, n_ctx: FAKE_MODEL.contextLength, is_processing: false, n_prompt_tokens: 8 });
  assert.equal((await app.request("/slots?fail_on_no_slot=1")).status, 200);
  const second = await post(app, { prompt: "a", n: 3, stream: true }, "/completion");
  assert.equal(await busy(), 4);
  const full = await app.request("/slots?fail_on_no_slot=1");
  assert.equal(full.status, 503);
  assert.equal(ErrorBody.strict().parse(await full.json()).error.type, "unavailable_error");
  const { requests_processing, requests_deferred } = await metricsOf(app);
  assert.deepEqual([requests_processing, requests_deferred], [4, 2]);
  for (const each of [response, second]) await each.body?.cancel();
  for (const call of engine.calls) await within(call.ended);
  assert.equal(await busy(), 0);
});

Deno.test("metrics count what was computed, and speeds since they were last asked for", async () => {
  const done = { ...DONE, timings: { ...DONE.timings, draftTokens: 8, draftAccepted: 5 } };
  const app = llamaAppOver(new FakeEngine(answer(["a", "b", "c"], { done })));
  assert.ok(Object.values(await metricsOf(app)).every((value) => value === 0));
  for (const stream of [true, false]) await (await post(app, { prompt: "Hi", stream }, "/completion")).text();
  const { prompt_seconds_total, tokens_predicted_seconds_total, predicted_tokens_seconds, ...rest } = await metricsOf(
    app,
  );
  for (
    const [found, expected] of [[prompt_seconds_total, 0.012], [tokens_predicted_seconds_total, 0.06], [
      predicted_tokens_seconds,
      100,
    ]] as const
  ) {
    assert.ok(Math.abs((found ?? NaN) - expected) < 1e-6, `${found} instead of ${expected}`);
  }
  assert.deepEqual(rest, {
    prompt_tokens_total: 12,
    prompt_tokens_cached_total: 8,
    tokens_predicted_total: 6,
    n_tokens_max: 13,
    spec_decode_num_draft_tokens_total: 16,
    spec_decode_num_accepted_tokens_total: 10,
    prompt_tokens_seconds: 1000,
    requests_processing: 0,
    requests_deferred: 0,
  });
  const later = await metricsOf(app);
  assert.deepEqual([later.predicted_tokens_seconds, later.tokens_predicted_total], [0, 6]);
});

Deno.test("metrics count the tokens of embeddings and ranks", async () => {
  const app = llamaAppOver(new FakeEngine());
  await post(app, { content: ["a", "b"] }, "/embedding");
  await post(app, { query: "q", documents: ["a", "b", "c"] }, "/rerank");
  assert.equal((await metricsOf(app)).prompt_tokens_total, 5);
});

Deno.test("metrics forget no request, however it ends", async () => {
  const app = llamaAppOver(new FakeEngine(failAfter(["a"], new EngineError("overloaded", "m"))));
  for (const stream of [true, false]) await (await post(app, { prompt: "Hi", stream }, "/completion")).text();
  const hanging = new FakeEngine(hangAfter([]));
  const other = llamaAppOver(hanging);
  const leave = new AbortController();
  const gone = other.request("/completion", { method: "POST", body: '{"prompt":"Hi"}', signal: leave.signal });
  const call = await hanging.call();
  assert.equal((await metricsOf(other)).requests_processing, 1);
  leave.abort();
  await within(call.ended);
  await gone;
  for (const each of [app, other]) assert.equal((await metricsOf(each)).requests_processing, 0);
});

Deno.test("of several models each has slots of its own, and the metrics are of all", async () => {
  const one = new FakeEngine();
  const two = new FakeEngine(hangAfter(["a"]));
  const select = (name: string | undefined): FakeEngine => name === "two" ? two : one;
  const app = llamaAppOver(one, {}, { select, list: () => [] });
  const response = await post(app, { prompt: "a", model: "two", stream: true }, "/completion");
  const busy = async (name: string): Promise<number> => {
    const slots = Slots.parse(await (await app.request(`/slots?model=${name}`)).json());
    return slots.filter(({ is_processing }) => is_processing).length;
  };
  assert.deepEqual([await busy("one"), await busy("two")], [0, 1]);
  assert.equal((await metricsOf(app)).requests_processing, 1);
  await response.body?.cancel();
});

Deno.test("llama-server's routes answer 503 while the model loads", async () => {
  const engine = new FakeEngine();
  engine.status = { state: "loading" };
  const app = llamaAppOver(engine);
  for (const path of ["/props", "/slots", "/lora-adapters", "/v1/health"]) {
    assert.equal((await app.request(path)).status, 503, path);
  }
  for (
    const path of [
      "/completion",
      "/completions",
      "/tokenize",
      "/detokenize",
      "/apply-template",
      "/infill",
      "/embedding",
      "/rerank",
    ]
  ) {
    assert.equal((await post(app, {}, path)).status, 503, path);
  }
  assert.equal((await app.request("/metrics")).status, 200);
});
