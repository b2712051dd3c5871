import assert from "node:assert/strict";
import fc from "fast-check";
import type { Sampling } from "../../lib/engine/mod.ts";
import { ChatCompletion, ErrorBody } from "../../server/schemas/mod.ts";
import { FakeEngine } from "./fake_engine.ts";
import { appOver, eventData, MESSAGES, post } from "./requests.ts";

const LONG = "x".repeat(500);
const TOO_MANY_BIASES = Array.from({ length: 5000 }, (_, i): [string, number] => [`word ${i}`, 1]);
const user = (content: unknown): unknown => [{ role: "user", content }];

/** Accepted values of each parameter. */
const ACCEPTED: Record<string, unknown[]> = {
  model: ["", "gpt-4o", null],
  messages: [user(""), user([{ type: "text", text: "a" }]), [{ role: "assistant" }], [{
    role: "user",
    content: "a",
    name: null,
  }]],
  temperature: [0, 0.7, 2, null],
  top_p: [0, 1e-9, 0.5, 1, null],
  top_k: [0, 1, 2 ** 31 - 1, null],
  min_p: [0, 0.05, 1, null],
  typical_p: [0.1, 1, null],
  seed: [-1, 0, 2 ** 32 - 1, 2 ** 53, 9.2e18, -9.2e18, null],
  stop: ["a", [], ["a"], Array(16).fill("a"), LONG, null],
  frequency_penalty: [-2, 0, 2, null],
  presence_penalty: [-2, 0, 2, null],
  repeat_penalty: [0.1, 1, 1.5, null],
  repeat_last_n: [-1, 0, 64, null],
  dynatemp_range: [0, 0.5, null],
  dynatemp_exponent: [0, 1, 2.5, null],
  top_n_sigma: [-1, 0, 1.5, null],
  xtc_probability: [0, 0.5, 1, null],
  xtc_threshold: [0, 0.1, 1, null],
  min_keep: [0, 5, null],
  dry_multiplier: [0, 0.8, null],
  dry_base: [1, 1.75, null],
  dry_allowed_length: [0, 2, null],
  dry_penalty_last_n: [-1, 0, 64, null],
  dry_sequence_breakers: [["\n"], Array(32).fill("a"), null],
  mirostat: [0, 1, 2, null],
  mirostat_tau: [0, 5, null],
  mirostat_eta: [0, 0.1, 1, null],
  adaptive_target: [-1, 0, 0.5, 1, null],
  adaptive_decay: [0, 0.99, null],
  ignore_eos: [true, false, null],
  samplers: [[], ["top_k", "TOP-P", "minp", "typ", "temp", "adaptive_p"], "", "edskypmxta", null],
  max_tokens: [-1, 1, 2 ** 40, null],
  max_completion_tokens: [-1, 1, null],
  n_predict: [-1, 1, null],
  t_max_predict_ms: [-1, 0, 100, null],
  n_keep: [-1, 0, 5, null],
  cache_prompt: [true, false, null],
  speculation: [true, false, null],
  prediction: [{ type: "content", content: "a" }, { type: "content", content: [{ type: "text", text: "a" }] }, null],
  lora: [[], [{ id: 0, scale: 0.5 }], null],
  n: [1, 16, null],
  stream: [false, true, null],
  stream_options: [null],
  logprobs: [false, true, null],
  top_logprobs: [0, null],
  logit_bias: [{}, { "5": -100, " the": 1.5, "6": false }, [[5, -1.5], [" the", false]], [], null],
  tools: [[], null, [{ type: "function", function: { name: "f" } }], [{
    type: "function",
    function: { name: "a.b/c:d-e_ü", description: null, parameters: null, strict: null },
  }]],
  tool_choice: ["none", "auto", null],
  parallel_tool_calls: [true, false, null],
  parse_tool_calls: [true, false, null],
  functions: [[], null, [{ name: "f", description: "F", parameters: { type: "object" } }]],
  function_call: ["none", "auto", null],
  response_format: [
    { type: "text" },
    null,
    { type: "json_object" },
    { type: "json_schema", json_schema: { name: "x", schema: { type: "object" } } },
  ],
  regex: ["a", null],
  choice: [["a"], ["a", "b"], null],
  reasoning_effort: ["none", "minimal", "low", "medium", "high", "xhigh", "max", null],
  reasoning_format: ["none", "auto", "deepseek", null],
  reasoning_budget_tokens: [-1, 0, 5, null],
  thinking_budget_tokens: [-1, 0, 5, null],
  reasoning_budget: [-1, 0, 5, null],
  modalities: [["text"], null],
  audio: [null],
  grammar: ["", null, 'root ::= "a"'],
  json_schema: [null, {}, { const: "42" }],
  post_sampling_probs: [false, null],
  add_generation_prompt: [true, false, null],
  continue_final_message: [false, null],
  chat_template: [null],
  chat_template_kwargs: [{}, { a: 1 }, null],
  user: ["ann", 5],
  unheard_of: [{ a: 1 }, null, "x"],
  __proto__x: [1],
};

/** Refused values of each parameter, with the path that the error names. */
const REFUSED: [Record<string, unknown>, string | null][] = [
  [{ model: 5 }, "model"],
  [{ messages: undefined }, "messages"],
  [{ messages: null }, "messages"],
  [{ messages: [] }, "messages"],
  [{ messages: "hi" }, "messages"],
  [{ messages: ["hi"] }, "messages.0"],
  [{ messages: [{ content: "a" }] }, "messages.0.role"],
  [{ messages: [...MESSAGES, { role: "robot", content: "a" }] }, "messages.1.role"],
  [{ messages: [{ role: 5, content: "a" }] }, "messages.0.role"],
  [{ messages: [{ role: "user" }] }, "messages.0.content"],
  [{ messages: user(null) }, "messages.0.content"],
  [{ messages: user(5) }, "messages.0.content"],
  [{ messages: user([]) }, "messages.0.content"],
  [{ messages: user([{ type: "text" }]) }, "messages.0.content.0.text"],
  [
    { messages: user([{ type: "text", text: "a" }, { type: "image_url", image_url: {} }]) },
    "messages.0.content.1.type",
  ],
  [{ messages: [{ role: "user", content: "a", name: 5 }] }, "messages.0.name"],
  [{ messages: [{ role: "assistant", tool_calls: [{}] }] }, "messages.0.tool_calls.0.id"],
  [{ messages: [{ role: "assistant", tool_calls: [{ id: "a", type: "x" }] }] }, "messages.0.tool_calls.0.type"],
  ...["temperature", "frequency_penalty", "presence_penalty"].flatMap((key) =>
    refuse(key, ["1", true, [], 2.01, -2.01])
  ),
  ...refuse("top_p", ["1", -1, 1.01]),
  ...refuse("typical_p", ["1", 0, -1, 1.01]),
  ...refuse("temperature", [-0.1]),
  ...refuse("min_p", ["0", -0.1, 1.1]),
  ...refuse("top_k", ["1", -1, 0.5, 2 ** 31]),
  ...refuse("seed", ["1", 0.5, 1e300, {}]),
  ...refuse("repeat_penalty", ["1", 0, -1]),
  ...refuse("repeat_last_n", ["1", -2, 0.5]),
  ...["dynatemp_range", "dynatemp_exponent", "dry_multiplier", "mirostat_tau"].flatMap((key) =>
    refuse(key, ["1", -0.1, 1e7, true])
  ),
  ...["xtc_probability", "xtc_threshold", "mirostat_eta"].flatMap((key) => refuse(key, ["1", -0.1, 1.1])),
  ...["min_keep", "dry_allowed_length"].flatMap((key) => refuse(key, ["1", -1, 0.5])),
  ...refuse("top_n_sigma", ["1", true]),
  ...refuse("dry_base", ["1", 0.9]),
  ...refuse("dry_penalty_last_n", ["1", -2, 0.5]),
  ...refuse("dry_sequence_breakers", [[], "a", Array(33).fill("a")]),
  [{ dry_sequence_breakers: ["a", ""] }, "dry_sequence_breakers.1"],
  ...refuse("mirostat", [3, -1, "1", 0.5]),
  ...refuse("adaptive_target", ["1", 1.1]),
  ...refuse("adaptive_decay", ["1", -0.1, 1]),
  ...refuse("ignore_eos", ["true", 1]),
  ...refuse("samplers", [5, ["top_k", "infill"], ["constructor"], "tq", Array(33).fill("dry")]),
  [{ samplers: [5] }, "samplers.0"],
  ...refuse("logit_bias", [5, "5", { "256": 1 }, [[256, 1]], TOO_MANY_BIASES, Object.fromEntries(TOO_MANY_BIASES)]),
  [{ logit_bias: [[LONG, 1]] }, "logit_bias.0.0"],
  [{ logit_bias: { "5": true } }, "logit_bias.5"],
  [{ logit_bias: { "5": "1" } }, "logit_bias.5"],
  [{ logit_bias: [[5]] }, "logit_bias.0"],
  [{ logit_bias: [[-5, 1]] }, "logit_bias.0.0"],
  ...refuse("t_max_predict_ms", ["1", -2]),
  ...refuse("n_keep", ["1", -2, 0.5]),
  ...["cache_prompt", "speculation"].flatMap((key) => refuse(key, ["true", 1])),
  ...refuse("prediction", ["a", []]),
  [{ prediction: { type: "content" } }, "prediction.content"],
  [{ prediction: { type: "text", content: "a" } }, "prediction.type"],
  ...refuse("lora", [{}, 5]),
  [{ lora: [{ id: -1, scale: 1 }] }, "lora.0.id"],
  [{ lora: [{ id: 0 }] }, "lora.0.scale"],
  ...["max_tokens", "max_completion_tokens", "n_predict"].flatMap((key) => refuse(key, ["1", 0, -2, 1.5, true])),
  ...refuse("stop", ["", 5, {}, Array(17).fill("a")]),
  [{ stop: ["a", ""] }, "stop.1"],
  [{ stop: [5] }, "stop.0"],
  ...refuse("n", [0, 17, "1", 1.5]),
  ...refuse("stream", ["true", 1]),
  ...refuse("stream_options", [{}, { include_usage: true }]),
  [{ stream: true, stream_options: 5 }, "stream_options"],
  [{ stream: true, stream_options: { include_usage: "yes" } }, "stream_options.include_usage"],
  ...refuse("logprobs", ["true", 5]),
  ...refuse("top_logprobs", [3, -1, 21, 0.5]),
  [{ logprobs: true, top_logprobs: 21 }, "top_logprobs"],
  ...refuse("tools", [5, Array(513).fill({ type: "function", function: { name: "f" } })]),
  [{ tools: [{ type: "function" }] }, "tools.0.function"],
  ...refuse("tool_choice", ["required", "x", 5]),
  ...refuse("parallel_tool_calls", [1]),
  ...refuse("parse_tool_calls", ["no"]),
  [{ functions: [{}] }, "functions.0.name"],
  ...refuse("function_call", [{ name: "f" }, "x"]),
  ...refuse("response_format", ["text", []]),
  [{ response_format: { type: "xml" } }, "response_format.type"],
  ...refuse("regex", ["", 5, "(", LONG.repeat(10)]),
  ...refuse("choice", [[], "a", Array(4097).fill("a")]),
  [{ choice: [""] }, "choice.0"],
  ...refuse("reasoning_effort", ["most", 5]),
  ...refuse("reasoning_format", ["deepseek-legacy", true]),
  ...["reasoning_budget_tokens", "thinking_budget_tokens", "reasoning_budget"].flatMap((key) =>
    refuse(key, [-2, 0.5, "5", 2 ** 31])
  ),
  ...refuse("modalities", [["text", "audio"], "text"]),
  ...refuse("audio", [{}]),
  ...refuse("grammar", ["root ::= x", 5]),
  ...refuse("json_schema", [5, [], "{}", { type: "nothing" }]),
  ...refuse("post_sampling_probs", [true, 1]),
  ...refuse("add_generation_prompt", ["false"]),
  ...refuse("continue_final_message", [true, "content", "x"]),
  ...refuse("chat_template", ["{{ messages }}"]),
  ...refuse("chat_template_kwargs", [[], "a"]),
];

for (const [name, values] of Object.entries(ACCEPTED)) {
  Deno.test(`parameter ${name} takes its values`, async () => {
    for (const value of values) {
      const response = await post(appOver(new FakeEngine()), { messages: MESSAGES, [name]: value });
      assert.equal(response.status, 200, `${JSON.stringify(value)}: ${await response.text()}`);
    }
  });
}

Deno.test("parameter of a wrong value is a 400 that names it", async () => {
  for (const [body, param] of REFUSED) {
    const engine = new FakeEngine();
    const response = await post(appOver(engine), { messages: MESSAGES, ...body });
    const text = await response.text();
    assert.equal(response.status, 400, `${JSON.stringify(body)}: ${text}`);
    const { error } = ErrorBody.strict().parse(JSON.parse(text));
    assert.deepEqual([error.type, error.param, error.code], ["invalid_request_error", param, "invalid_value"], text);
    assert.ok(param !== null && error.message.includes(param), error.message);
    assert.equal(engine.calls.length, 0);
  }
});

Deno.test("parameter errors say what was expected and found", async () => {
  const cases: [unknown, string][] = [
    [{}, 'Missing "messages": expected an array'],
    [{ messages: [] }, 'Invalid "messages": expected at least 1 element, found an empty array'],
    [
      { messages: [{ role: "x" }] },
      'Invalid "messages.0.role": expected one of "system", "developer", "user", "assistant", "tool", "function", found "x"',
    ],
    [{ messages: user(5) }, 'Invalid "messages.0.content": expected a string or an array, found 5'],
    [{ messages: MESSAGES, temperature: 3 }, 'Invalid "temperature": expected at most 2, found 3'],
    [{ messages: MESSAGES, typical_p: 0 }, 'Invalid "typical_p": expected more than 0, found 0'],
    [{ messages: MESSAGES, top_k: 0.5 }, 'Invalid "top_k": expected an integer, found 0.5'],
    [{ messages: MESSAGES, seed: 0.5 }, 'Invalid "seed": expected an integer, found 0.5'],
    [{ messages: MESSAGES, n: 17 }, 'Invalid "n": expected at most 16, found 17'],
    [
      { messages: MESSAGES, samplers: ["top_k", "infill"] },
      'Invalid "samplers": expected penalties, dry, top_n_sigma, top_k, typ_p, top_p, min_p, xtc, temperature, adaptive_p, found "infill"',
    ],
    [
      { messages: MESSAGES, samplers: "kq" },
      'Invalid "samplers": expected the letters edskypmxta, found "q"',
    ],
    [
      { messages: MESSAGES, logit_bias: { "256": 1 } },
      '"logit_bias" has the token 256; tokens of this model are whole numbers from 0 to 255',
    ],
    [{ messages: MESSAGES, stop: "" }, 'Invalid "stop": expected at least 1 character, found ""'],
    [{ messages: MESSAGES, model: [LONG] }, 'Invalid "model": expected a string, found an array of 1'],
    [{ messages: MESSAGES, stream: LONG }, `Invalid "stream": expected true or false, found "${"x".repeat(60)}"…`],
    [
      { messages: MESSAGES, tools: [{ type: "custom" }] },
      'Invalid "tools.0.type": A tool of type "custom" is not supported; expected "function"',
    ],
    [
      { messages: MESSAGES, grammar: 'root ::= "a"', regex: "a" },
      'Invalid "regex": not allowed with "grammar": an answer is held to one of them; leave the other out',
    ],
    [[], "Invalid request body: expected an object, found an empty array"],
  ];
  for (const [body, message] of cases) {
    const response = await post(appOver(new FakeEngine()), body);
    assert.equal((await response.json()).error.message, message);
  }
});

Deno.test("parameter seed is reduced to 32 bits and -1 draws one", async () => {
  const engine = new FakeEngine();
  for (const seed of [0, 42, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 40, -2, -(2 ** 32 - 1), -1]) {
    await post(appOver(engine), { messages: MESSAGES, seed });
  }
  const seeds = engine.calls.map((call) => call.input.sampling.seed);
  assert.deepEqual(seeds, [0, 42, 2 ** 32 - 2, 0, 256, 2 ** 32 - 3, 0, undefined]);
});

Deno.test("sampling parameters reach the engine under its names", async () => {
  const engine = new FakeEngine();
  const cases: [Record<string, unknown>, Partial<Sampling>][] = [
    [{
      dynatemp_range: 0.1,
      dynatemp_exponent: 0.2,
      top_n_sigma: 0.3,
      xtc_probability: 0.4,
      xtc_threshold: 0.5,
      min_keep: 6,
      dry_multiplier: 0.7,
      dry_base: 1.8,
      dry_allowed_length: 9,
      dry_penalty_last_n: 10,
      dry_sequence_breakers: ["."],
      mirostat: 2,
      mirostat_tau: 1.1,
      mirostat_eta: 0.12,
      adaptive_target: 0.13,
      adaptive_decay: 0.14,
      ignore_eos: true,
    }, {
      dynamicTemperatureRange: 0.1,
      dynamicTemperatureExponent: 0.2,
      topNSigma: 0.3,
      xtcProbability: 0.4,
      xtcThreshold: 0.5,
      minKeep: 6,
      dryMultiplier: 0.7,
      dryBase: 1.8,
      dryAllowedLength: 9,
      dryPenaltyLastN: 10,
      drySequenceBreakers: ["."],
      mirostat: 2,
      mirostatTau: 1.1,
      mirostatEta: 0.12,
      adaptiveTarget: 0.13,
      adaptiveDecay: 0.14,
      ignoreEos: true,
    }],
    [{ logit_bias: { "5": -100, " the": 1.5, "6": false } }, {
      logitBias: [{ token: 5, bias: -100 }, { token: 6, bias: -Infinity }, { token: " the", bias: 1.5 }],
    }],
    [{ logit_bias: [[5, -1.5], ["5", false]] }, {
      logitBias: [{ token: 5, bias: -1.5 }, { token: "5", bias: -Infinity }],
    }],
    [{ samplers: ["temp", "top-k", "adaptive_p"] }, { samplers: ["temperature", "top_k"] }],
    [{ samplers: "pxa" }, { samplers: ["top_p", "xtc"] }],
    [{ samplers: [], adaptive_target: 0.5 }, { samplers: [], adaptiveTarget: -1 }],
  ];
  for (const [index, [body, sampling]] of cases.entries()) {
    const response = await post(appOver(engine), { messages: MESSAGES, ...body });
    assert.equal(response.status, 200, await response.text());
    assert.deepEqual(engine.calls[index]?.input.sampling, sampling);
  }
});

Deno.test("the token limit goes by three names, and the first of them counts", async () => {
  const engine = new FakeEngine();
  const cases = [
    { n_predict: 3 },
    { max_tokens: 2, n_predict: 3 },
    { max_completion_tokens: 1, max_tokens: 2, n_predict: 3 },
    { max_completion_tokens: null, max_tokens: null, n_predict: -1 },
  ];
  for (const body of cases) await post(appOver(engine), { messages: MESSAGES, ...body });
  assert.deepEqual(engine.calls.map((call) => call.input.maxTokens), [3, 2, 1, 2 ** 31 - 1]);
});

Deno.test("request body that is no JSON object is a 400", async () => {
  for (const body of ["", "   ", "{", '{"messages":', "[]", "null", "5", '"x"', "[".repeat(1_000_000), "\u0000"]) {
    const response = await post(appOver(new FakeEngine()), body);
    assert.equal(response.status, 400, body.slice(0, 20));
    const { error } = ErrorBody.parse(await response.json());
    assert.deepEqual([error.type, error.param], ["invalid_request_error", null]);
  }
});

Deno.test("request body nested as deep as it is long is a 400", async () => {
  const deep = "[".repeat(1_000_000) + "]".repeat(1_000_000);
  for (const key of ["temperature", "messages", "tools", "stop", "response_format"]) {
    const response = await post(
      appOver(new FakeEngine()),
      `{"messages":[{"role":"user","content":"a"}],"${key}":${deep}}`,
    );
    assert.equal(response.status, 400, key);
    await response.body?.cancel();
  }
});

Deno.test("request body is read whatever its content type says", async () => {
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "nonsense"]) {
    const response = await appOver(new FakeEngine()).request("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": type },
      body: JSON.stringify({ messages: MESSAGES }),
    });
    assert.equal(response.status, 200, type);
    await response.body?.cancel();
  }
});

Deno.test("request body above the limit is a 413", async () => {
  const app = appOver(new FakeEngine());
  const fits = await post(app, { messages: user("x".repeat(16_000_000)) });
  assert.equal(fits.status, 200);
  await fits.body?.cancel();
  const response = await post(app, { messages: user("x".repeat(17_000_000)) });
  assert.equal(response.status, 413);
  assert.equal(ErrorBody.parse(await response.json()).error.code, "request_too_large");
});

Deno.test("any JSON body gives an answer or OpenAI's error, never a 500", async () => {
  const app = appOver(new FakeEngine());
  const keys = [...Object.keys(ACCEPTED), "role", "content", "__proto__", "constructor"];
  const message = fc.record({
    role: fc.oneof(fc.constantFrom("system", "user", "assistant", "tool"), fc.jsonValue()),
    content: fc.oneof(fc.string({ unit: "binary" }), fc.jsonValue()),
  }, { requiredKeys: [] });
  const parameters = fc.dictionary(fc.constantFrom(...keys), fc.oneof(fc.jsonValue(), fc.double(), fc.integer()), {
    maxKeys: 3,
  });
  const body = fc.oneof(
    fc.jsonValue(),
    parameters,
    fc.tuple(fc.array(message, { maxLength: 3 }), parameters).map(([messages, rest]) => ({ messages, ...rest })),
    parameters.map((rest) => ({ ...rest, messages: MESSAGES })),
  );
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(body, async (value) => {
      const response = await post(app, JSON.stringify(value));
      const text = await response.text();
      if (response.status !== 200) {
        assert.equal(response.status, 400, text);
        assert.equal(ErrorBody.strict().parse(JSON.parse(text)).error.type, "invalid_request_error");
        return;
      }
      accepted++;
      if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
        assert.equal(eventData(text).at(-1), "[DONE]");
      } else ChatCompletion.parse(JSON.parse(text));
    }),
    { numRuns: 1500 },
  );
  assert.ok(accepted > 50, `only ${accepted} bodies were accepted, so nothing was shown of those`);
});

function refuse(key: string, values: unknown[]): [Record<string, unknown>, string][] {
  return values.map((value) => [{ [key]: value }, key]);
}
