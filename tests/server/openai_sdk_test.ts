import assert from "node:assert/strict";
import OpenAI, { APIUserAbortError, BadRequestError, InternalServerError, NotFoundError } from "openai";
import { EngineError } from "../../lib/errors.ts";
import { serve } from "../../server/serve.ts";
import { answer, failAfter, FAKE_MODEL, FakeEngine, hangAfter } from "./fake_engine.ts";
import { appOver } from "./requests.ts";
import { within } from "./within.ts";

const MESSAGES: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "Hi" }];

Deno.test("openai SDK gets a whole answer", async () => {
  await withClient(new FakeEngine(), async (client) => {
    const completion = await client.chat.completions.create({ model: "any", messages: MESSAGES, max_tokens: 5 });
    assert.equal(completion.choices[0]?.message.content, "Hello!");
    assert.equal(completion.choices[0]?.finish_reason, "stop");
    assert.equal(completion.usage?.prompt_tokens_details?.cached_tokens, 4);
  });
});

Deno.test("openai SDK gets a streamed answer with usage", async () => {
  await withClient(new FakeEngine(), async (client) => {
    const stream = await client.chat.completions.create({
      model: "any",
      messages: MESSAGES,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage;
    }
    assert.equal(text, "Hello!");
    assert.equal(usage?.total_tokens, 13);
  });
});

Deno.test("openai SDK's stream helper assembles the answer", async () => {
  await withClient(new FakeEngine(answer(["Grüße ", "🦙"])), async (client) => {
    const runner = client.chat.completions.stream({ model: "any", messages: MESSAGES });
    assert.equal(await runner.finalContent(), "Grüße 🦙");
    assert.equal((await runner.finalChatCompletion()).choices[0]?.finish_reason, "stop");
  });
});

Deno.test("openai SDK's stream helper assembles several choices with their log-probabilities", async () => {
  await withClient(new FakeEngine(answer(["Grüße ", "🦙"])), async (client) => {
    const runner = client.chat.completions.stream({
      model: "any",
      messages: MESSAGES,
      n: 2,
      logprobs: true,
      top_logprobs: 2,
    });
    const { choices } = await runner.finalChatCompletion();
    assert.deepEqual(choices.map((choice) => choice.message.content), ["Grüße 🦙", "Grüße 🦙"]);
    for (const choice of choices) {
      assert.deepEqual(choice.logprobs?.content?.map(({ token }) => token), ["Grüße ", "🦙"]);
      assert.equal(choice.logprobs?.content?.[0]?.top_logprobs.length, 2);
    }
  });
});

Deno.test("openai SDK gets completions of several prompts, whole and streamed", async () => {
  const engine = new FakeEngine((input, signal) =>
    answer(input.prompt.kind === "text" ? [`${input.prompt.text}!`] : [])(input, signal)
  );
  await withClient(engine, async (client) => {
    const request = { model: "any", prompt: ["a", "b"], n: 2, logprobs: 1 };
    const completion = await client.completions.create(request);
    assert.deepEqual(completion.choices.map(({ index, text }) => [index, text]), [[0, "a!"], [1, "a!"], [2, "b!"], [
      3,
      "b!",
    ]]);
    assert.deepEqual(completion.choices[0]?.logprobs?.tokens, ["a!"]);
    const texts = ["", "", "", ""];
    for await (const { choices: [choice] } of await client.completions.create({ ...request, stream: true })) {
      if (choice !== undefined) texts[choice.index] += choice.text;
    }
    assert.deepEqual(texts, ["a!", "a!", "b!", "b!"]);
  });
});

Deno.test("openai SDK lists and finds models", async () => {
  await withClient(new FakeEngine(), async (client) => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.deepEqual(ids, ["fake-model"]);
    assert.equal((await client.models.retrieve("fake-model")).created, FAKE_MODEL.created);
    await assert.rejects(
      client.models.retrieve("nope"),
      (error) => error instanceof NotFoundError && error.code === "model_not_found",
    );
  });
});

Deno.test("openai SDK sees a wrong parameter as BadRequestError", async () => {
  await withClient(new FakeEngine(), async (client) => {
    for (const stream of [false, true]) {
      await assert.rejects(
        client.chat.completions.create({ model: "any", messages: MESSAGES, temperature: 3, stream }),
        (error) =>
          error instanceof BadRequestError && error.param === "temperature" && error.code === "invalid_value" &&
          error.type === "invalid_request_error",
      );
    }
  });
});

Deno.test("openai SDK sees a prompt that is too long as BadRequestError, streamed or not", async () => {
  const error = new EngineError("context_length_exceeded", "The prompt has 3000 tokens, the context 2048");
  await withClient(new FakeEngine(failAfter([], error)), async (client) => {
    for (const stream of [false, true]) {
      await assert.rejects(
        client.chat.completions.create({ model: "any", messages: MESSAGES, stream }),
        (thrown) =>
          thrown instanceof BadRequestError && thrown.code === "context_length_exceeded" &&
          /3000.*2048/.test(thrown.message),
      );
    }
  });
});

Deno.test("openai SDK throws when a stream fails in its middle", async () => {
  const error = new EngineError("overloaded", "the queue is full");
  await withClient(new FakeEngine(failAfter(["a"], error)), async (client) => {
    const stream = await client.chat.completions.create({ model: "any", messages: MESSAGES, stream: true });
    let text = "";
    await assert.rejects(async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    }, { code: "overloaded" });
    assert.equal(text, "a");
  });
});

Deno.test("openai SDK waits for a model that loads when it may retry", async () => {
  const engine = new FakeEngine();
  engine.status = { state: "loading" };
  let asked = 0;
  await withClient(engine, async (client) => {
    await assert.rejects(client.models.list(), (error) => error instanceof InternalServerError && error.status === 503);
    const patient = client.withOptions({
      maxRetries: 1,
      fetch: (url, init) => {
        if (++asked === 2) engine.status = { state: "ready", model: FAKE_MODEL };
        return fetch(url, init);
      },
    });
    assert.equal((await patient.models.list()).data.length, 1);
    assert.equal(asked, 2);
  });
});

Deno.test("openai SDK's abort ends the generation", async () => {
  const engine = new FakeEngine(hangAfter(["a"]));
  await withClient(engine, async (client) => {
    const stream = await client.chat.completions.create({ model: "any", messages: MESSAGES, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === "a") break;
    await within((await within(engine.call(0))).aborted);

    const pending = new AbortController();
    const answered = client.chat.completions.create({ model: "any", messages: MESSAGES }, { signal: pending.signal });
    const rejected = assert.rejects(answered, APIUserAbortError);
    const call = await within(engine.call(1));
    pending.abort();
    await rejected;
    await within(call.aborted);
  });
});

async function withClient(engine: FakeEngine, use: (client: OpenAI) => Promise<void>): Promise<void> {
  const server = await serve(appOver(engine), { hostname: "127.0.0.1", port: 0, portGiven: true, drainMs: 100 });
  try {
    await use(new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 }));
  } finally {
    await server.shutdown();
  }
}
