import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_SAMPLING, type GenerateEvent, type TokenizeInput } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { LlamaCompletion, LlamaCompletionChunk } from "../../server/schemas/llama/mod.ts";
import { ErrorBody } from "../../server/schemas/mod.ts";
import { answer, DONE, failAfter, FAKE_MODEL, FakeEngine, hangAfter } from "./fake_engine.ts";
import { InfillEngine } from "./infill_engine.ts";
import { llamaAppOver } from "./llama_app.ts";
import { eventData, post } from "./requests.ts";
import { within } from "./within.ts";

async function complete(body: unknown, engine = new FakeEngine(), path = "/completion"): Promise<LlamaCompletion> {
  const response = await post(llamaAppOver(engine), body, path);
  assert.equal(response.status, 200, await response.clone().text());
  return LlamaCompletion.strict().parse(await response.json());
}

async function streamed(body: object, engine = new FakeEngine(), path = "/completion"): Promise<unknown[]> {
  const response = await post(llamaAppOver(engine), { ...body, stream: true }, path);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  return eventData(await within(response.text())).map((data) => JSON.parse(data));
}

Deno.test("llama completion has llama-server's own shape", async () => {
  const { generation_settings, timings, ...rest } = await complete({ prompt: "Hi" });
  assert.deepEqual(rest, {
    index: 0,
    content: "Hello!",
    tokens: [],
    id_slot: -1,
    stop: true,
    model: "fake-model",
    tokens_predicted: 3,
    tokens_evaluated: 2,
    prompt: "Hi",
    has_new_line: false,
    truncated: false,
    stop_type: "eos",
    stopping_word: "",
    tokens_cached: 4,
  });
  assert.equal(timings.predicted_per_second, 100);
  assert.equal(generation_settings.seed, 2 ** 32 - 1);
  assert.equal(generation_settings.n_predict, -1);
  assert.equal(generation_settings.temperature, DEFAULT_SAMPLING.temperature);
});

Deno.test("llama completion goes by two paths", async () => {
  assert.equal((await complete({ prompt: "Hi" }, new FakeEngine(), "/completions")).content, "Hello!");
});

Deno.test("llama completion hands prompt and parameters to the engine", async () => {
  const engine = new FakeEngine();
  const { generation_settings } = await complete({
    prompt: "Hi",
    n_predict: 7,
    max_tokens: 9,
    temperature: 5,
    samplers: ["top_k", "temperature"],
    logit_bias: [[5, false]],
    stop: ["END"],
    n_keep: -1,
    cache_prompt: false,
    lora: [{ id: 0, scale: 0.5 }],
    id_slot: 3,
  }, engine);
  assert.deepEqual(engine.calls[0]?.input, {
    prompt: { kind: "tokens", tokens: [72, 105] },
    sampling: {
      temperature: 5,
      samplers: ["top_k", "temperature"],
      adaptiveTarget: -1,
      logitBias: [{ token: 5, bias: -Infinity }],
    },
    maxTokens: 7,
    stop: ["END"],
    stream: false,
    cachePrompt: false,
    keep: -1,
    lora: [{ id: 0, scale: 0.5 }],
    client: {},
  });
  const { n_predict, max_tokens, stop, samplers, logit_bias, lora, n_keep } = generation_settings;
  assert.deepEqual([n_predict, max_tokens, stop, samplers], [7, 7, ["END"], ["top_k", "temperature"]]);
  assert.deepEqual([logit_bias, lora, n_keep], [[{ bias: null, token: 5 }], [{ id: 0, scale: 0.5 }], -1]);
});

Deno.test("llama completion takes every form of prompt", async () => {
  const cases: [unknown, number[][]][] = [
    ["ab", [[97, 98]]],
    [[5, 6], [[5, 6]]],
    [[5, 6, "ab", 7], [[5, 6, 97, 98, 7]]],
    [["ab", 7], [[97, 98, 7]]],
    [{ prompt_string: "ab" }, [[97, 98]]],
    [{ prompt_string: ["a", 5], multimodal_data: [] }, [[97, 5]]],
    [["a", "b"], [[97], [98]]],
    [[[5, "a"], [6], "b", { prompt_string: "c" }], [[5, 97], [6], [98], [99]]],
  ];
  for (const [prompt, tokens] of cases) {
    const engine = new FakeEngine();
    const response = await post(llamaAppOver(engine), { prompt }, "/completion");
    assert.equal(response.status, 200, JSON.stringify(prompt));
    const body = await response.json();
    assert.deepEqual(
      engine.calls.map((call) => call.input.prompt),
      tokens.map((tokens) => ({ kind: "tokens", tokens })),
    );
    const answers = tokens.length === 1 ? [LlamaCompletion.parse(body)] : LlamaCompletion.array().parse(body);
    assert.deepEqual(
      answers.map(({ index, tokens_evaluated }) => [index, tokens_evaluated]),
      tokens.map(({ length }, i) => [i, length]),
    );
  }
});

Deno.test("llama completion has texts and tokens in a row tokenized as one prompt", async () => {
  const asked: TokenizeInput[] = [];
  class Asked extends FakeEngine {
    override tokenize(input: TokenizeInput): Promise<Int32Array> {
      asked.push(structuredClone(input));
      return super.tokenize(input);
    }
  }
  for (const prompt of [["a", 5, "b"], [5, "a"]]) await complete({ prompt }, new Asked());
  assert.deepEqual(asked, [
    { prompt: { kind: "parts", parts: ["a", [5], "b"] } },
    { prompt: { kind: "parts", parts: [[5], "a"] } },
  ]);
});

Deno.test("llama completion says why it ended", async () => {
  const ends = [
    [{ finishReason: "length" }, "limit", ""],
    [{ finishReason: "stop" }, "eos", ""],
    [{ finishReason: "stop", stopString: "END" }, "word", "END"],
  ] as const;
  for (const [end, type, word] of ends) {
    const engine = new FakeEngine(async function* (): AsyncGenerator<GenerateEvent> {
      yield { type: "text", index: 0, text: "a\nb" };
      yield { type: "finish", index: 0, completionTokens: 2, ...end };
      yield DONE;
    });
    const { stop_type, stopping_word, has_new_line } = await complete({ prompt: "Hi" }, engine);
    assert.deepEqual([stop_type, stopping_word, has_new_line], [type, word, true]);
  }
});

Deno.test("llama completion tells when the context was full", async () => {
  const { truncated, tokens_cached } = await complete({ prompt: Array(FAKE_MODEL.contextLength - 3).fill(5) });
  assert.deepEqual([truncated, tokens_cached], [true, FAKE_MODEL.contextLength - 1]);
});

Deno.test("llama completion gives tokens and probabilities where they are asked for", async () => {
  const engine = new FakeEngine(answer(["é", "b"]));
  const { tokens, completion_probabilities } = await complete({ prompt: "a", return_tokens: true, n_probs: 2 }, engine);
  assert.deepEqual(tokens, [0, 1]);
  const e = { id: 0, token: "é", bytes: [0xc3, 0xa9], logprob: -1 };
  // Two bytes of three are no character.
  const part = { id: 99, token: "", bytes: [0xe2, 0x80], logprob: -9999 };
  assert.deepEqual(completion_probabilities?.[0], { ...e, top_logprobs: [e, part] });
  assert.equal((await complete({ prompt: "a", return_tokens: true }, engine)).completion_probabilities, undefined);
  assert.equal((await complete({ prompt: "a", logprobs: 1 }, engine)).completion_probabilities?.length, 2);
  await complete({ prompt: "a" }, engine);
  assert.deepEqual(engine.calls.map((call) => call.input.logprobs), [2, 0, 1, undefined]);
});

Deno.test("llama completion gives several answers to each prompt", async () => {
  const engine = new FakeEngine();
  const response = await post(llamaAppOver(engine), { prompt: ["a", "bc"], n_cmpl: 2, n: 5 }, "/completion");
  const answers = LlamaCompletion.strict().array().parse(await response.json());
  assert.deepEqual(answers.map(({ index, prompt }) => [index, prompt]), [[0, "a"], [1, "a"], [2, "bc"], [3, "bc"]]);
  assert.ok(answers.every(({ content }) => content === "Hello!"));
  assert.deepEqual(engine.calls.map((call) => call.input.choices), [2, 2]);
});

Deno.test("llama completion gives just the fields that are asked for", async () => {
  const response_fields = ["content", "generation_settings/n_predict", "generation_settings/stop/0", "no/such", ""];
  const body = { prompt: "Hi", n_predict: 5, response_fields };
  const expected = { content: "Hello!", "generation_settings/n_predict": 5 };
  assert.deepEqual(await (await post(llamaAppOver(new FakeEngine()), body, "/completion")).json(), expected);
  const last = (await streamed(body)).at(-1);
  assert.deepEqual(last, { ...expected, content: "" });
});

Deno.test("llama completion of no token reads the prompt alone", async () => {
  const engine = new FakeEngine();
  const { content, tokens_predicted, stop_type, generation_settings, timings, tokens_cached } = await complete({
    prompt: "Hi",
    n_predict: 0,
  }, engine);
  assert.deepEqual([content, tokens_predicted, stop_type, tokens_cached], ["", 0, "limit", 2]);
  assert.deepEqual([generation_settings.n_predict, timings.predicted_n], [0, 0]);
  assert.equal(engine.calls[0]?.input.maxTokens, 1);
  assert.equal((await streamed({ prompt: "Hi", n_predict: 0 })).length, 1);
});

Deno.test("llama completion streams parts and ends with the whole, without [DONE]", async () => {
  const engine = new FakeEngine();
  const messages = await streamed({ prompt: "Hi" }, engine);
  assert.deepEqual(
    messages.slice(0, -1),
    ["Hel", "lo", "!"].map((content, i) => ({
      index: 0,
      content,
      tokens: [i],
      stop: false,
      id_slot: -1,
      tokens_predicted: i + 1,
      tokens_evaluated: 2,
    })),
  );
  const last = LlamaCompletion.strict().parse(messages.at(-1));
  assert.deepEqual([last.content, last.tokens, last.tokens_predicted], ["", [], 3]);
  assert.equal(last.generation_settings.stream, true);
  assert.equal(engine.calls[0]?.input.stream, undefined);
});

Deno.test("llama completion streams probabilities with each part, and none at the end", async () => {
  const messages = await streamed({ prompt: "Hi", n_probs: 1 });
  const chunks = LlamaCompletionChunk.strict().array().parse(messages.slice(0, -1));
  assert.deepEqual(chunks.map((chunk) => chunk.completion_probabilities?.map(({ token }) => token)), [["Hel"], ["lo"], [
    "!",
  ]]);
  assert.equal(LlamaCompletion.strict().parse(messages.at(-1)).completion_probabilities, undefined);
});

Deno.test("llama completion streams several answers, each with an end of its own", async () => {
  const messages = await streamed({ prompt: ["a", "b"], n: 2 });
  const finals = LlamaCompletion.strict().array().parse(messages.slice(-4));
  assert.deepEqual(finals.map(({ index, prompt }) => [index, prompt]), [[0, "a"], [1, "a"], [2, "b"], [3, "b"]]);
  const chunks = LlamaCompletionChunk.strict().array().parse(messages.slice(0, -4));
  for (const at of [0, 1, 2, 3]) {
    assert.equal(chunks.filter(({ index }) => index === at).map(({ content }) => content).join(""), "Hello!");
  }
});

Deno.test("llama completion that fails at once has a status, and later a last message", async () => {
  const error = new EngineError("context_length_exceeded", "3000 of 2048");
  for (const stream of [true, false]) {
    const response = await post(
      llamaAppOver(new FakeEngine(failAfter([], error))),
      { prompt: "Hi", stream },
      "/completion",
    );
    assert.equal(response.status, 400);
    assert.equal(ErrorBody.strict().parse(await response.json()).error.param, "prompt");
  }
  const messages = await streamed(
    { prompt: "Hi" },
    new FakeEngine(failAfter(["a"], new EngineError("overloaded", "m"))),
  );
  assert.equal(ErrorBody.strict().parse(messages.at(-1)).error.code, "overloaded");
});

Deno.test("llama completion ends the engine's work when its client leaves", async () => {
  const engine = new FakeEngine(hangAfter(["a"]));
  const response = await post(
    llamaAppOver(engine),
    { prompt: "Hi", stream: true, sse_ping_interval: 1 },
    "/completion",
  );
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await within((await engine.call()).aborted);
});

Deno.test("llama completion shows the ends of an answer as banned where it ignores them", async () => {
  const bias = async (body: object, options = {}): Promise<unknown> => {
    const response = await post(llamaAppOver(new FakeEngine(), options), { prompt: "Hi", ...body }, "/completion");
    return LlamaCompletion.strict().parse(await response.json()).generation_settings.logit_bias;
  };
  const ends = [{ token: 2, bias: null }, { token: 3, bias: null }];
  assert.deepEqual(await bias({}), []);
  assert.deepEqual(await bias({ ignore_eos: false }), []);
  assert.deepEqual(await bias({ ignore_eos: true, logit_bias: [[5, 1.5]] }), [{ token: 5, bias: 1.5 }, ...ends]);
  assert.deepEqual(await bias({}, { defaults: { ignoreEos: true } }), ends);
});

Deno.test("llama completion names what it ignores", async () => {
  const body = { prompt: "Hi", id_slot: 1, n_cache_reuse: 5, verbose: true, t_max_predict_ms: 5, stream_options: null };
  const response = await post(llamaAppOver(new FakeEngine()), body, "/completion");
  assert.equal(response.headers.get("x-ignored-parameters"), "id_slot, n_cache_reuse, verbose");
});

Deno.test("llama completion takes values that ask for nothing", async () => {
  await complete({
    prompt: "Hi",
    grammar: "",
    n_indent: 0,
    n_discard: 0,
    post_sampling_probs: false,
    return_progress: false,
    timings_per_token: true,
    json_schema: null,
    sse_ping_interval: -1,
  });
});

Deno.test("llama completion refuses by name what it cannot do", async () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ prompt: undefined }, "prompt"],
    [{ prompt: 5 }, "prompt"],
    [{ prompt: [] }, "prompt"],
    [{ prompt: "" }, "prompt"],
    [{ prompt: [1.5] }, "prompt.0"],
    [{ prompt: Array(1025).fill("a") }, "prompt"],
    [{ prompt: [1, ...Array(1025).fill("a")] }, "prompt"],
    [{ prompt: { prompt_string: "a", multimodal_data: ["AA=="] } }, "prompt.multimodal_data"],
    [{ post_sampling_probs: true }, "post_sampling_probs"],
    [{ grammar: "root ::= x" }, "grammar"],
    [{ json_schema: { type: "nothing" } }, "json_schema"],
    [{ json_schema: {}, grammar: 'root ::= "a"' }, "grammar"],
    [{ n_indent: 4 }, "n_indent"],
    [{ n_discard: 5 }, "n_discard"],
    [{ return_progress: true }, "return_progress"],
    [{ stream: true, timings_per_token: true }, "timings_per_token"],
    [{ n_probs: 21 }, "n_probs"],
    [{ n_predict: -2 }, "n_predict"],
    [{ response_fields: "content" }, "response_fields"],
    [{ samplers: ["infill"] }, "samplers"],
    [{ temperature: -1 }, "temperature"],
  ];
  for (const [body, param] of cases) {
    const engine = new FakeEngine();
    const response = await post(llamaAppOver(engine), { prompt: "Hi", ...body }, "/completion");
    const text = await response.text();
    assert.equal(response.status, 400, `${JSON.stringify(body)}: ${text}`);
    assert.equal(ErrorBody.strict().parse(JSON.parse(text)).error.param, param, text);
    assert.equal(engine.calls.length, 0);
  }
});

Deno.test("infill fills a gap in the shape of a completion, whole and streamed", async () => {
  const body = { input_prefix: "a", input_suffix: "b", prompt: "c", n_predict: 3, input_extra: [] };
  const engine = new InfillEngine();
  const { content, prompt, tokens_evaluated } = await complete(body, engine, "/infill");
  assert.deepEqual([content, prompt, tokens_evaluated], ["Hello!", "\x01ac\x02b\x03", 6]);
  assert.deepEqual(engine.calls[0]?.input.prompt, { kind: "tokens", tokens: [1, 97, 99, 2, 98, 3] });
  const messages = await streamed(body, engine, "/infill");
  assert.equal(LlamaCompletion.strict().parse(messages.at(-1)).stop_type, "eos");
});

Deno.test("infill refuses other files, what is missing, and a model that cannot", async () => {
  const body = { input_prefix: "a", input_suffix: "b" };
  const cases: [Record<string, unknown>, string][] = [
    [{ input_extra: [{ text: "c", filename: "d" }] }, "input_extra"],
    [{ input_prefix: undefined }, "input_prefix"],
    [{ input_suffix: undefined }, "input_suffix"],
    [{ prompt: ["a"] }, "prompt"],
  ];
  for (const [more, param] of cases) {
    const response = await post(llamaAppOver(new InfillEngine()), { ...body, ...more }, "/infill");
    assert.equal(response.status, 400);
    assert.equal(ErrorBody.strict().parse(await response.json()).error.param, param);
  }
  const engine = new InfillEngine();
  engine.status = { state: "ready", model: { ...FAKE_MODEL, infills: false } };
  const response = await post(llamaAppOver(engine), body, "/infill");
  assert.equal(response.status, 501);
  assert.match((await response.json()).error.message, /^Infill is not supported by this model/);
});

Deno.test("any JSON body of llama-server's routes gives an answer or an error that says why, never a 500", async () => {
  const app = llamaAppOver(new InfillEngine());
  const keys = ["prompt", "content", "input", "tokens", "messages", "input_prefix", "input_suffix", "query", "texts"];
  const more = ["n", "n_cmpl", "n_predict", "n_probs", "stream", "response_fields", "samplers", "__proto__"];
  const value = fc.oneof(fc.jsonValue(), fc.string(), fc.array(fc.oneof(fc.string(), fc.nat(255)), { minLength: 1 }));
  const body = fc.dictionary(fc.constantFrom(...keys, ...keys, ...more), value, { minKeys: 1, maxKeys: 3 });
  const path = fc.constantFrom(
    "completion",
    "infill",
    "tokenize",
    "detokenize",
    "apply-template",
    "embedding",
    "rerank",
  );
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(path, body, async (path, value) => {
      const response = await post(app, value, `/${path}`);
      const text = await response.text();
      if (response.status === 200) accepted++;
      else {assert.deepEqual([response.status, ErrorBody.strict().parse(JSON.parse(text)).error.code], [
          400,
          "invalid_value",
        ]);}
    }),
    { numRuns: 4000 },
  );
  assert.ok(accepted > 50, `only ${accepted} bodies were accepted, so nothing was shown of those`);
});

Deno.test("llama completion is held to a grammar or a schema, and its settings tell it", async () => {
  const grammar = 'root ::= "a" | "b"';
  const cases: [object, RegExp][] = [
    [{ grammar }, /^root ::= "a" \| "b"$/],
    [{ json_schema: { const: 42 } }, /root.*42/s],
    [{ response_format: { type: "json_object" } }, /root/],
    [{ regex: "a{2}" }, /"aa"/],
    [{ choice: ["yes", "no"] }, /"yes"/],
    [{}, /^$/],
  ];
  for (const [body, text] of cases) {
    for (const stream of [false, true]) {
      const engine = new FakeEngine();
      const { generation_settings } = stream
        ? LlamaCompletion.strict().parse((await streamed({ prompt: "Hi", ...body }, engine)).at(-1))
        : await complete({ prompt: "Hi", ...body }, engine);
      assert.match(generation_settings.grammar, text);
      assert.equal(engine.calls[0]?.input.grammar === undefined, generation_settings.grammar === "");
    }
  }
});

Deno.test("llama completion names what of a schema is not held, and checks it", async () => {
  const schema = { type: "object", properties: { a: { type: "string", pattern: "(.)\\1" } }, required: ["a"] };
  const body = { prompt: ["Hi", "Ho"], json_schema: schema };
  const response = await post(llamaAppOver(new FakeEngine(answer(['{"b":', "1}"]))), body, "/completion");
  assert.match(response.headers.get("x-relaxed") ?? "", /^json_schema#\/properties\/a: pattern/);
  assert.match(response.headers.get("x-validation") ?? "", /^failed: choices\.0\.content#: required, choices\.1\./);
  await response.body?.cancel();
  const messages = await streamed(body, new FakeEngine(answer(['{"a":"xx"}'])));
  const finals = LlamaCompletion.strict().array().parse(messages.slice(-2));
  assert.ok(finals.every(({ validation }) => validation?.startsWith("passed; unchecked: json_schema#")));
  const silent = await post(llamaAppOver(new FakeEngine()), { ...body, n_predict: 0 }, "/completion");
  assert.equal(silent.headers.get("x-validation"), null);
  await silent.body?.cancel();
});
