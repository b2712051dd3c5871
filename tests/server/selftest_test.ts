import assert from "node:assert/strict";
import type { AnswerLogprob, Embeddings, EmbedInput, GenerateEvent, GenerateInput } from "../../lib/engine/mod.ts";
import { CHECKS } from "../../server/selftest/checks.ts";
import { formatResults } from "../../server/selftest/mod.ts";
import { DONE, FakeEngine, fakeLogprob } from "./fake_engine.ts";
import { receiptApp } from "./receipts.ts";

/** An engine whose answers are right in all that the checks look at. */
class SoundEngine extends FakeEngine {
  constructor() {
    super((input) => this.#answer(input));
  }

  async *#answer(input: GenerateInput): AsyncGenerator<GenerateEvent> {
    const prompt = await this.tokenize({ prompt: input.prompt });
    const forecast = '{"unit": "celsius", "days": 3}';
    const called = input.prompt.kind === "chat" ? input.prompt.tools?.tools[0]?.name : undefined;
    const completionTokens = 3;
    if (called !== undefined) {
      yield { type: "toolCall", index: 0, call: 0, id: "call_0", name: called };
      yield { type: "arguments", index: 0, call: 0, text: forecast.slice(0, 10) };
      yield { type: "arguments", index: 0, call: 0, text: forecast.slice(10) };
      yield { type: "finish", index: 0, finishReason: "tool_calls", completionTokens };
      yield { ...DONE, usage: { promptTokens: prompt.length, cachedTokens: 1, completionTokens } };
      return;
    }
    const said = input.grammar === undefined ? ["red", ", green", " and blue"] : [forecast];
    const pieces = said.slice(0, input.maxTokens);
    for (const [position, text] of pieces.entries()) {
      yield { type: "text", index: 0, text, ...logprobsOf(text, { position, most: input.logprobs }) };
    }
    yield { type: "finish", index: 0, finishReason: "stop", completionTokens: pieces.length };
    yield { ...DONE, usage: { promptTokens: prompt.length, cachedTokens: 1, completionTokens: pieces.length } };
  }

  override embed({ inputs }: EmbedInput): Promise<Embeddings> {
    return Promise.resolve({
      embeddings: inputs.map(() => Float32Array.of(0.6, 0.8)),
      size: 2,
      promptTokens: inputs.length,
    });
  }
}

function logprobsOf(
  text: string,
  { position, most }: { position: number; most: number | undefined },
): { logprobs?: AnswerLogprob[] } {
  if (most === undefined) return {};
  const { top, ...token } = fakeLogprob(text, { index: 0, position });
  return { logprobs: [{ ...token, top: [...top, ...top].slice(0, most) }] };
}

/** What breaks a server: it changes the answers of one path. */
interface Break {
  path: string;
  text?(text: string): string;
  headers?(headers: Headers): void;
  status?: number;
}

/** A server whose answers are sound but for what breaks them. */
function serveBroken(broken: Break | undefined): { base: string } & AsyncDisposable {
  const app = receiptApp(new SoundEngine());
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const response = await app.fetch(request);
    if (new URL(request.url).pathname !== broken?.path) return response;
    const headers = new Headers(response.headers);
    broken.headers?.(headers);
    const text = await response.text();
    return new Response(broken.text?.(text) ?? text, { status: broken.status ?? response.status, headers });
  });
  return { base: `http://127.0.0.1:${server.addr.port}`, [Symbol.asyncDispose]: () => server.shutdown() };
}

function swap(from: string | RegExp, to: string): (text: string) => string {
  return (text) => text.replace(from, to);
}

/** For the checks of each section of the table, what they must find. */
const BREAKS: [check: string, nth: number, broken: Break][] = [
  ["GET /health", 0, { path: "/health", status: 500 }],
  ["GET /v1/models", 0, { path: "/v1/models", text: swap(/"data":\[.*\]/, '"data":[]') }],
  ["POST /v1/chat/completions", 0, {
    path: "/v1/chat/completions",
    text: swap(/"total_tokens":\d+/, '"total_tokens":1'),
  }],
  ["… streamed", 0, { path: "/v1/chat/completions", text: swap("data: [DONE]\n\n", "") }],
  ["… streamed as whole", 0, { path: "/v1/chat/completions", text: swap('"content":", green"', '"content":"x"') }],
  ["… with a receipt", 0, { path: "/v1/chat/completions", text: swap('"text":"red, green', '"text":"blue') }],
  ["… logprobs", 0, { path: "/v1/chat/completions", text: swap(/"logprob":-1/, '"logprob":0.5') }],
  ["… a required call", 0, { path: "/v1/chat/completions", text: swap(/\\"days\\": 3/, '\\"days\\": 15') }],
  ["… a required call", 0, {
    path: "/v1/chat/completions",
    text: swap('"finish_reason":"tool_calls"', '"finish_reason":"stop"'),
  }],
  ["… a required call, streamed", 0, { path: "/v1/chat/completions", text: swap('"name":"forecast"', '"name":"x"') }],
  ["… a required call, streamed", 0, { path: "/v1/chat/completions", text: swap(/days/, "day") }],
  ["… JSON of a schema", 0, { path: "/v1/chat/completions", text: swap("celsius", "kelvin") }],
  ["POST /v1/completions", 0, { path: "/v1/completions", text: swap("1, 2, 3, 4,", "") }],
  ["POST /v1/embeddings", 0, { path: "/v1/embeddings", text: swap("0.6", "0.7") }],
  ["POST /v1/responses", 0, { path: "/v1/responses", text: swap(/"text":"red, green and blue"/, '"text":""') }],
  ["POST /v1/responses", 0, { path: "/v1/responses", text: swap(/"total_tokens":\d+/, '"total_tokens":1') }],
  ["… streamed in order", 0, { path: "/v1/responses", text: swap(/"sequence_number":3/, '"sequence_number":4') }],
  ["… streamed in order", 0, { path: "/v1/responses", text: swap(/event: response\.in_progress\n.*\n\n/, "") }],
  ["… streamed in order", 0, { path: "/v1/responses", text: swap('"delta":", green"', '"delta":"x"') }],
  ["… streamed in order", 0, { path: "/v1/responses", text: swap("event: response.created", "event: response.x") }],
  ["… a required call", 1, { path: "/v1/responses", text: swap(/\\"days\\": 3/, '\\"days\\": 15') }],
  ["… goes on from a stored one", 0, {
    path: "/v1/responses",
    text: swap(/"input_tokens":\d+/, '"input_tokens":7'),
  }],
  ["POST /v1/messages", 0, { path: "/v1/messages", headers: (headers) => headers.delete("request-id") }],
  ["POST /v1/messages", 0, { path: "/v1/messages", text: swap('"role":"assistant"', '"role":"user"') }],
  ["… streamed in order", 1, { path: "/v1/messages", text: swap(/event: content_block_stop\n.*\n\n/, "") }],
  ["… streamed in order", 1, { path: "/v1/messages", text: swap(/event: ping\n/, "") }],
  ["… a required call", 2, { path: "/v1/messages", text: swap('"days":3', '"days":15') }],
  ["… a required call", 2, {
    path: "/v1/messages",
    text: swap('"stop_reason":"tool_use"', '"stop_reason":"end_turn"'),
  }],
  ["… count_tokens", 0, { path: "/v1/messages/count_tokens", text: swap(/\d+/, "1") }],
  ["POST /completion", 0, { path: "/completion", text: swap(/"tokens_predicted":\d+/, '"tokens_predicted":0') }],
  ["… streamed", 1, { path: "/completion", text: swap('"stop":true', '"stop":false') }],
  ["… streamed", 1, { path: "/completion", text: swap('"tokens":[1]', '"tokens":[]') }],
  ["POST /tokenize and /detokenize", 0, { path: "/detokenize", text: swap("ü", "u") }],
  ["GET /props", 0, { path: "/props", text: swap(/"total_slots":\d+/, '"total_slots":0') }],
  ["GET /metrics", 0, { path: "/metrics", text: swap(/(tokens_predicted_total) \d+/, "$1 0") }],
  ["GET /metrics", 0, { path: "/metrics", text: swap(/(tokens_predicted_total) \d+/, "$1 NaN") }],
  ["GET /api/tags", 0, { path: "/api/tags", text: () => '{"models":[]}' }],
  ["POST /api/chat", 0, { path: "/api/chat", text: swap(/"eval_count":\d+/, '"eval_count":0') }],
  ["… streamed", 2, { path: "/api/chat", text: swap('"done":false', '"done":true') }],
  ["… streamed", 2, { path: "/api/chat", headers: (headers) => headers.set("content-type", "application/json") }],
  ["… JSON of a schema", 1, { path: "/api/chat", text: swap("celsius", "kelvin") }],
  ["unknown path", 0, { path: "/api/chat/nothing", status: 200 }],
  ["unknown path", 0, { path: "/v1/messages/nothing", text: swap('"type":"error",', "") }],
  ["another method", 0, { path: "/v1/messages", headers: (headers) => headers.delete("allow") }],
  ["another method", 0, { path: "/api/chat", text: () => '{"error":{}}' }],
  ["a body that is no JSON", 0, { path: "/v1/chat/completions", status: 400 }],
  ["malformed JSON", 0, { path: "/api/chat", text: swap(/ at position \d+/, "") }],
  ["unknown model id", 0, { path: "/v1/models/no-such-model", status: 200 }],
  ["wrong parameter", 0, { path: "/v1/chat/completions", text: swap('"temperature"', '"top_p"') }],
  ["parameter that nobody takes", 0, {
    path: "/v1/chat/completions",
    headers: (headers) => headers.delete("x-ignored-parameters"),
  }],
];

Deno.test("selftest's checks all pass with a server that is sound", async () => {
  await using server = serveBroken(undefined);
  for (const { name, run } of CHECKS) {
    const seen = await run(server.base).catch((error) => assert.fail(`${name}: ${error.message}`));
    assert.ok(seen.length > 0 && seen.length < 60, `${name}: ${seen}`);
  }
});

for (const [index, [name, nth, broken]] of BREAKS.entries()) {
  Deno.test(`selftest's check "${name}" fails where ${broken.path} is broken (${index})`, async () => {
    const check = CHECKS.filter((check) => check.name === name)[nth];
    assert.ok(check !== undefined);
    await using server = serveBroken(broken);
    await assert.rejects(check.run(server.base), Error);
  });
}

Deno.test("selftest's breaks leave no check out, but that of equal seeds, whose answers are compared", () => {
  const broken = new Set(BREAKS.map(([name, nth]) => `${name} ${nth}`));
  const seen = new Map<string, number>();
  const missing = CHECKS.filter(({ name }) => {
    const nth = seen.get(name) ?? 0;
    seen.set(name, nth + 1);
    return !broken.has(`${name} ${nth}`);
  });
  assert.deepEqual(missing.map(({ name }) => name), ["… the same for the same seed"]);
});

Deno.test("selftest's table has a line for each check and says how many failed", () => {
  const results = [{ name: "a", ok: true, detail: "fine" }, { name: "longer", ok: false, detail: "gone" }];
  assert.equal(
    formatResults(results),
    ["ok      a       fine", "FAILED  longer  gone", "", "1 passed, 1 failed"].join("\n"),
  );
});
