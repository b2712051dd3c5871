import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Hono } from "hono";
import type {
  Embeddings,
  EmbedInput,
  GenerateEvent,
  GenerateInput,
  ModelInfo,
  ServedModel,
  TokenizeInput,
} from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { answerFailures } from "../../server/answer_failures.ts";
import type { AppEnv, AppOptions, ModelChoice } from "../../server/app_input.ts";
import { nameIgnored } from "../../server/name_ignored.ts";
import { ollamaApi } from "../../server/routes/ollama/mod.ts";
import {
  ChatAnswer,
  EmbedAnswer,
  EmbeddingsAnswer,
  GenerateAnswer,
  LocalModels,
  OllamaError,
  RunningModels,
  ShowAnswer,
  Version,
} from "../../server/schemas/ollama/mod.ts";
import { answer, DONE, failAfter, FAKE_MODEL, FakeEngine, fakeLogprob, hangAfter } from "./fake_engine.ts";
import { MESSAGES, post } from "./requests.ts";
import { within } from "./within.ts";

type Options = Partial<AppOptions> & { models?: ModelChoice };

/** Ollama's API alone over a fake engine. */
function ollamaOver(engine: FakeEngine, { models, ...options }: Options = {}): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ strict: false });
  answerFailures(app);
  app.use(nameIgnored());
  return app.route(
    "/",
    ollamaApi({ engine, ...(models === undefined ? {} : { models }), options: { version: "1.2.3", ...options } }),
  );
}

async function chat(body: object, engine = new FakeEngine(), options: Options = {}): Promise<Response> {
  return await post(ollamaOver(engine, options), { model: "any", messages: MESSAGES, ...body }, "/api/chat");
}

async function generate(body: object, engine = new FakeEngine(), options: Options = {}): Promise<Response> {
  return await post(ollamaOver(engine, options), { model: "any", prompt: "Hi", ...body }, "/api/generate");
}

/** The objects of a stream, in order. */
async function linesOf(response: Response): Promise<unknown[]> {
  assert.equal(response.headers.get("content-type"), "application/x-ndjson");
  const text = await within(response.text());
  assert.ok(text.endsWith("\n"));
  return text.slice(0, -1).split("\n").map((line) => JSON.parse(line));
}

async function errorOf(response: Response): Promise<string> {
  return OllamaError.strict().parse(await response.json()).error;
}

/** A model that was not made for filling gaps. */
class OtherEngine extends FakeEngine {
  constructor(change: Partial<ModelInfo>) {
    super();
    this.status = { state: "ready", model: { ...FAKE_MODEL, ...change } };
  }
}

/** Two models, the second of which was never loaded. */
function severalModels(): { models: ModelChoice; selected: string[] } {
  const engine = new FakeEngine(answer(["from one"]));
  const selected: string[] = [];
  const list: ServedModel[] = [
    { id: "one", state: "loaded", info: { ...FAKE_MODEL, id: "one" } },
    { id: "two:8b", state: "unloaded", info: undefined },
  ];
  const select = (name: string | undefined): FakeEngine => {
    if (name && !list.some(({ id }) => id === name)) {
      throw new EngineError("not_found", `There is no model "${name}"`, { param: "model" });
    }
    selected.push(name ?? "");
    return engine;
  };
  return { models: { select, list: () => list }, selected };
}

/** What every answer to {@linkcode DONE} is measured as, but the times that the clock gives. */
const MEASURED = {
  prompt_eval_count: 10,
  prompt_eval_duration: 6_000_000,
  eval_count: 3,
  eval_duration: 30_000_000,
};

Deno.test("Ollama chat answers whole", async () => {
  const response = await chat({ stream: false });
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  const body = ChatAnswer.strict().parse(await response.json());
  const { created_at, total_duration = 0, load_duration = 0, ...rest } = body;
  assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000);
  assert.deepEqual(rest, {
    model: "fake-model:latest",
    message: { role: "assistant", content: "Hello!" },
    done: true,
    done_reason: "stop",
    ...MEASURED,
  });
  assert.ok(total_duration > 0);
  // The fake engine's queue took 2 ms.
  assert.ok(load_duration >= 2_000_000 && load_duration < 10_000_000_000);
});

Deno.test("Ollama chat streams line by line unless told otherwise", async () => {
  for (const body of [{}, { stream: true }, { stream: null }]) {
    const response = await chat(body);
    assert.equal(response.status, 200);
    const lines = (await linesOf(response)).map((line) => ChatAnswer.strict().parse(line));
    const last = lines.pop();
    const part = (content: string): object => ({
      model: "fake-model:latest",
      created_at: last?.created_at,
      message: { role: "assistant", content },
      done: false,
    });
    assert.deepEqual(lines, [part("Hel"), part("lo"), part("!")]);
    assert.deepEqual(last, {
      ...part(""),
      done: true,
      done_reason: "stop",
      total_duration: last?.total_duration,
      load_duration: last?.load_duration,
      ...MEASURED,
    });
    assert.ok(Number.isInteger(last?.total_duration));
  }
});

Deno.test("Ollama generate answers whole and line by line", async () => {
  const length = { finishReason: "length" } as const;
  const whole = GenerateAnswer.strict().parse(
    await (await generate({ stream: false }, new FakeEngine(answer(["a", "b"], length)))).json(),
  );
  assert.deepEqual([whole.response, whole.done, whole.done_reason, whole.eval_count], ["ab", true, "length", 3]);
  const lines = await linesOf(await generate({}, new FakeEngine(answer(["a\n", "\u2028ü"], length))));
  const parsed = lines.map((line) => GenerateAnswer.strict().parse(line));
  assert.deepEqual(parsed.map(({ response, done }) => [response, done]), [["a\n", false], ["\u2028ü", false], [
    "",
    true,
  ]]);
  assert.equal(parsed[2]?.done_reason, "length");
});

Deno.test("Ollama stream ends also where the client is behind at the end", async () => {
  const lines = await linesOf(await chat({}, new FakeEngine(answer(["x".repeat(100_000)]))));
  assert.equal(lines.length, 2);
});

Deno.test("Ollama answers give log-probabilities where they are asked for", async () => {
  const expected = (text: string, position: number): object[] => {
    const { logprob, top } = fakeLogprob(text, { index: 0, position });
    const token = { token: text, logprob, bytes: [...new TextEncoder().encode(text)] };
    assert.equal(top.length, 2);
    return [{ ...token, top_logprobs: [token] }];
  };
  const engine = new FakeEngine(answer(["a", "b"]));
  const lines = await linesOf(await chat({ logprobs: true, top_logprobs: 1 }, engine));
  assert.deepEqual(lines.slice(0, 2).map((line) => ChatAnswer.parse(line).logprobs), [
    expected("a", 0),
    expected("b", 1),
  ]);
  const whole = await (await generate({ logprobs: true, top_logprobs: 1, stream: false }, engine)).json();
  assert.deepEqual(GenerateAnswer.strict().parse(whole).logprobs, [...expected("a", 0), ...expected("b", 1)]);
  await chat({ logprobs: true, stream: false }, engine);
  assert.deepEqual(engine.calls.map(({ input }) => input.logprobs), [1, 1, 0]);
  const refused = await chat({ top_logprobs: 1 });
  assert.equal(refused.status, 400);
  assert.match(await errorOf(refused), /"top_logprobs": allowed only with "logprobs": true/);
});

Deno.test("Ollama chat hands the conversation to the engine", async () => {
  const engine = new FakeEngine();
  const messages = [
    { role: "User", content: "Hi", images: [], tool_calls: null },
    { role: "assistant", thinking: "" },
    { role: "tool", content: "42", tool_name: "sum", tool_call_id: "x" },
  ];
  await chat({ messages, tools: [], think: false, format: "", truncate: false, stream: false }, engine, {
    systemPrompt: "Be kind",
    maxTokens: 50,
    defaults: { temperature: 0.3 },
  });
  assert.deepEqual(engine.calls[0]?.input, {
    prompt: {
      kind: "chat",
      messages: [
        { role: "system", content: "Be kind" },
        { role: "user", content: "Hi" },
        { role: "assistant", content: "" },
        { role: "tool", content: "42", name: "sum", toolCallId: "x" },
      ],
      reasoning: { enabled: false },
    },
    sampling: { temperature: 0.3 },
    maxTokens: 50,
    stream: false,
    client: {},
  });
});

Deno.test("Ollama options reach the engine under its names", async () => {
  const cases: [object, Partial<GenerateInput>][] = [
    [{ temperature: 0.5 }, { sampling: { temperature: 0.5 } }],
    [{ top_k: 20 }, { sampling: { topK: 20 } }],
    [{ top_p: 0.9 }, { sampling: { topP: 0.9 } }],
    [{ min_p: 0.1 }, { sampling: { minP: 0.1 } }],
    [{ typical_p: 0.7 }, { sampling: { typicalP: 0.7 } }],
    [{ seed: 42 }, { sampling: { seed: 42 } }],
    [{ seed: -1 }, { sampling: { seed: undefined } }],
    [{ repeat_last_n: 33 }, { sampling: { repeatLastN: 33 } }],
    [{ repeat_penalty: 1.2 }, { sampling: { repeatPenalty: 1.2 } }],
    [{ presence_penalty: 1.5 }, { sampling: { presencePenalty: 1.5 } }],
    [{ frequency_penalty: 1 }, { sampling: { frequencyPenalty: 1 } }],
    [{ mirostat: 1 }, { sampling: { mirostat: 1 } }],
    [{ mirostat_tau: 0.8 }, { sampling: { mirostatTau: 0.8 } }],
    [{ mirostat_eta: 0.6 }, { sampling: { mirostatEta: 0.6 } }],
    [{ xtc_probability: 0.5 }, { sampling: { xtcProbability: 0.5 } }],
    [{ num_predict: 7 }, { maxTokens: 7 }],
    [{ num_predict: -1 }, { maxTokens: 2 ** 31 - 1 }],
    [{ num_predict: -2 }, { maxTokens: 2 ** 31 - 1 }],
    [{ num_keep: 5 }, { keep: 5 }],
    [{ stop: ["\n", "user:"] }, { stop: ["\n", "user:"] }],
    [{ tfs_z: 1, penalize_newline: true, top_k: null }, {}],
  ];
  for (const [options, expected] of cases) {
    for (const send of [chat, generate]) {
      const engine = new FakeEngine();
      const response = await send({ options, stream: false }, engine);
      assert.equal(response.status, 200, JSON.stringify(options));
      assert.equal(response.headers.get("x-ignored-parameters"), null);
      const { prompt: _, ...input } = engine.calls[0]?.input ?? {};
      assert.deepEqual(input, { sampling: {}, stream: false, client: {}, ...expected });
    }
  }
});

Deno.test("Ollama options that set up a model are ignored by name", async () => {
  const options = {
    num_ctx: 1024,
    num_batch: 2,
    num_gpu: 1,
    main_gpu: 0,
    use_mmap: true,
    num_thread: 8,
    numa: false,
    top_k: 3,
  };
  const expected = ["options.num_ctx", "options.num_batch", "options.num_gpu", "options.main_gpu", "options.use_mmap"];
  const all = [...expected, "options.num_thread", "options.numa", "keep_alive"].join(", ");
  for (const stream of [false, true]) {
    const response = await chat({ options, keep_alive: "5m", stream });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-ignored-parameters"), all);
    await response.text();
  }
});

Deno.test("Ollama generate puts a prompt in the template, leaves it raw, or fills a gap", async () => {
  const cases: [object, GenerateInput["prompt"]][] = [
    [{}, { kind: "chat", messages: [{ role: "system", content: "Be kind" }, { role: "user", content: "Hi" }] }],
    [{ system: "" }, {
      kind: "chat",
      messages: [{ role: "system", content: "Be kind" }, { role: "user", content: "Hi" }],
    }],
    [{ system: "Be curt" }, {
      kind: "chat",
      messages: [{ role: "system", content: "Be curt" }, { role: "user", content: "Hi" }],
    }],
    [{ raw: true, template: "", context: [], images: [] }, { kind: "text", text: "Hi" }],
    [{ suffix: "end" }, { kind: "infill", before: "Hi", after: "end" }],
    [{ suffix: "end", prompt: "" }, { kind: "infill", before: "", after: "end" }],
    [{ suffix: "", raw: true }, { kind: "text", text: "Hi" }],
  ];
  for (const [body, prompt] of cases) {
    const engine = new FakeEngine();
    assert.equal((await generate({ ...body, stream: false }, engine, { systemPrompt: "Be kind" })).status, 200);
    assert.deepEqual(engine.calls[0]?.input.prompt, prompt);
  }
  const other = await generate({ suffix: "end" }, new OtherEngine({ infills: false }));
  assert.equal(other.status, 400);
  assert.match(await errorOf(other), /"suffix": "fake-model" has no tokens to fill a gap with/);
});

Deno.test("Ollama requests without a prompt load the model and compute nothing", async () => {
  const engine = new FakeEngine();
  for (const body of [{ messages: [] }, { messages: null }, { messages: [], stream: false, keep_alive: 0 }]) {
    const { created_at: _, ...rest } = ChatAnswer.strict().parse(await (await chat(body, engine)).json());
    assert.deepEqual(rest, {
      model: "fake-model:latest",
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: "load",
    });
  }
  for (const body of [{ prompt: "" }, { prompt: null }]) {
    const { created_at: _, ...rest } = GenerateAnswer.strict().parse(await (await generate(body, engine)).json());
    assert.deepEqual(rest, { model: "fake-model:latest", response: "", done: true, done_reason: "load" });
  }
  assert.deepEqual(engine.calls, []);
});

Deno.test("Ollama fields that need what is not there yet are refused by name", async () => {
  const user = (more: object): object => ({ messages: [{ role: "user", content: "Hi", ...more }] });
  const both: [object, string][] = [
    [{ format: "xml" }, "format"],
    [{ format: ["json"] }, "format"],
    [{ think: true }, "think"],
    [{ think: "high" }, "think"],
    [{ think: "somewhat" }, "think"],
    [{ truncate: true }, "truncate"],
    [{ shift: true }, "shift"],
    [{ _debug_render_only: true }, "_debug_render_only"],
    [{ options: { tfs_z: 0.5 } }, "options.tfs_z"],
    [{ options: { penalize_newline: false } }, "options.penalize_newline"],
    [{ options: { num_predict: 0 } }, "options.num_predict"],
    [{ options: { top_p: 2 } }, "options.top_p"],
    [{ options: { grammar: "root ::= x" } }, "options.grammar"],
    [{ stream: "yes" }, "stream"],
  ];
  const ofChat: [object, string][] = [
    [{ tools: [{ type: "function" }] }, "tools.0.function"],
    [{ tools: [{ type: "web_search", function: { name: "f" } }] }, "tools.0.type"],
    [user({ images: ["aGk="] }), "messages.0.images"],
    [user({ tool_calls: [{}] }), "messages.0.tool_calls.0.function"],
    [
      user({ tool_calls: [{ function: { name: "f", arguments: "{}" } }] }),
      "messages.0.tool_calls.0.function.arguments",
    ],
    [user({ thinking: 5 }), "messages.0.thinking"],
    [{ messages: [{ role: "critic", content: "" }] }, "messages.0.role"],
  ];
  const ofGenerate: [object, string][] = [
    [{ template: "{{ .Prompt }}" }, "template"],
    [{ context: [1, 2] }, "context"],
    [{ images: ["aGk="] }, "images"],
    [{ raw: true, system: "s" }, "system"],
    [{ suffix: "end", system: "s" }, "system"],
    [{ raw: true, suffix: "end" }, "suffix"],
    [{ raw: true, think: true }, "think"],
  ];
  for (const [send, cases] of [[chat, [...both, ...ofChat]], [generate, [...both, ...ofGenerate]]] as const) {
    for (const [body, param] of cases) {
      const engine = new FakeEngine();
      const response = await send(body, engine);
      assert.equal(response.status, 400, param);
      assert.match(await errorOf(response), new RegExp(`^(Invalid|Missing) "${param}"`));
      assert.deepEqual(engine.calls, []);
    }
  }
});

Deno.test("Ollama errors before the first token have a status", async () => {
  const cases = [
    [new EngineError("context_length_exceeded", "3000 of 2048"), 400],
    [new EngineError("overloaded", "full"), 503],
    [new EngineError("out_of_memory", "none left"), 500],
  ] as const;
  for (const [error, status] of cases) {
    for (const stream of [false, true]) {
      const response = await chat({ stream }, new FakeEngine(failAfter([], error)));
      assert.equal(response.status, status);
      assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
      assert.equal(response.headers.has("retry-after"), status === 503);
      assert.equal(await errorOf(response), error.message);
    }
  }
  const malformed = await post(ollamaOver(new FakeEngine()), "{", "/api/chat");
  assert.equal(malformed.status, 400);
  assert.match(await errorOf(malformed), /not valid JSON/);
});

Deno.test("Ollama stream that fails ends with the error, without its cause", async () => {
  const failed = async (error: unknown): Promise<unknown[]> =>
    linesOf(await generate({}, new FakeEngine(failAfter(["a"], error))));
  const [first, last, ...more] = await failed(new EngineError("overloaded", "full"));
  assert.equal(GenerateAnswer.parse(first).response, "a");
  assert.deepEqual([last, more], [{ error: "full" }, []]);
  const [, hidden] = await failed(new TypeError("secret"));
  assert.match(OllamaError.strict().parse(hidden).error, /^Internal error/);
});

Deno.test("Ollama answer without an end is a failure", async () => {
  const script = async function* (): AsyncGenerator<GenerateEvent> {
    yield { type: "text", index: 0, text: "a" };
    yield DONE;
  };
  const [, last] = await linesOf(await chat({}, new FakeEngine(script)));
  assert.match(OllamaError.strict().parse(last).error, /^Internal error/);
  assert.equal((await chat({ stream: false }, new FakeEngine(script))).status, 500);
});

Deno.test("Ollama stream aborts the engine when its body is cancelled", async () => {
  const engine = new FakeEngine(hangAfter(["a"]));
  const response = await chat({}, engine);
  await response.body?.cancel();
  const call = await within(engine.call());
  await within(call.aborted);
  await within(call.ended);
});

Deno.test("Ollama API answers 503 while the model loads, but for the version", async () => {
  const engine = new FakeEngine();
  engine.status = { state: "loading" };
  const app = ollamaOver(engine);
  for (const path of ["/api/tags", "/api/ps"]) {
    const response = await app.request(path);
    assert.equal(response.status, 503, path);
    assert.match(await errorOf(response), /still being loaded/);
  }
  for (const path of ["/api/chat", "/api/generate", "/api/show", "/api/embed", "/api/embeddings"]) {
    assert.equal((await post(app, {}, path)).status, 503, path);
  }
  const { version, packllama } = Version.strict().parse(await (await app.request("/api/version")).json());
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.equal(packllama, "1.2.3");
});

Deno.test("Ollama lists what is served and what is loaded", async () => {
  const app = ollamaOver(new FakeEngine());
  const shared = {
    name: "fake-model:latest",
    model: "fake-model:latest",
    size: 1234,
    digest: createHash("sha256").update("fake-model").digest("hex"),
    details: {
      parent_model: "",
      format: "gguf",
      family: "fake",
      families: ["fake"],
      parameter_size: "1B",
      quantization_level: "Q4_0",
    },
  };
  const local = LocalModels.strict().parse(await (await app.request("/api/tags")).json());
  assert.deepEqual(local, { models: [{ ...shared, modified_at: "2023-11-14T22:13:20.000Z" }] });
  const running = RunningModels.strict().parse(await (await app.request("/api/ps")).json());
  assert.deepEqual(running, {
    models: [{ ...shared, expires_at: "9999-12-31T23:59:59.000Z", size_vram: 0, context_length: 2048 }],
  });
  assert.equal((await app.request("/api/tags", { method: "HEAD" })).status, 200);
});

Deno.test("Ollama calls a quantization by its usual name", async () => {
  const cases = [
    ["llama 135M Q4_1", "Q4_1"],
    ["qwen2 7.6B Q4_K - Medium", "Q4_K_M"],
    ["llama 8.0B Q3_K - Large", "Q3_K_L"],
    ["llama 8.0B IQ2_XS - 2.3125 bpw", "IQ2_XS"],
    ["llama 15M all F32", "F32"],
  ] as const;
  for (const [description, level] of cases) {
    const response = await ollamaOver(new OtherEngine({ description })).request("/api/tags");
    const { models: [model] } = LocalModels.parse(await response.json());
    assert.equal(model?.details.quantization_level, level);
  }
});

Deno.test("Ollama shows a model", async () => {
  const options = { systemPrompt: "Be kind", maxTokens: 50, defaults: { temperature: 0.3, topK: 5, seed: undefined } };
  for (const body of [{ model: "fake-model" }, { name: "fake-model:latest" }, { model: "", name: "any" }, {}]) {
    const response = await post(ollamaOver(new FakeEngine(), options), body, "/api/show");
    assert.equal(response.status, 200);
    const { modelfile, ...rest } = ShowAnswer.strict().parse(await response.json());
    assert.match(modelfile, /^FROM fake-model:latest\nSYSTEM """Be kind"""\nPARAMETER num_ctx 2048\n/m);
    assert.deepEqual(rest, {
      parameters: [
        "num_ctx                        2048",
        "num_predict                    50",
        "temperature                    0.3",
        "top_k                          5",
      ].join("\n"),
      template: "{{ messages }}",
      system: "Be kind",
      details: {
        parent_model: "",
        format: "gguf",
        family: "fake",
        families: ["fake"],
        parameter_size: "1B",
        quantization_level: "Q4_0",
      },
      model_info: {
        "general.architecture": "fake",
        "general.basename": "fake-model",
        "general.parameter_count": 1000,
        "fake.context_length": 2048,
        "fake.vocab_size": 256,
      },
      capabilities: ["completion", "insert", "tools"],
      modified_at: "2023-11-14T22:13:20.000Z",
    });
  }
  const plain = await post(ollamaOver(new OtherEngine({ infills: false, chatTemplate: undefined })), {}, "/api/show");
  const { capabilities, template, system } = ShowAnswer.strict().parse(await plain.json());
  assert.deepEqual([capabilities, template, system], [["completion", "tools"], "", undefined]);
});

Deno.test("Ollama takes a model's name with and without a tag, and any unless it is strict", async () => {
  const paths = ["/api/chat", "/api/generate", "/api/show", "/api/embed", "/api/embeddings"];
  const status = async (path: string, model: unknown, strictModel: boolean): Promise<number> => {
    const response = await post(ollamaOver(new FakeEngine(), { strictModel }), { model, stream: false }, path);
    if (response.status === 404) {
      assert.match(await errorOf(response), /no model "llama3[^"]*"; this server has "fake-model"/);
    }
    return response.status;
  };
  for (const path of paths) {
    for (const model of ["fake-model", "fake-model:latest", "", null]) {
      assert.equal(await status(path, model, true), 200, path);
    }
    for (const model of ["llama3", "llama3:latest", "llama3:8b"]) {
      assert.equal(await status(path, model, false), 200, path);
      assert.equal(await status(path, model, true), 404, path);
    }
  }
});

Deno.test("Ollama chooses among several models, and shows one without loading it", async () => {
  const { models, selected } = severalModels();
  const app = ollamaOver(new FakeEngine(), { models });
  for (const [model, expected] of [["one:latest", "one"], ["one", "one"], ["two:8b", "two:8b"]] as const) {
    assert.equal((await post(app, { model, messages: MESSAGES }, "/api/chat")).status, 200);
    assert.equal(selected.at(-1), expected);
  }
  for (const path of ["/api/chat", "/api/show", "/api/embed"]) {
    const response = await post(app, { model: "three:latest" }, path);
    assert.equal(response.status, 404);
    assert.equal(await errorOf(response), 'There is no model "three:latest"');
  }
  const shown = ShowAnswer.strict().parse(await (await post(app, { model: "two:8b" }, "/api/show")).json());
  assert.deepEqual(shown.model_info, { "general.basename": "two:8b" });
  const local = LocalModels.strict().parse(await (await app.request("/api/tags")).json());
  assert.deepEqual(local.models.map(({ name }) => name), ["one:latest", "two:8b"]);
  assert.deepEqual(local.models[1]?.details.families, []);
  const running = RunningModels.strict().parse(await (await app.request("/api/ps")).json());
  assert.deepEqual(running.models.map(({ name }) => name), ["one:latest"]);
});

Deno.test("Ollama embeds one text or several", async () => {
  const app = ollamaOver(new FakeEngine());
  const embed = async (body: object): Promise<EmbedAnswer> => {
    const response = await post(app, body, "/api/embed");
    assert.equal(response.status, 200);
    return EmbedAnswer.strict().parse(await response.json());
  };
  const { model, embeddings, prompt_eval_count, total_duration } = await embed({ model: "any", input: ["ab", "c"] });
  assert.deepEqual([model, embeddings, prompt_eval_count], ["fake-model:latest", [[0, 2], [1, 1]], 2]);
  assert.ok(Number.isInteger(total_duration));
  assert.deepEqual((await embed({ input: "abc" })).embeddings, [[0, 3]]);
  assert.deepEqual((await embed({ input: ["ab", "c"], dimensions: 1 })).embeddings, [[0], [1]]);
  assert.deepEqual((await embed({ input: ["ab"], dimensions: 0 })).embeddings, [[0, 2]]);
  for (const input of ["", [], null]) {
    assert.deepEqual(await embed({ input }), { model: "fake-model:latest", embeddings: [] });
  }
  const ignoring = await post(app, { input: "a", options: { num_ctx: 5 }, keep_alive: 3 }, "/api/embed");
  assert.equal(ignoring.headers.get("x-ignored-parameters"), "options.num_ctx, keep_alive");
  for (const [body, param] of [[{ input: 3 }, "input"], [{ input: "a", dimensions: 3 }, "dimensions"]] as const) {
    const response = await post(app, body, "/api/embed");
    assert.equal(response.status, 400);
    assert.ok((await errorOf(response)).startsWith(`Invalid "${param}"`));
  }
});

Deno.test("Ollama's older embeddings give one vector", async () => {
  const app = ollamaOver(new FakeEngine());
  for (const [body, embedding] of [[{ prompt: "abc" }, [0, 3]], [{ prompt: "" }, []], [{}, []]] as const) {
    const response = await post(app, body, "/api/embeddings");
    assert.deepEqual(EmbeddingsAnswer.strict().parse(await response.json()), { embedding });
  }
});

/** An engine that embeds only what fits, and whose texts end with a token of their own. */
class ShortEngine extends FakeEngine {
  readonly embedded: EmbedInput["inputs"][] = [];

  override embed(input: EmbedInput): Promise<Embeddings> {
    this.embedded.push(input.inputs);
    if (input.inputs.every(({ length }) => length <= FAKE_MODEL.contextLength)) return super.embed(input);
    return Promise.reject(new EngineError("context_length_exceeded", "too long", { param: "input.0" }));
  }

  override async tokenize(input: TokenizeInput): Promise<Int32Array> {
    const tokens = await super.tokenize(input);
    return input.addSpecial === false ? tokens : Int32Array.of(...tokens, 2);
  }
}

Deno.test("Ollama cuts what is too long to be embedded, unless it is told not to", async () => {
  const input = ["a".repeat(5000), "b"];
  for (const truncate of [undefined, true, null]) {
    const engine = new ShortEngine();
    assert.equal((await post(ollamaOver(engine), { input, truncate }, "/api/embed")).status, 200);
    const [long = [], short] = engine.embedded[1] ?? [];
    assert.equal(long.length, FAKE_MODEL.contextLength);
    assert.deepEqual([long[0], long.at(-2), long.at(-1)], [97, 97, 2]);
    assert.deepEqual(short, [98, 2]);
  }
  for (
    const [path, body] of [["/api/embed", { input, truncate: false }], ["/api/embeddings", {
      prompt: input[0],
    }]] as const
  ) {
    const response = await post(ollamaOver(new ShortEngine()), body, path);
    assert.equal(response.status, 400);
    assert.equal(await errorOf(response), "too long");
  }
});

Deno.test("Ollama's other paths are a 404 that names those which there are", async () => {
  const app = ollamaOver(new FakeEngine());
  for (const [method, path] of [["POST", "/api/pull"], ["DELETE", "/api/delete"], ["GET", "/api"]] as const) {
    const response = await app.request(path, { method });
    assert.equal(response.status, 404);
    assert.match(await errorOf(response), new RegExp(`^There is no ${method} ${path}; of Ollama's API`));
  }
});
