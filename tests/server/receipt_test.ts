import assert from "node:assert/strict";
import OpenAI from "openai";
import { EngineError } from "../../lib/errors.ts";
import { hashBytes } from "../../lib/hash_file.ts";
import { parseReceipt } from "../../server/receipts/read_receipt.ts";
import { ChatCompletion, ChatCompletionChunk, Completion, type Receipt } from "../../server/schemas/mod.ts";
import { serve } from "../../server/serve.ts";
import { answer, DONE, FAKE_MODEL, FakeEngine } from "./fake_engine.ts";
import { FACTS, receiptApp } from "./receipts.ts";
import { appOver, eventData, MESSAGES, post } from "./requests.ts";

const ASKED = { messages: MESSAGES, receipt: true };
const alone = { ...DONE, alone: true };

async function receiptOf(
  body: object,
  engine = new FakeEngine(answer(["Hel", "lo!"], { done: alone })),
): Promise<Receipt> {
  const response = await post(receiptApp(engine), body);
  const { receipt } = ChatCompletion.strict().parse(await response.json());
  assert.ok(receipt);
  return receipt;
}

Deno.test("a receipt says what an answer came from", async () => {
  const engine = new FakeEngine(answer(["Hel", "lo!"], { done: alone }));
  const response = await post(receiptApp(engine), { ...ASKED, temperature: 0.5, seed: 7, max_tokens: 5, stop: "x" });
  const body = ChatCompletion.strict().parse(await response.json());
  const { receipt } = body;
  assert.ok(receipt);
  const rendered = "user: Hi\n";
  const { sampling, ...request } = receipt.request;
  assert.deepEqual([sampling.seed, sampling.temperature, sampling.top_k, sampling.logit_bias], [7, 0.5, 40, []]);
  assert.deepEqual(request, { prompt: { kind: "chat", messages: MESSAGES }, max_tokens: 5, stop: ["x"], n_keep: 0 });
  const { settings, ...engineFacts } = receipt.engine;
  assert.deepEqual([settings.ctx_size, settings.threads, settings.kv_layout], [8192, 2, "auto"]);
  assert.deepEqual(engineFacts, {
    release: "llama.cpp v0",
    libraries: FACTS.libraries.slice(0, 2),
    cpu_variant: "fake",
    backend: "CPU (fake)",
    alone: true,
  });
  const { engine: _engine, request: _request, ...rest } = receipt;
  assert.deepEqual(rest, {
    format: 1,
    id: body.id,
    created: body.created,
    packllama: FACTS.packllama,
    model: {
      name: "fake-model",
      description: FAKE_MODEL.description,
      weights: FACTS.weights,
      template_sha256: hashBytes(FAKE_MODEL.chatTemplate ?? ""),
      adapters: [],
    },
    prompt: {
      rendered,
      sha256: hashBytes(rendered),
      tokens: rendered.length,
      tokens_sha256: hashBytes(tokens(rendered)),
    },
    samplers: [
      { name: "top_k", k: 40 },
      { name: "top_p", p: 0.95, min_keep: 0 },
      { name: "min_p", p: 0.05, min_keep: 0 },
      { name: "temperature", temperature: 0.5 },
      { name: "dist", seed: 7 },
    ],
    answer: { text: "Hello!", sha256: hashBytes("Hello!"), finish_reason: "stop", completion_tokens: 2 },
  });
});

/** The fake engine's tokens are bytes: each as a 32-bit integer, little endian. */
function tokens(text: string): Uint8Array {
  return Uint8Array.from([...new TextEncoder().encode(text)].flatMap((byte) => [byte, 0, 0, 0]));
}

Deno.test("a request with a receipt is computed reproducibly, from the rendered prompt and with a drawn seed", async () => {
  const engine = new FakeEngine();
  const { request } = await receiptOf(ASKED, engine);
  const [call] = engine.calls;
  assert.ok(call);
  assert.equal(call.input.reproducible, true);
  assert.deepEqual(call.input.prompt, { kind: "text", text: "user: Hi\n" });
  const { seed } = request.sampling;
  assert.equal(call.input.sampling.seed, seed);
  assert.ok(seed >= 0 && seed <= 2 ** 32 - 2);
  assert.notEqual((await receiptOf(ASKED)).request.sampling.seed, seed, "another one is drawn each time");
});

Deno.test("a receipt has what of a conversation its template sees, and is read back", async () => {
  const call = { name: "f", arguments: "{}" };
  const { request, prompt, ...rest } = await receiptOf({
    messages: [
      ...MESSAGES,
      { role: "assistant", reasoning_content: "Hm", tool_calls: [{ id: "a", type: "function", function: call }] },
      { role: "tool", tool_call_id: "a", content: "18" },
    ],
    receipt: true,
    chat_template_kwargs: { a: [1, null] },
    reasoning_effort: "low",
    reasoning_format: "none",
    tools: [],
    thinking_budget_tokens: -1,
  });
  assert.deepEqual(request.prompt, {
    kind: "chat",
    messages: [
      ...MESSAGES,
      { role: "assistant", content: "", reasoning: "Hm", toolCalls: [{ id: "a", ...call }] },
      { role: "tool", content: "18", toolCallId: "a" },
    ],
    template: { variables: { a: [1, null] } },
    reasoning: { effort: "low" },
  });
  const receipt = { request, prompt, ...rest };
  assert.deepEqual(parseReceipt(JSON.stringify(receipt), "receipt"), receipt);
});

Deno.test("a receipt comes only where it is asked for", async () => {
  for (const receipt of [undefined, null, false]) {
    const engine = new FakeEngine();
    const body = await (await post(receiptApp(engine), { messages: MESSAGES, receipt })).json();
    assert.equal("receipt" in body, false);
    assert.equal("reproducible" in (engine.calls[0]?.input ?? {}), false);
    const response = await post(receiptApp(new FakeEngine()), { messages: MESSAGES, receipt, stream: true });
    assert.doesNotMatch(await response.text(), /receipt/);
  }
});

Deno.test("a streamed answer has its receipt in the last chunk, with usage or without", async () => {
  for (const include_usage of [false, true]) {
    const engine = new FakeEngine(answer(["Hel", "lo!"], { done: alone }));
    const request = { ...ASKED, stream: true, stream_options: { include_usage } };
    const data = eventData(await (await post(receiptApp(engine), request)).text());
    assert.equal(data.pop(), "[DONE]");
    const chunks = data.map((text) => ChatCompletionChunk.strict().parse(JSON.parse(text)));
    const last = chunks.pop();
    assert.deepEqual(chunks.filter((chunk) => "receipt" in chunk), []);
    assert.equal(last?.receipt?.answer.text, "Hello!");
    assert.equal(last?.receipt?.engine.alone, true);
    assert.equal(last?.receipt?.id, last?.id);
  }
});

Deno.test("completions have receipts too, of a text, of tokens and of a gap", async () => {
  const cases: [object, Receipt["request"]["prompt"], string | null][] = [
    [{ prompt: "Once" }, { kind: "text", text: "Once" }, hashBytes("Once")],
    [{ prompt: ["Once"] }, { kind: "text", text: "Once" }, hashBytes("Once")],
    [{ prompt: [1, 2] }, { kind: "tokens", tokens: [1, 2] }, null],
    [{ prompt: "a", suffix: "b" }, { kind: "infill", before: "a", after: "b" }, null],
  ];
  for (const [body, prompt, sha256] of cases) {
    for (const stream of [false, true]) {
      const request = { ...body, receipt: true, stream };
      const response = await post(receiptApp(new FakeEngine()), request, "/v1/completions");
      const text = await response.text();
      const receipt = stream
        ? JSON.parse(eventData(text).at(-2) ?? "").receipt
        : Completion.strict().parse(JSON.parse(text)).receipt;
      assert.deepEqual(receipt.request.prompt, prompt);
      assert.deepEqual([receipt.prompt.rendered, receipt.prompt.sha256], [null, sha256]);
      assert.equal(receipt.answer.text, "Hello!");
    }
  }
});

Deno.test("a receipt's text is the model's own, without the echo", async () => {
  const request = { prompt: "Say: ", echo: true, receipt: true };
  const body = await (await post(receiptApp(new FakeEngine()), request, "/v1/completions")).json();
  assert.equal(body.choices[0].text, "Say: Hello!");
  assert.equal(body.receipt.answer.text, "Hello!");
});

Deno.test("what would make the answer depend on more than its receipt says is refused by name", async () => {
  const wrong: [object, string][] = [
    [{ n: 2 }, "n"],
    [{ cache_prompt: true }, "cache_prompt"],
    [{ speculation: true }, "speculation"],
    [{ prediction: { type: "content", content: "a" } }, "prediction"],
    [{ t_max_predict_ms: 5 }, "t_max_predict_ms"],
    [{ tools: [{ type: "function", function: { name: "f" } }] }, "tools"],
    [{ functions: [{ name: "f" }] }, "functions"],
    [{ response_format: { type: "json_object" } }, "response_format"],
    [{ json_schema: {} }, "json_schema"],
    [{ grammar: 'root ::= "a"' }, "grammar"],
    [{ regex: "a" }, "regex"],
    [{ choice: ["a"] }, "choice"],
    [{ thinking_budget_tokens: 0 }, "thinking_budget_tokens"],
    [{ reasoning_format: "auto" }, "reasoning_format"],
    [{ receipt: "yes" }, "receipt"],
  ];
  for (const [body, param] of wrong) {
    const response = await post(receiptApp(new FakeEngine()), { ...ASKED, ...body });
    assert.equal(response.status, 400);
    assert.equal((await response.json()).error.param, param);
  }
  for (const [body, param] of [[{ best_of: 2 }, "best_of"], [{ prompt: ["a", "b"] }, "prompt"]] as const) {
    const response = await post(
      receiptApp(new FakeEngine()),
      { prompt: "a", receipt: true, ...body },
      "/v1/completions",
    );
    assert.equal(response.status, 400);
    assert.equal((await response.json()).error.param, param);
  }
});

Deno.test("where there are no files to tell of, a receipt is refused by name", async () => {
  const response = await post(appOver(new FakeEngine()), ASKED);
  assert.equal(response.status, 400);
  assert.equal((await response.json()).error.param, "receipt");
});

Deno.test("routes that make no receipts say that they ignore it", async () => {
  for (const [path, body] of [["/completion", { prompt: "a" }], ["/v1/responses", { input: "a" }]] as const) {
    const response = await post(receiptApp(new FakeEngine()), { ...body, receipt: true }, path);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-ignored-parameters"), "receipt");
  }
});

Deno.test("an answer whose files cannot be read fails, streamed as its last event", async () => {
  const provenance = { of: () => Promise.reject(new EngineError("io", 'Cannot read "x.gguf": gone')) };
  const whole = await post(receiptApp(new FakeEngine(), { provenance }), ASKED);
  assert.equal(whole.status, 500);
  const stream = await post(receiptApp(new FakeEngine(), { provenance }), { ...ASKED, stream: true });
  assert.match(eventData(await stream.text()).at(-1) ?? "", /"error"/);
});

Deno.test("a receipt has the adapters with the scales that applied", async () => {
  const adapters = ["a", "b"].map((name) => ({ name, size: 1, sha256: name.repeat(64) }));
  const scales = async (body: object): Promise<number[]> => {
    const app = receiptApp(new FakeEngine(), {
      options: { version: "0", adapters: [{ path: "a", scale: 0.5 }, { path: "b", scale: 2 }] },
      provenance: { of: () => Promise.resolve({ ...FACTS, adapters }) },
    });
    const { receipt } = await (await post(app, { ...ASKED, ...body })).json();
    return receipt.model.adapters.map(({ scale }: { scale: number }) => scale);
  };
  assert.deepEqual(await scales({}), [0.5, 2]);
  assert.deepEqual(await scales({ lora: [{ id: 1, scale: 0.25 }] }), [0, 0.25]);
});

Deno.test("openai SDK hands a receipt on, whole, streamed, and through its stream helper", async () => {
  const server = await serve(receiptApp(new FakeEngine()), { hostname: "127.0.0.1", port: 0, portGiven: true });
  try {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
    const request = { model: "any", messages: [{ role: "user" as const, content: "Hi" }], receipt: true };
    const text = (found: object | undefined): unknown => found && Reflect.get(found, "receipt")?.answer.text;
    assert.equal(text(await client.chat.completions.create(request)), "Hello!");
    let last: object | undefined;
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) last = chunk;
    assert.equal(text(last), "Hello!");
    const usage = { stream_options: { include_usage: true } };
    for (const more of [{}, usage]) {
      const stream = client.chat.completions.stream({ ...request, ...more });
      assert.equal(text(await stream.finalChatCompletion()), "Hello!");
    }
  } finally {
    await server.shutdown();
  }
});
