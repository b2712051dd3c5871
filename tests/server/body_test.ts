import assert from "node:assert/strict";
import fc from "fast-check";
import * as z from "zod";
import { droppedKeys } from "../../server/dropped_keys.ts";
import { unexpectedTokenAt } from "../../server/unexpected_token_at.ts";
import { FakeEngine, hangAfter } from "./fake_engine.ts";
import { appOver, MESSAGES, post } from "./requests.ts";

/** Sends a body as what it is said to be. */
async function send(body: string, headers: Record<string, string>): Promise<Response> {
  return await appOver(new FakeEngine()).request("/v1/chat/completions", { method: "POST", headers, body });
}

const CHAT = JSON.stringify({ messages: MESSAGES });

Deno.test("a body is JSON by its type, or by what it holds where no page can have sent it", async () => {
  const types = [
    "application/json",
    "application/json; charset=utf-8",
    "application/problem+json",
    "text/plain",
    "nonsense",
  ];
  for (const type of types) assert.equal((await send(CHAT, { "content-type": type })).status, 200, type);
  const form = "application/x-www-form-urlencoded";
  assert.equal((await send(CHAT, { "content-type": form })).status, 200, "curl -d");
  for (
    const [body, headers] of [[CHAT, { "content-type": form, origin: "http://a.example" }], ["a=b", {
      "content-type": form,
    }]] as const
  ) {
    const response = await send(body, headers);
    assert.equal(response.status, 415);
    const { error } = await response.json();
    assert.deepEqual([error.type, error.code], ["invalid_request_error", "unsupported_media_type"]);
    assert.match(error.message, /is "application\/x-www-form-urlencoded"; send JSON as "application\/json"/);
  }
  assert.equal((await send(CHAT, { "content-type": "application/json", origin: "http://a.example" })).status, 200);
});

Deno.test("malformed JSON is a 400 that names the position", async () => {
  const cases = [
    ["{", 1],
    ['{"messages": [}', 14],
    ['{"a": 1,}', 8],
    ['"x', 2],
    ["{'a': 1}", 1],
    ['{"at position 1 (line 1 column 2)": }', 36],
    ["[1, trux]", 7],
    ["[", 1],
    [`{"a": "${"x".repeat(1000)}", "b": [1, 2, ]}`, 1022],
  ] as const;
  for (const [body, position] of cases) {
    const response = await send(body, { "content-type": "application/json" });
    assert.equal(response.status, 400, body);
    const { error } = await response.json();
    assert.match(error.message, new RegExp(`not valid JSON: .* at position ${position}\\b`), body);
  }
});

/** Whether a text may be the beginning of JSON: it is some, or nothing is wrong with it before its end. */
function mayGoOn(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    assert.ok(error instanceof SyntaxError);
    const { message } = error;
    return message.endsWith("end of JSON input") || message.includes(` at position ${text.length} (`);
  }
}

Deno.test("unexpectedTokenAt finds the character at which a text can no longer become JSON", () => {
  const sound = fc.json({ maxDepth: 3 });
  const wrong = fc.tuple(sound, fc.nat(), fc.constantFrom("", "]", "}", ",", ":", "[", "{", "x", "t", "nul", " ", '"'))
    .map(([json, at, put]) => json.slice(0, at % (json.length + 1)) + put + json.slice(at % (json.length + 1) + 1));
  let found = 0;
  fc.assert(
    fc.property(fc.oneof(wrong, fc.string()), (text) => {
      try {
        JSON.parse(text);
        return;
      } catch (error) {
        if (!(error instanceof SyntaxError) || !/^Unexpected (token|end)|is not valid JSON$/.test(error.message)) {
          return;
        }
      }
      const position = unexpectedTokenAt(text);
      found++;
      assert.ok(mayGoOn(text.slice(0, position)), `${text} at ${position}: wrong before it`);
      assert.ok(
        position === text.length || !mayGoOn(text.slice(0, position + 1)),
        `${text} at ${position}: not yet wrong`,
      );
    }),
    { numRuns: 3000 },
  );
  assert.ok(found > 300, `only ${found} texts were wrong so`);
});

Deno.test("what no schema takes is named in a header, wherever it stands, whole and streamed", async () => {
  const body = {
    messages: [{ role: "user", content: [{ type: "text", text: "Hi", cache: 1 }], mood: "good" }],
    service_tier: "auto",
    metadata: { a: "b" },
    verbosity: null,
    stream_options: { include_usage: true, include_obfuscation: false },
    "größe": 1,
  };
  for (const stream of [true, false]) {
    const { stream_options: _, ...rest } = body;
    const response = await post(appOver(new FakeEngine()), stream ? { ...body, stream } : rest);
    assert.equal(response.status, 200);
    const expected = [
      "messages.0.content.0.cache",
      "messages.0.mood",
      "service_tier",
      "metadata",
      ...(stream ? ["stream_options.include_obfuscation"] : []),
      "gr%C3%B6%C3%9Fe",
    ];
    assert.equal(response.headers.get("x-ignored-parameters"), expected.join(", "));
    await response.text();
  }
  const none = await post(appOver(new FakeEngine()), {
    messages: MESSAGES,
    temperature: 1,
    logit_bias: { "5": 1 },
    samplers: "kt",
  });
  assert.equal(none.headers.get("x-ignored-parameters"), null);
});

Deno.test("droppedKeys names just the keys that a schema drops, and never throws", () => {
  const schema = z.object({ a: z.unknown(), b: z.object({ c: z.array(z.object({ d: z.unknown() })) }).nullish() });
  const key = fc.constantFrom("a", "b", "c", "d", "e", "x.y");
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(null, 1, "s", true),
      fc.array(tie("any"), { maxLength: 3 }),
      tie("object"),
    ),
    object: fc.dictionary(key, tie("any"), { maxKeys: 4 }),
  }));
  fc.assert(
    fc.property(value.object, (body) => {
      const { success, data } = schema.safeParse(body);
      if (!success) return;
      const dropped = droppedKeys(body, data);
      const top = Object.entries(body as object).filter(([name, value]) =>
        !["a", "b"].includes(name) && value !== null
      );
      assert.deepEqual(dropped.filter((path) => !path.startsWith("b.")), top.map(([name]) => name));
    }),
  );
  assert.equal(droppedKeys(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, 1])), {}).length, 32);
});

Deno.test("a stream's headers do not wait for a long prompt, and what fails later is told in it", async () => {
  const engine = new FakeEngine(hangAfter([]));
  const before = performance.now();
  const leave = new AbortController();
  const response = await appOver(engine).request("/v1/chat/completions", {
    method: "POST",
    body: JSON.stringify({ messages: MESSAGES, stream: true }),
    signal: leave.signal,
  });
  assert.equal(response.status, 200);
  assert.ok(performance.now() - before < 4000);
  leave.abort();
  const text = await response.text();
  assert.match(text, /^data: \{"error":.*"cancelled"/);
});

Deno.test("a strict server has no model of another name", async () => {
  const strict = appOver(new FakeEngine(), { strictModel: true });
  for (const model of ["fake-model", "", null, undefined]) {
    assert.equal((await post(strict, { messages: MESSAGES, model })).status, 200);
  }
  const response = await post(strict, { messages: MESSAGES, model: "gpt-4" });
  assert.equal(response.status, 404);
  const { error } = await response.json();
  assert.deepEqual([error.code, error.param], ["model_not_found", "model"]);
  const lax = await post(appOver(new FakeEngine()), { messages: MESSAGES, model: "gpt-4" });
  assert.equal((await lax.json()).model, "fake-model", "the answer names the real one");
});

Deno.test("a million wrong elements are refused as fast as one", async () => {
  const app = appOver(new FakeEngine());
  const wrong: unknown[] = [[], -1, {}, "x".repeat(1)];
  for (const element of wrong) {
    const list = Array.from({ length: 1_000_000 }, () => element);
    for (const [path, body] of [["/v1/completions", { prompt: list }], ["/v1/embeddings", { input: list }]] as const) {
      const text = JSON.stringify(body);
      const before = performance.now();
      const response = await post(app, text, path);
      assert.equal(response.status, 400);
      assert.ok(
        performance.now() - before < 700,
        `${path} ${JSON.stringify(element)}: ${performance.now() - before} ms`,
      );
      await response.body?.cancel();
    }
  }
});
