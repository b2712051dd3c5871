import assert from "node:assert/strict";
import { type ChatResponse, type GenerateResponse, Ollama } from "ollama";
import { LLAMAFILE } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { notingFetch } from "./noting_fetch.ts";
import { untilIdle } from "./until_idle.ts";

/** As Ollama lists it, with its tag. */
const MODEL = "smollm2-135m-instruct:latest";
const OPTIONS = { temperature: 0, num_predict: 24 };
const CHAT = { model: "any", messages: [{ role: "user", content: "Name three colors." }], options: OPTIONS };
const GENERATE = { model: "any", prompt: "Name three colors.", options: OPTIONS };

// The client leaves a stream after its last line without reading on to the end, which Deno takes for a leak.
Deno.test("the packed llamafile is driven by Ollama's client", { sanitizeResources: false }, async (test) => {
  await using server = await startLlamafile(LLAMAFILE, { args: ["-c", "2048"] });
  const { fetch, ignored } = notingFetch();
  const client = new Ollama({ host: server.url, fetch });

  await test.step("a chat is answered, whole and streamed", async () => {
    const plain = await client.chat(CHAT);
    assert.deepEqual([plain.model, plain.message.role, plain.done], [MODEL, "assistant", true]);
    assert.ok(plain.message.content.length > 5);
    checkMeasures(plain);
    const parts = await Array.fromAsync(await client.chat({ ...CHAT, stream: true }));
    assert.equal(parts.map(({ message }) => message.content).join(""), plain.message.content);
    checkStream(parts, plain);
  });

  await test.step("a prompt is answered as a chat of one message, whole and streamed", async () => {
    const plain = await client.generate(GENERATE);
    assert.equal(plain.response, (await client.chat(CHAT)).message.content);
    checkMeasures(plain);
    const parts = await Array.fromAsync(await client.generate({ ...GENERATE, stream: true }));
    assert.equal(parts.map(({ response }) => response).join(""), plain.response);
    checkStream(parts, plain);
  });

  await test.step("a raw prompt is gone on from, without the chat template", async () => {
    const { response, prompt_eval_count } = await client.generate({
      ...GENERATE,
      prompt: "One, two, three,",
      raw: true,
    });
    assert.match(response ?? "", /^ four/);
    assert.ok(prompt_eval_count < 10, `${prompt_eval_count} tokens`);
  });

  await test.step("num_predict and stop end an answer, and log-probabilities are its tokens'", async () => {
    const whole = (await client.chat(CHAT)).message.content;
    const cut = await client.chat({
      ...CHAT,
      options: { ...OPTIONS, num_predict: 3 },
      logprobs: true,
      top_logprobs: 2,
    });
    assert.deepEqual([cut.done_reason, cut.eval_count], ["length", 3]);
    assert.equal(cut.logprobs?.map(({ token }) => token).join(""), cut.message.content);
    assert.equal(cut.logprobs?.[0]?.top_logprobs?.length, 2);
    const stop = whole.slice(8, 12);
    const stopped = await client.chat({ ...CHAT, options: { ...OPTIONS, stop: [stop] } });
    assert.deepEqual([stopped.message.content, stopped.done_reason], [whole.slice(0, whole.indexOf(stop)), "stop"]);
  });

  await test.step("texts are embedded", async () => {
    const input = ["A cat sat on the mat.", "A kitten sat on the rug.", "Stocks fell sharply in early trading."];
    const { model, embeddings, prompt_eval_count } = await client.embed({ model: "any", input });
    const [cat = [], kitten = [], stocks = []] = embeddings;
    assert.deepEqual([model, embeddings.map((vector) => vector.length)], [MODEL, [576, 576, 576]]);
    for (const vector of embeddings) assert.ok(Math.abs(dot(vector, vector) - 1) < 1e-5);
    assert.ok(dot(cat, kitten) > dot(cat, stocks));
    assert.ok(prompt_eval_count > 15);
    const old = await client.embeddings({ model: "any", prompt: "A cat sat on the mat." });
    assert.ok(dot(cat, old.embedding) > 0.9999);
  });

  await test.step("the model is listed, shown and running", async () => {
    const { models: [listed, ...others] } = await client.list();
    assert.ok(listed && others.length === 0);
    assert.deepEqual([listed.name, listed.details.family, listed.details.parameter_size], [MODEL, "llama", "135M"]);
    assert.ok(!Number.isNaN(Date.parse(String(listed.modified_at))));
    const { models: [running] } = await client.ps();
    assert.deepEqual([running?.name, running?.digest], [listed.name, listed.digest]);
    const shown = await client.show({ model: listed.name });
    assert.deepEqual(shown.details, listed.details);
    assert.match(shown.template, /<\|im_start\|>/);
    assert.deepEqual(shown.capabilities, ["completion", "tools"]);
    assert.equal(Object.entries(shown.model_info).find(([key]) => key === "llama.context_length")?.[1], 2048);
    assert.match((await client.version()).version, /^\d+\.\d+\.\d+$/);
  });

  await test.step("an answer to a format is JSON of its schema, whole, streamed and to a prompt", async () => {
    const format = {
      type: "object",
      properties: { color: { enum: ["red", "green", "blue"] }, shade: { type: "integer", minimum: 1, maximum: 99 } },
      required: ["color", "shade"],
      additionalProperties: false,
    };
    const options = { temperature: 0, num_predict: 100 };
    const { message, done_reason } = await client.chat({ ...CHAT, format, options });
    assert.equal(done_reason, "stop");
    const { color, shade, ...rest } = JSON.parse(message.content);
    assert.ok(format.properties.color.enum.includes(color) && shade >= 1 && shade <= 99);
    assert.deepEqual(rest, {});
    let streamed = "";
    for await (const { message } of await client.chat({ ...CHAT, format, options, stream: true })) {
      streamed += message.content;
    }
    assert.equal(streamed, message.content);
    const { response } = await client.generate({ model: "any", prompt: "A color:", raw: true, format, options });
    assert.deepEqual(Object.keys(JSON.parse(response ?? "")), ["color", "shade"]);
  });

  await test.step("a wrong value, and what is not here, are errors of the client's own", async () => {
    await assert.rejects(client.chat({ ...CHAT, options: { temperature: 9 } }), (error: Error) => {
      assert.deepEqual([error.name, "status_code" in error && error.status_code], ["ResponseError", 400]);
      return /temperature/.test(error.message);
    });
    await assert.rejects(client.pull({ model: "llama3" }), { name: "ResponseError", status_code: 404 });
  });

  await test.step("a client that leaves frees the engine at once", async () => {
    const stream = await client.generate({ model: "any", prompt: "Write a very long story.", stream: true });
    await assert.rejects(async () => {
      for await (const { response } of stream) if (response !== "") stream.abort();
    }, { name: "AbortError" });
    await untilIdle(server.url);
  });

  await test.step("nothing that the client sent was dropped", () => assert.deepEqual([...ignored], []));
});

type Answer = ChatResponse | GenerateResponse;

/** Durations are in nanoseconds. */
function checkMeasures(answer: Answer): void {
  assert.ok(answer.prompt_eval_count > 10 && answer.eval_count > 3 && answer.eval_count <= 24);
  assert.ok(answer.eval_duration > 1e6 && answer.total_duration > answer.eval_duration);
  assert.ok(["stop", "length"].includes(answer.done_reason));
}

function checkStream(parts: Answer[], plain: Answer): void {
  const last = parts.at(-1);
  assert.deepEqual(parts.slice(0, -1).filter(({ done }) => done), []);
  assert.deepEqual(
    [last?.done, last?.done_reason, last?.eval_count, last?.prompt_eval_count],
    [true, plain.done_reason, plain.eval_count, plain.prompt_eval_count],
  );
}

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? NaN), 0);
}
