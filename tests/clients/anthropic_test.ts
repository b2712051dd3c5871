import Anthropic, { APIUserAbortError, BadRequestError } from "@anthropic-ai/sdk";
import assert from "node:assert/strict";
import { LLAMAFILE } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { notingFetch } from "./noting_fetch.ts";
import { untilIdle } from "./until_idle.ts";

const MODEL = "smollm2-135m-instruct";
const QUESTION: Anthropic.MessageParam[] = [{ role: "user", content: "Name three colors." }];
/** A whole request; the answer is always the same, by what the server is started with: this SDK has no word for the temperature any more. */
const GREEDY = { model: "any", messages: QUESTION, max_tokens: 24 };

Deno.test("the packed llamafile is driven by Anthropic's SDK", async (test) => {
  await using server = await startLlamafile(LLAMAFILE, { args: ["-c", "2048", "--temp", "0"] });
  const { fetch, ignored } = notingFetch();
  const client = new Anthropic({ baseURL: server.url, apiKey: "none", maxRetries: 0, fetch });

  await test.step("a message has an answer, usage and the model's name", async () => {
    const message = await client.messages.create(GREEDY);
    assert.deepEqual([message.type, message.role, message.model], ["message", "assistant", MODEL]);
    assert.match(message.id, /^msg_/);
    assert.match(message._request_id ?? "", /^req_/);
    assert.ok(text(message).length > 5);
    assert.ok(promptTokens(message) > 10);
    assert.ok(message.usage.output_tokens > 3 && message.usage.output_tokens <= 24);
  });

  await test.step("the stream helper sees the events in their order and assembles the plain answer", async () => {
    const plain = await client.messages.create(GREEDY);
    const stream = client.messages.stream(GREEDY);
    let deltas = "";
    stream.on("text", (delta) => deltas += delta);
    const types = (await Array.fromAsync(stream)).map((event) => event.type);
    assert.deepEqual(types.filter((type, index) => type !== types[index - 1]), [
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    const final = await stream.finalMessage();
    assert.deepEqual([deltas, text(final)], [text(plain), text(plain)]);
    assert.deepEqual([final.stop_reason, final.stop_sequence], [plain.stop_reason, plain.stop_sequence]);
    assert.equal(final.usage.output_tokens, plain.usage.output_tokens);
    assert.equal(promptTokens(final), promptTokens(plain));
    assert.match(stream.request_id ?? "", /^req_/);
  });

  await test.step("a plain stream gives the same text", async () => {
    let streamed = "";
    for await (const event of await client.messages.create({ ...GREEDY, stream: true })) {
      if (event.type === "content_block_delta" && event.delta.type === "text_delta") streamed += event.delta.text;
    }
    assert.equal(streamed, text(await client.messages.create(GREEDY)));
  });

  await test.step("tokens are counted as a message counts them, with the system prompt", async () => {
    const { model, messages } = GREEDY;
    const system = [{ type: "text" as const, text: "Answer in French, and say why." }];
    const plain = await client.messages.countTokens({ model, messages });
    assert.equal(plain.input_tokens, promptTokens(await client.messages.create(GREEDY)));
    const longer = await client.messages.countTokens({ model, messages, system });
    assert.equal(longer.input_tokens, promptTokens(await client.messages.create({ ...GREEDY, system })));
    assert.notEqual(longer.input_tokens, plain.input_tokens);
  });

  await test.step("a stop sequence and the limit are told as reasons", async () => {
    const whole = text(await client.messages.create(GREEDY));
    const stop = whole.slice(8, 12);
    const stopped = await client.messages.create({ ...GREEDY, stop_sequences: ["never in there", stop] });
    assert.deepEqual([stopped.stop_reason, stopped.stop_sequence], ["stop_sequence", stop]);
    assert.equal(text(stopped), whole.slice(0, whole.indexOf(stop)));
    const cut = await client.messages.create({ ...GREEDY, max_tokens: 3 });
    assert.deepEqual([cut.stop_reason, cut.stop_sequence, cut.usage.output_tokens], ["max_tokens", null, 3]);
  });

  await test.step("an answer sent back is part of the next prompt", async () => {
    const first = await client.messages.create(GREEDY);
    const messages: Anthropic.MessageParam[] = [
      ...QUESTION,
      { role: first.role, content: first.content },
      { role: "user", content: "Two more." },
    ];
    const second = await client.messages.create({ ...GREEDY, messages });
    assert.ok(promptTokens(second) > promptTokens(first) + first.usage.output_tokens);
  });

  await test.step("a wrong value and a prompt that is too long are BadRequestErrors", async () => {
    await assert.rejects(
      client.messages.create({ ...GREEDY, max_tokens: 0 }),
      (error) =>
        error instanceof BadRequestError && error.type === "invalid_request_error" &&
        /max_tokens/.test(error.message) && /^req_/.test(error.requestID ?? ""),
    );
    const messages = [{ role: "user" as const, content: "word ".repeat(5000) }];
    await assert.rejects(
      client.messages.stream({ ...GREEDY, messages }).finalMessage(),
      (error) =>
        error instanceof BadRequestError && /prompt is too long: .*\b50\d\d tokens\b.*\b2048\b/.test(error.message),
    );
  });

  await test.step("models are listed and found", async () => {
    const models = await Array.fromAsync(client.models.list());
    assert.deepEqual(models.map(({ id }) => id), [MODEL]);
    assert.equal((await client.models.retrieve(MODEL)).id, MODEL);
  });

  await test.step("a client that leaves frees the engine at once", async () => {
    const stream = client.messages.stream({
      model: "any",
      max_tokens: 2000,
      messages: [{ role: "user", content: "Write a very long story." }],
    });
    const ended = assert.rejects(stream.finalMessage(), APIUserAbortError);
    await stream.emitted("text");
    stream.abort();
    await ended;
    await untilIdle(server.url);
  });

  await test.step("nothing that the SDK sent was dropped", () => assert.deepEqual([...ignored], []));
});

function text({ content }: Anthropic.Message): string {
  return content.map((block) => block.type === "text" ? block.text : assert.fail(block.type)).join("");
}

/** All of them: Anthropic's `input_tokens` are without those that came from a cache. */
function promptTokens({ usage }: Anthropic.Message): number {
  return usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
}
