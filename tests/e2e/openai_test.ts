import assert from "node:assert/strict";
import OpenAI from "openai";
import { LLAMAFILE } from "../built.ts";
import { startLlamafile } from "../server_process.ts";

const QUESTION = [{ role: "user" as const, content: "Name three colors." }];

Deno.test("the packed llamafile is driven by the OpenAI SDK and by curl", async (test) => {
  await using server = await startLlamafile(LLAMAFILE, { args: ["-c", "2048"] });
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });

  await test.step("a completion has an answer, usage and the model's name", async () => {
    const answer = await client.chat.completions.create({
      model: "any",
      messages: QUESTION,
      temperature: 0,
      max_tokens: 32,
    });
    assert.equal(answer.model, "smollm2-135m-instruct");
    assert.equal(answer.choices.length, 1);
    assert.ok((answer.choices[0]?.message.content ?? "").length > 5);
    assert.ok(answer.usage && answer.usage.prompt_tokens > 10 && answer.usage.completion_tokens > 3);
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  });

  await test.step("a stream joins to the same text as the plain answer", async () => {
    const plain = await client.chat.completions.create({
      model: "m",
      messages: QUESTION,
      temperature: 0,
      max_tokens: 24,
    });
    const stream = await client.chat.completions.create({
      model: "m",
      messages: QUESTION,
      temperature: 0,
      max_tokens: 24,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, plain.choices[0]?.message.content);
    assert.deepEqual(usage?.completion_tokens, plain.usage?.completion_tokens);
  });

  await test.step("several requests at once are all answered", async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        client.chat.completions.create({
          model: "m",
          messages: [{ role: "user", content: `Say the number ${i}.` }],
          max_tokens: 16,
        })),
    );
    for (const answer of answers) assert.ok(answer.choices[0]?.finish_reason);
  });

  await test.step("a wrong value and a prompt that is too long are 400s that name what is wrong", async () => {
    const wrong = await client.chat.completions.create({ model: "m", messages: QUESTION, temperature: 9 }).catch((e) =>
      e
    );
    assert.ok(wrong instanceof OpenAI.BadRequestError);
    assert.equal(wrong.param, "temperature");
    const long = [{ role: "user" as const, content: "word ".repeat(5000) }];
    const exceeded = await client.chat.completions.create({ model: "m", messages: long }).catch((e) => e);
    assert.ok(exceeded instanceof OpenAI.BadRequestError);
    assert.equal(exceeded.code, "context_length_exceeded");
    assert.match(exceeded.message, /\b50\d\d tokens\b.*\b2048\b/);
  });

  await test.step("models are listed, and an unknown one is a 404", async () => {
    const { data } = await client.models.list();
    assert.deepEqual(data.map((model) => model.id), ["smollm2-135m-instruct"]);
    const missing = await client.models.retrieve("gpt-4").catch((e) => e);
    assert.ok(missing instanceof OpenAI.NotFoundError);
  });

  await test.step("a client that leaves frees the engine at once", async () => {
    const leaving = new AbortController();
    const stream = await client.chat.completions.create({
      model: "m",
      messages: [{ role: "user", content: "Write a very long story." }],
      stream: true,
    }, { signal: leaving.signal });
    for await (const _ of stream) break;
    leaving.abort();
    const answer = await client.chat.completions.create({
      model: "m",
      messages: QUESTION,
      max_tokens: 4,
      temperature: 0,
    });
    assert.ok(answer.usage);
  });

  await test.step("the curl line of the banner works when pasted", async () => {
    const line = server.stderr().split("\n").find((text) => text.startsWith("curl "));
    assert.ok(line, server.stderr());
    const { stdout, success } = await new Deno.Command("sh", { args: ["-c", line] }).output();
    assert.ok(success);
    assert.equal(JSON.parse(new TextDecoder().decode(stdout)).object, "chat.completion");
  });
});
