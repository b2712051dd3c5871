import assert from "node:assert/strict";
import OpenAI, { APIUserAbortError, BadRequestError, NotFoundError } from "openai";
import { LLAMAFILE } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { notingFetch } from "./noting_fetch.ts";
import { untilIdle } from "./until_idle.ts";

const MODEL = "smollm2-135m-instruct";
const QUESTION: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "Name three colors." }];
/** A whole request whose answer is always the same. */
const GREEDY = { model: "any", messages: QUESTION, temperature: 0, max_tokens: 24 };
/** The answer would go on until the context is full, for about ten seconds. */
const ENDLESS = { model: "any", messages: QUESTION, ignore_eos: true };

Deno.test("the packed llamafile is driven by the OpenAI SDK and by curl", async (test) => {
  await using server = await startLlamafile(LLAMAFILE, { args: ["-c", "2048"] });
  const { fetch, ignored } = notingFetch();
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0, fetch });

  await test.step("a completion has an answer, usage and the model's name", async () => {
    const answer = await client.chat.completions.create(GREEDY);
    assert.deepEqual([answer.object, answer.model], ["chat.completion", MODEL]);
    assert.match(answer.id, /^chatcmpl-/);
    const [choice, ...others] = answer.choices;
    assert.ok(choice && others.length === 0);
    assert.deepEqual([choice.index, choice.message.role, choice.message.refusal], [0, "assistant", null]);
    assert.ok((choice.message.content ?? "").length > 5);
    checkUsage(answer.usage);
  });

  await test.step("a stream joins to the same text as the plain answer", async () => {
    const plain = await client.chat.completions.create(GREEDY);
    const chunks = await Array.fromAsync(
      await client.chat.completions.create({ ...GREEDY, stream: true, stream_options: { include_usage: true } }),
    );
    const choices = chunks.flatMap((chunk) => chunk.choices);
    assert.equal(choices.map(({ delta }) => delta.content ?? "").join(""), text(plain));
    assert.equal(choices[0]?.delta.role, "assistant");
    assert.deepEqual(choices.slice(0, -1).map((choice) => choice.finish_reason).filter((reason) => reason), []);
    assert.equal(choices.at(-1)?.finish_reason, plain.choices[0]?.finish_reason);
    assert.equal(new Set(chunks.map(({ id }) => id)).size, 1);
    assert.deepEqual(chunks.slice(0, -1).filter(({ usage }) => usage), []);
    const last = chunks.at(-1);
    assert.deepEqual(last?.choices, []);
    assert.equal(last?.usage?.completion_tokens, plain.usage?.completion_tokens);
    checkUsage(last?.usage);
  });

  await test.step("the stream helper assembles the plain answer", async () => {
    const plain = await client.chat.completions.create(GREEDY);
    const runner = client.chat.completions.stream({ ...GREEDY, stream_options: { include_usage: true } });
    const seen: string[] = [];
    runner.on("content", (delta) => seen.push(delta));
    const final = await runner.finalChatCompletion();
    assert.equal(seen.join(""), text(plain));
    assert.deepEqual(final.choices[0]?.message.content, text(plain));
    assert.deepEqual(final.choices[0]?.finish_reason, plain.choices[0]?.finish_reason);
    assert.equal((await runner.totalUsage()).completion_tokens, plain.usage?.completion_tokens);
  });

  await test.step("log-probabilities belong to the answer's tokens, whole and streamed", async () => {
    // Cut off, as the token that ends an answer is counted but is none of its text.
    const request = { ...GREEDY, max_tokens: 8, logprobs: true, top_logprobs: 3 };
    const { choices: [choice], usage } = await client.chat.completions.create(request);
    const tokens = choice?.logprobs?.content ?? [];
    assert.equal(choice?.finish_reason, "length");
    assert.equal(tokens.map(({ token }) => token).join(""), choice.message.content);
    assert.deepEqual([tokens.length, usage?.completion_tokens], [8, 8]);
    for (const { token, logprob, bytes, top_logprobs } of tokens) {
      assert.ok(logprob <= 0, `${logprob}`);
      assert.deepEqual(bytes, [...new TextEncoder().encode(token)]);
      assert.equal(top_logprobs.length, 3);
      assert.equal(top_logprobs[0]?.token, token, "the likeliest is chosen");
      assert.ok((top_logprobs[0]?.logprob ?? 0) >= (top_logprobs[1]?.logprob ?? 0));
    }
    const streamed = await client.chat.completions.stream(request).finalChatCompletion();
    assert.deepEqual(
      streamed.choices[0]?.logprobs?.content?.map(({ token }) => token),
      tokens.map(({ token }) => token),
    );
  });

  await test.step("n answers have their own numbers and are counted together", async () => {
    const one = await client.chat.completions.create(GREEDY);
    const { choices, usage } = await client.chat.completions.create({ ...GREEDY, n: 3 });
    assert.deepEqual(choices.map(({ index }) => index), [0, 1, 2]);
    assert.deepEqual(choices.map(({ message }) => message.content), [text(one), text(one), text(one)]);
    assert.equal(usage?.completion_tokens, 3 * (one.usage?.completion_tokens ?? 0));
    assert.equal(usage?.prompt_tokens, one.usage?.prompt_tokens);
  });

  await test.step("a stop string ends the answer before itself, max_tokens after so many", async () => {
    const whole = text(await client.chat.completions.create(GREEDY));
    const stop = whole.slice(8, 12);
    const stopped = await client.chat.completions.create({ ...GREEDY, stop: ["never in there", stop] });
    assert.equal(text(stopped), whole.slice(0, whole.indexOf(stop)));
    assert.equal(stopped.choices[0]?.finish_reason, "stop");
    const cut = await client.chat.completions.create({ ...GREEDY, max_tokens: undefined, max_completion_tokens: 3 });
    assert.ok(whole.startsWith(text(cut)));
    assert.deepEqual([cut.usage?.completion_tokens, cut.choices[0]?.finish_reason], [3, "length"]);
  });

  await test.step("the same seed draws the same answer, another one another", async () => {
    const draw = async (seed: number): Promise<string> =>
      text(await client.chat.completions.create({ ...GREEDY, temperature: 1.5, seed }));
    const first = await draw(1);
    assert.equal(await draw(1), first);
    assert.notEqual(await draw(2), first);
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

  await test.step("completions go on from texts, whole and streamed", async () => {
    const request = { model: "any", prompt: ["The sky is", "One, two, three,"], temperature: 0, max_tokens: 8 };
    const plain = await client.completions.create({ ...request, logprobs: 2 });
    assert.deepEqual([plain.object, plain.choices.map(({ index }) => index)], ["text_completion", [0, 1]]);
    assert.match(plain.choices[1]?.text ?? "", /four/);
    for (const { text, logprobs } of plain.choices) {
      assert.equal(logprobs?.tokens?.join(""), text);
      assert.equal(logprobs?.token_logprobs?.length, logprobs?.tokens?.length);
      assert.equal(logprobs?.text_offset?.[0], 0);
    }
    checkUsage(plain.usage);
    const texts = ["", ""];
    for await (const { choices } of await client.completions.create({ ...request, stream: true })) {
      for (const { index, text } of choices) texts[index] += text;
    }
    assert.deepEqual(texts, plain.choices.map(({ text }) => text));
    const echoed = await client.completions.create({ ...request, prompt: "The sky is", echo: true });
    assert.equal(echoed.choices[0]?.text, "The sky is" + plain.choices[0]?.text);
  });

  await test.step("embeddings are the same in base64, which the SDK asks for, and in numbers", async () => {
    const input = ["A cat sat on the mat.", "A kitten sat on the rug.", "Stocks fell sharply in early trading."];
    const encoded = await client.embeddings.create({ model: "any", input });
    const plain = await client.embeddings.create({ model: "any", input, encoding_format: "float" });
    assert.deepEqual(encoded.data.map(({ index, object }) => [index, object]), [0, 1, 2].map((i) => [i, "embedding"]));
    encoded.data.forEach(({ embedding }, text) => {
      assert.equal(embedding.length, 576);
      assert.ok(Math.abs(dot(embedding, embedding) - 1) < 1e-5);
      const other = plain.data[text]?.embedding ?? [];
      assert.ok(dot(embedding, other) > 0.9999, "of the same text");
    });
    const [cat = [], kitten = [], stocks = []] = encoded.data.map(({ embedding }) => embedding);
    assert.ok(dot(cat, kitten) > dot(cat, stocks));
    assert.ok(encoded.usage.prompt_tokens > 15 && encoded.usage.total_tokens === encoded.usage.prompt_tokens);
    const short = await client.embeddings.create({ model: "any", input: "A cat", dimensions: 64 });
    const [{ embedding } = { embedding: [] }] = short.data;
    assert.equal(embedding.length, 64);
    assert.ok(Math.abs(dot(embedding, embedding) - 1) < 1e-5);
  });

  await test.step("a response is created, streamed, gone on from, found and deleted", async () => {
    const request = { model: "any", input: "Name three colors.", temperature: 0, max_output_tokens: 24 };
    const plain = await client.responses.create(request);
    assert.deepEqual([plain.object, plain.model], ["response", MODEL]);
    assert.equal(plain.output_text, text(await client.chat.completions.create(GREEDY)), "what the chat answers, too");
    assert.equal(plain.usage?.total_tokens, (plain.usage?.input_tokens ?? 0) + (plain.usage?.output_tokens ?? 0));

    const stream = client.responses.stream(request);
    const events = await Array.fromAsync(stream);
    const final = await stream.finalResponse();
    assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, index) => index));
    const types = events.map((event) => event.type).filter((type, index, all) => type !== all[index - 1]);
    assert.deepEqual(types, [
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      plain.status === "incomplete" ? "response.incomplete" : "response.completed",
    ]);
    assert.deepEqual([final.output_text, final.status], [plain.output_text, plain.status]);

    const second = await client.responses.create({ ...request, input: "Two more.", previous_response_id: final.id });
    assert.equal(second.previous_response_id, final.id);
    const before = (final.usage?.input_tokens ?? 0) + (final.usage?.output_tokens ?? 0);
    assert.ok((second.usage?.input_tokens ?? 0) > before, "the first question and answer are in its prompt");
    const items = await Array.fromAsync(client.responses.inputItems.list(second.id, { order: "asc" }));
    assert.deepEqual(items.map((item) => "role" in item ? item.role : item.type), ["user", "assistant", "user"]);

    assert.equal((await client.responses.retrieve(second.id)).output_text, second.output_text);
    await client.responses.delete(second.id);
    await assert.rejects(client.responses.retrieve(second.id), NotFoundError);
  });

  await test.step("a wrong value and a prompt that is too long are 400s that name what is wrong", async () => {
    await assert.rejects(
      client.chat.completions.create({ ...GREEDY, temperature: 9 }),
      (error) =>
        error instanceof BadRequestError && error.param === "temperature" && error.type === "invalid_request_error",
    );
    for (const stream of [false, true]) {
      const messages = [{ role: "user" as const, content: "word ".repeat(5000) }];
      await assert.rejects(
        client.chat.completions.create({ ...GREEDY, messages, stream }),
        (error) =>
          error instanceof BadRequestError && error.code === "context_length_exceeded" &&
          /\b50\d\d tokens\b.*\b2048\b/.test(error.message),
      );
    }
    await assert.rejects(
      client.embeddings.create({ model: "any", input: "a", dimensions: 577 }),
      (error) => error instanceof BadRequestError && error.param === "dimensions",
    );
    await assert.rejects(
      client.responses.create({ model: "any", input: "a", previous_response_id: "resp_x" }),
      (error) => error instanceof BadRequestError && error.param === "previous_response_id",
    );
  });

  await test.step("models are listed and found, and an unknown one is a 404", async () => {
    const models = await Array.fromAsync(client.models.list());
    assert.deepEqual(models.map((model) => model.id), [MODEL]);
    assert.deepEqual(await client.models.retrieve(MODEL), models[0]);
    await assert.rejects(
      client.models.retrieve("gpt-4"),
      (error) => error instanceof NotFoundError && error.code === "model_not_found",
    );
  });

  await test.step("a client that leaves frees the engine at once, streamed or not", async () => {
    const leaving = new AbortController();
    const stream = await client.chat.completions.create({ ...ENDLESS, stream: true }, { signal: leaving.signal });
    for await (const { choices: [choice] } of stream) if (choice?.delta.content) break;
    leaving.abort();
    await untilIdle(server.url);

    const impatient = client.chat.completions.create(ENDLESS, { signal: AbortSignal.timeout(200) });
    await assert.rejects(impatient, APIUserAbortError);
    await untilIdle(server.url);
  });

  await test.step("nothing that the SDK sent was dropped", () => assert.deepEqual([...ignored], []));

  await test.step("the curl line of the banner works when pasted", async () => {
    const line = server.stderr().split("\n").find((text) => text.startsWith("curl "));
    assert.ok(line, server.stderr());
    const { stdout, success } = await new Deno.Command("sh", { args: ["-c", line] }).output();
    assert.ok(success);
    assert.equal(JSON.parse(new TextDecoder().decode(stdout)).object, "chat.completion");
  });
});

function text({ choices: [choice] }: OpenAI.ChatCompletion): string {
  return choice?.message.content ?? "";
}

function checkUsage(usage: OpenAI.CompletionUsage | null | undefined): void {
  assert.ok(usage && usage.prompt_tokens > 5 && usage.completion_tokens > 3);
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
}

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? NaN), 0);
}
