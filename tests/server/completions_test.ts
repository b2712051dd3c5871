import assert from "node:assert/strict";
import fc from "fast-check";
import type { AnswerLogprob, GenerateEvent } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { joinLogprobs } from "../../server/routes/completion_logprobs.ts";
import { Completion, CompletionChunk, ErrorBody } from "../../server/schemas/mod.ts";
import { answer, DONE, failAfter, FakeEngine, fakeLogprob, hangAfter, type Script } from "./fake_engine.ts";
import { appOver, eventData, post } from "./requests.ts";
import { within } from "./within.ts";

const PATH = "/v1/completions";

/** Says its prompt, in capitals. */
const shout: Script = (input, signal) =>
  answer(input.prompt.kind === "text" ? [input.prompt.text.toUpperCase()] : ["T"])(input, signal);

Deno.test("completion has OpenAI's shape", async () => {
  const response = await post(appOver(new FakeEngine()), { prompt: "Hi", model: "whatever" }, PATH);
  assert.equal(response.status, 200);
  const { id, created, timings, ...rest } = Completion.strict().parse(await response.json());
  assert.match(id, /^cmpl-[0-9a-f]{32}$/);
  assert.ok(Math.abs(created - Date.now() / 1000) < 60);
  assert.equal(timings.predicted_n, 3);
  assert.deepEqual(rest, {
    object: "text_completion",
    model: "fake-model",
    system_fingerprint: "packllama-0.0.0",
    choices: [{ text: "Hello!", index: 0, logprobs: null, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13, prompt_tokens_details: { cached_tokens: 4 } },
  });
});

Deno.test("completion takes each form of prompt, and hands its parameters on", async () => {
  const cases: [unknown, object[]][] = [
    ["a", [{ kind: "text", text: "a" }]],
    ["", [{ kind: "text", text: "" }]],
    [["a", "b"], [{ kind: "text", text: "a" }, { kind: "text", text: "b" }]],
    [[1, 255], [{ kind: "tokens", tokens: [1, 255] }]],
    [[[1], [2, 3]], [{ kind: "tokens", tokens: [1] }, { kind: "tokens", tokens: [2, 3] }]],
  ];
  for (const [prompt, prompts] of cases) {
    const engine = new FakeEngine();
    const request = { prompt, max_tokens: 5, top_k: 3, stop: "x", n: 2, logprobs: 4, user: "ann" };
    const response = await post(appOver(engine), request, PATH);
    assert.equal(Completion.parse(await response.json()).choices.length, 2 * prompts.length);
    const rest = { sampling: { topK: 3 }, maxTokens: 5, stop: ["x"], choices: 2, logprobs: 4, stream: false };
    assert.deepEqual(
      engine.calls.map((call) => call.input),
      prompts.map((one) => ({ prompt: one, ...rest, client: { user: "ann" } })),
    );
  }
});

Deno.test("completion numbers choices over all prompts and adds up their tokens", async () => {
  const response = await post(appOver(new FakeEngine(shout)), { prompt: ["a", "b", "c"], n: 2 }, PATH);
  const { choices, usage } = Completion.parse(await response.json());
  assert.deepEqual(choices.map((choice) => choice.text), ["A", "A", "B", "B", "C", "C"]);
  assert.deepEqual(choices.map((choice) => choice.index), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([usage.prompt_tokens, usage.completion_tokens], [30, 9]);
});

Deno.test("completion of more prompts than are answered at once answers them all", async () => {
  let running = 0;
  let most = 0;
  const engine = new FakeEngine(async function* (input, signal): AsyncGenerator<GenerateEvent> {
    most = Math.max(most, ++running);
    for await (const event of shout(input, signal)) {
      if (event.type === "done") running--;
      yield event;
    }
  });
  const prompt = Array.from({ length: 100 }, (_, index) => `p${index}`);
  const { choices } = Completion.parse(await (await post(appOver(engine), { prompt }, PATH)).json());
  assert.deepEqual(choices.map((choice) => choice.text), prompt.map((text) => text.toUpperCase()));
  assert.equal(most, 16);
});

Deno.test("completion stream has OpenAI's order", async () => {
  const request = { prompt: ["a", "b"], stream: true, echo: true, stream_options: { include_usage: true } };
  const data = eventData(await (await post(appOver(new FakeEngine(shout)), request, PATH)).text());
  assert.equal(data.pop(), "[DONE]");
  const chunks = data.map((text) => CompletionChunk.strict().parse(JSON.parse(text)));
  const last = chunks.pop();
  assert.deepEqual([last?.choices, last?.usage?.total_tokens, last?.timings?.predicted_n], [[], 26, 6]);
  assert.ok(chunks.every((chunk) => chunk.usage === null));
  for (const index of [0, 1]) {
    const own = chunks.flatMap((chunk) => chunk.choices).filter((choice) => choice.index === index);
    const letter = index === 0 ? "a" : "b";
    assert.deepEqual(own.map((choice) => choice.text), [letter, letter.toUpperCase(), ""]);
    assert.deepEqual(own.map((choice) => choice.finish_reason), [null, null, "stop"]);
  }
});

Deno.test("completion echoes its prompt", async () => {
  const response = await post(appOver(new FakeEngine(shout)), { prompt: ["a", "b"], echo: true, n: 2 }, PATH);
  const { choices } = Completion.parse(await response.json());
  assert.deepEqual(choices.map((choice) => choice.text), ["aA", "aA", "bB", "bB"]);
});

Deno.test("completion echoes tokens as their text", async () => {
  const response = await post(appOver(new FakeEngine(shout)), { prompt: [[97, 98], [99]], echo: true }, PATH);
  const { choices } = Completion.parse(await response.json());
  assert.deepEqual(choices.map(({ text }) => text.slice(0, 2)), ["ab", "cT"]);
});

Deno.test("completion gives the log-probabilities of an echoed prompt, streamed or not", async () => {
  const token = (text: string, logprob: number): AnswerLogprob => {
    const own = { token: 1, bytes: new TextEncoder().encode(text), logprob };
    return { ...own, top: [{ ...own, bytes: new TextEncoder().encode("x"), logprob: -0.5 }] };
  };
  const added = { token: 0, bytes: new TextEncoder().encode("<s>") };
  async function* script(): AsyncGenerator<GenerateEvent> {
    yield {
      type: "text",
      index: 0,
      text: "!",
      logprobs: [token("!", -3)],
      prompt: [added, token("Hé", -1), token("y", -2)],
    };
    yield { type: "finish", index: 0, finishReason: "length", completionTokens: 1 };
    yield DONE;
  }
  const expected = {
    tokens: ["<s>", "Hé", "y", "!"],
    token_logprobs: [null, -1, -2, -3],
    top_logprobs: [null, { x: -0.5, "Hé": -1 }, { x: -0.5, y: -2 }, { x: -0.5, "!": -3 }],
    text_offset: [0, 0, 2, 3],
  };
  const engine = new FakeEngine(script);
  const body = { prompt: "Héy", echo: true, logprobs: 1, max_tokens: 1 };
  const { choices: [choice] } = Completion.parse(await (await post(appOver(engine), body, PATH)).json());
  assert.deepEqual([choice?.text, choice?.logprobs], ["Héy!", expected]);
  assert.equal(engine.calls[0]?.input.promptLogprobs, true);
  const response = await post(appOver(engine), { ...body, stream: true }, PATH);
  const chunks = eventData(await response.text()).slice(0, -1).map((data) => CompletionChunk.parse(JSON.parse(data)));
  const parts = chunks.flatMap(({ choices: [choice] }) => choice?.logprobs ?? []);
  assert.deepEqual(parts.reduce(joinLogprobs), expected);
  assert.equal(chunks.map(({ choices: [choice] }) => choice?.text).join(""), "Héy!");
});

Deno.test("completion gives log-probabilities in the legacy shape, streamed or not", async () => {
  const pieces = ["é", "🦙", "x"];
  for (const stream of [false, true]) {
    const response = await post(appOver(new FakeEngine(answer(pieces))), { prompt: "", logprobs: 2, stream }, PATH);
    const text = await response.text();
    const all = stream
      ? eventData(text).slice(0, -1).flatMap((data) => CompletionChunk.strict().parse(JSON.parse(data)).choices)
      : Completion.strict().parse(JSON.parse(text)).choices;
    const logprobs = all.map((choice) => choice.logprobs).filter((part) => part !== null);
    assert.deepEqual(logprobs.flatMap((part) => part.tokens), pieces);
    assert.deepEqual(logprobs.flatMap((part) => part.token_logprobs), [-1, -1, -1]);
    assert.deepEqual(logprobs.flatMap((part) => part.text_offset), [0, 1, 2]);
    assert.deepEqual(
      logprobs.flatMap((part) => part.top_logprobs),
      pieces.map((piece) => ({ [piece]: -1, "bytes:\\xe2\\x80": -9999 })),
    );
  }
});

Deno.test("completion counts the offset of tokens that share a character from its first byte", async () => {
  const bytes = new TextEncoder().encode("a🦙b");
  const engine = new FakeEngine(async function* (): AsyncGenerator<GenerateEvent> {
    const cut = (from: number, to: number): ReturnType<typeof fakeLogprob> => ({
      ...fakeLogprob("", { index: 0, position: from }),
      bytes: bytes.subarray(from, to),
      top: [],
    });
    yield { type: "text", index: 0, text: "a🦙b", logprobs: [cut(0, 1), cut(1, 3), cut(3, 5), cut(5, 6)] };
    yield { type: "finish", index: 0, finishReason: "stop", completionTokens: 4 };
    yield DONE;
  });
  const body = await (await post(appOver(engine), { prompt: "", logprobs: 0 }, PATH)).json();
  const [choice] = Completion.parse(body).choices;
  assert.deepEqual(choice?.logprobs?.tokens, ["a", "bytes:\\xf0\\x9f", "bytes:\\xa6\\x99", "b"]);
  assert.deepEqual(choice?.logprobs?.text_offset, [0, 1, 1, 2]);
});

Deno.test("completion gives the best of several, by their mean log-probability", async () => {
  // The fake engine's choices are the likelier the higher their index; the last one says nothing.
  const engine = new FakeEngine(async function* (input): AsyncGenerator<GenerateEvent> {
    for (const index of [0, 1, 2, 3]) {
      const logprobs = [fakeLogprob("x", { index, position: 0 })];
      const { prompt } = input;
      if (index < 3) {
        yield { type: "text", index, text: `${prompt.kind === "text" ? prompt.text : ""}${index}`, logprobs };
      }
      yield { type: "finish", index, finishReason: "stop", completionTokens: 1 };
    }
    yield DONE;
  });
  const response = await post(appOver(engine), { prompt: ["a", "b"], best_of: 4, n: 2 }, PATH);
  const { choices } = Completion.parse(await response.json());
  assert.deepEqual(choices.map((choice) => [choice.index, choice.text]), [[0, "a2"], [1, "a1"], [2, "b2"], [3, "b1"]]);
  assert.ok(choices.every((choice) => choice.logprobs === null));
  assert.deepEqual(engine.calls.map(({ input }) => [input.choices, input.logprobs]), [[4, 0], [4, 0]]);
});

Deno.test("completion parameters of a wrong value are a 400 that names them", async () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ prompt: undefined }, "prompt"],
    [{ prompt: null }, "prompt"],
    [{ prompt: 5 }, "prompt"],
    [{ prompt: [] }, "prompt"],
    [{ prompt: [[]] }, "prompt.0"],
    [{ prompt: ["a", 1] }, "prompt.1"],
    [{ prompt: [-1] }, "prompt.0"],
    [{ prompt: [0.5] }, "prompt.0"],
    [{ prompt: [1, 256] }, "prompt"],
    [{ prompt: [[1], [2, 2 ** 40]] }, "prompt.1"],
    [{ prompt: Array(1025).fill("a") }, "prompt"],
    [{ suffix: 5 }, "suffix"],
    [{ suffix: "x", prompt: [1, 2] }, "suffix"],
    [{ logprobs: 6 }, "logprobs"],
    [{ logprobs: true }, "logprobs"],
    [{ echo: "yes" }, "echo"],
    [{ echo: true, logprobs: 0, n: 2 }, "echo"],
    [{ echo: true, logprobs: 0, best_of: 2 }, "echo"],
    [{ echo: true, logprobs: 0, suffix: "x" }, "suffix"],
    [{ echo: true, logprobs: 0, receipt: true }, "receipt"],
    [{ n: 17 }, "n"],
    [{ best_of: 17 }, "best_of"],
    [{ n: 3, best_of: 2 }, "best_of"],
    [{ best_of: 2, stream: true }, "best_of"],
    [{ temperature: 3 }, "temperature"],
    [{ stream_options: {} }, "stream_options"],
  ];
  for (const [body, param] of cases) {
    const engine = new FakeEngine();
    const response = await post(appOver(engine), { prompt: "a", ...body }, PATH);
    const text = await response.text();
    assert.equal(response.status, 400, `${JSON.stringify(body)}: ${text}`);
    const { error } = ErrorBody.strict().parse(JSON.parse(text));
    assert.deepEqual([error.param, error.code], [param, "invalid_value"], text);
    assert.ok(error.message.includes(`"${param}"`), error.message);
    assert.equal(engine.calls.length, 0);
  }
});

Deno.test("completion names its prompt in an error about it, streamed or not", async () => {
  const error = new EngineError("context_length_exceeded", "3000 of 2048");
  for (const stream of [false, true]) {
    const response = await post(appOver(new FakeEngine(failAfter([], error))), { prompt: "a", stream }, PATH);
    assert.deepEqual([response.status, (await response.json()).error.param], [400, "prompt"]);
  }
});

Deno.test("completion ends all prompts when one fails", async () => {
  const full = new EngineError("overloaded", "The queue is full");
  const engine = new FakeEngine((input, signal) =>
    input.prompt.kind === "text" && input.prompt.text === "b"
      ? failAfter([], full)(input, signal)
      : hangAfter(["x"])(input, signal)
  );
  const response = await post(appOver(engine), { prompt: ["a", "b"] }, PATH);
  assert.deepEqual([response.status, response.headers.get("retry-after")], [503, "1"]);
  await response.body?.cancel();
  for (const call of engine.calls) await within(call.ended);
});

Deno.test("completion stream of several prompts aborts all of them when its body is cancelled", async () => {
  const engine = new FakeEngine(hangAfter(["x"]));
  const response = await post(appOver(engine), { prompt: ["a", "b"], stream: true }, PATH);
  await response.body?.cancel();
  for (const index of [0, 1]) {
    const call = await within(engine.call(index));
    await within(call.aborted);
    await within(call.ended);
  }
});

Deno.test("any JSON body of a completion gives an answer or OpenAI's error, never a 500", async () => {
  const app = appOver(new FakeEngine(shout));
  const keys = ["prompt", "n", "best_of", "echo", "logprobs", "suffix", "stream", "stop", "logit_bias", "samplers"];
  const token = fc.integer({ min: -1, max: 256 });
  const prompt = fc.oneof(
    fc.string(),
    fc.array(fc.string()),
    fc.array(token),
    fc.array(fc.array(token)),
    fc.jsonValue(),
  );
  const rest = fc.dictionary(fc.constantFrom(...keys), fc.oneof(fc.jsonValue(), fc.nat(17), fc.boolean()), {
    maxKeys: 3,
  });
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(prompt, rest, async (one, more) => {
      const response = await post(app, { prompt: one, ...more }, PATH);
      const text = await response.text();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status === 400) ErrorBody.strict().parse(JSON.parse(text));
      else if (text.startsWith("data: ")) assert.equal(eventData(text).at(-1), "[DONE]");
      else Completion.strict().parse(JSON.parse(text));
    }),
    { numRuns: 500 },
  );
  assert.deepEqual([...statuses.keys()].sort(), [200, 400]);
  assert.ok((statuses.get(200) ?? 0) > 50, `${statuses.get(200)} were accepted`);
});

Deno.test("completions are held to a choice, and name what of a schema is not held", async () => {
  const engine = new FakeEngine(answer(['{"a":1}']));
  const app = appOver(engine);
  await post(app, { prompt: ["a", "b"], choice: ["Yes", "No"] }, "/v1/completions");
  assert.deepEqual(engine.calls.map(({ input }) => input.grammar?.rules["root"]?.kind), ["choice", "choice"]);
  const schema = { type: "object", properties: { a: { type: "string", pattern: "(.)\\1" } } };
  const body = { prompt: "a", n: 2, json_schema: schema };
  const whole = await post(app, body, "/v1/completions");
  assert.match(whole.headers.get("x-relaxed") ?? "", /^json_schema#\/properties\/a: pattern/);
  assert.match(whole.headers.get("x-validation") ?? "", /^failed: choices\.0\.content#\/a: type, choices\.1/);
  const stream = eventData(await (await post(app, { ...body, stream: true }, "/v1/completions")).text());
  assert.match(JSON.parse(stream.at(-2) ?? "").validation, /^failed: choices\.0\.content#\/a: type/);
  const twice = await post(app, { prompt: "a", regex: "a", grammar: 'root ::= "a"' }, "/v1/completions");
  assert.equal(twice.status, 400);
  assert.equal((await twice.json()).error.param, "regex");
});
