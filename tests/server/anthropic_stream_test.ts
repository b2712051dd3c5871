import assert from "node:assert/strict";
import fc from "fast-check";
import type { GenerateEvent, TokenizeInput } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { type Message, MessageError, MessageEvent } from "../../server/schemas/anthropic/mod.ts";
import { answer, failAfter, FakeEngine, hangAfter } from "./fake_engine.ts";
import { appOver, post } from "./requests.ts";
import { within } from "./within.ts";

const BODY = { model: "claude-x", max_tokens: 50, messages: [{ role: "user", content: "Hi" }] };
const PATH = "/v1/messages";

/** Streams an answer. */
async function stream(engine: FakeEngine): Promise<Response> {
  return await post(appOver(engine), { ...BODY, stream: true }, PATH);
}

/** The events of a stream, each with the name before it. */
function read(text: string): { name: string; data: unknown }[] {
  assert.ok(text.endsWith("\n\n"));
  return text.slice(0, -2).split("\n\n").map((part) => {
    const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? assert.fail(`No event: ${part}`);
    return { name: name ?? "", data: JSON.parse(data ?? "") };
  });
}

/** Puts an answer together from its events as Anthropic's SDKs do; what is not in its order fails. */
function assemble(text: string): Message {
  let message: Message | undefined;
  let over = false;
  for (const { name, data } of read(text)) {
    const event = MessageEvent.parse(data);
    assert.deepEqual(event, data, "every key is in the schema");
    assert.equal(name, event.type);
    assert.ok(!over, "nothing follows message_stop");
    if (event.type === "message_start") {
      assert.equal(message, undefined);
      message = event.message;
      continue;
    }
    assert.ok(message !== undefined, "message_start comes first");
    const block = message.content.at(-1);
    if (event.type === "content_block_start") {
      assert.equal(event.index, message.content.length);
      message.content.push(event.content_block);
    } else if (event.type === "content_block_delta") {
      assert.ok(block !== undefined && event.index === message.content.length - 1);
      assert.ok(block.type === "text" && event.delta.type === "text_delta");
      block.text += event.delta.text;
    } else if (event.type === "message_delta") {
      message = { ...message, ...event.delta, usage: { ...message.usage, ...event.usage } };
    } else over ||= event.type === "message_stop";
  }
  assert.ok(over);
  return message ?? assert.fail("No message");
}

Deno.test("a message's stream makes up the whole answer, whatever its text", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: "binary" }), { maxLength: 6 }), async (pieces) => {
      const { id: _, ...streamed } = assemble(await (await stream(new FakeEngine(answer(pieces)))).text());
      const { id: __, ...whole } = await (await post(appOver(new FakeEngine(answer(pieces))), BODY, PATH)).json();
      assert.deepEqual(streamed, whole);
    }),
    { numRuns: 100 },
  );
});

Deno.test("a message's stream that is far ahead of its client ends as well", async () => {
  const pieces = Array<string>(200).fill("a".repeat(1000));
  const text = await within((await stream(new FakeEngine(answer(pieces)))).text());
  const [block] = assemble(text).content;
  assert.equal(block?.type === "text" && block.text.length, 200_000);
});

Deno.test("a message's stream does not wait for the count of its prompt, and says 0 where that fails", async () => {
  class Uncounted extends FakeEngine {
    override async tokenize(_input: TokenizeInput): Promise<Int32Array> {
      // Before it is being answered, there is no count.
      await this.call();
      throw new EngineError("internal", "no count");
    }
  }
  const response = await within(stream(new Uncounted()));
  const [start] = read(await response.text());
  const event = MessageEvent.parse(start?.data);
  assert.ok(event.type === "message_start");
  assert.equal(event.message.usage.input_tokens, 0);
});

Deno.test("a message's stream aborts the engine when its client leaves", async () => {
  const engine = new FakeEngine(hangAfter(["a"]));
  const response = await stream(engine);
  await response.body?.cancel();
  const call = await within(engine.call());
  await within(call.aborted);
  await within(call.ended);
});

Deno.test("a message without its last events is an error, whole and streamed", async () => {
  const scripts: GenerateEvent[][] = [
    [{ type: "text", index: 0, text: "a" }],
    [{ type: "text", index: 0, text: "a" }, {
      type: "done",
      usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 1 },
      timings: { queueMs: 0, prefillMs: 0, decodeMs: 0, draftTokens: 0, draftAccepted: 0 },
    }],
  ];
  for (const events of scripts) {
    const engine = (): FakeEngine =>
      new FakeEngine(async function* (): AsyncGenerator<GenerateEvent> {
        yield* events;
      });
    const whole = await post(appOver(engine()), BODY, PATH);
    assert.equal(whole.status, 500);
    assert.equal(MessageError.parse(await whole.json()).error.type, "api_error");
    const last = read(await (await stream(engine())).text()).at(-1);
    assert.equal(last?.name, "error");
    assert.equal(MessageError.parse(last.data).error.type, "api_error");
  }
});

Deno.test("every answer to a message has an id of its own, which its error names, also in a stream", async () => {
  const busy = new EngineError("overloaded", "full");
  const failing = (pieces: string[]): FakeEngine => new FakeEngine(failAfter(pieces, busy));
  const responses = [
    await post(appOver(new FakeEngine()), BODY, PATH),
    await post(appOver(new FakeEngine()), BODY, `${PATH}/count_tokens`),
    await stream(new FakeEngine()),
    await post(appOver(failing([])), BODY, PATH),
    await stream(failing(["a"])),
  ];
  const ids = responses.map(({ headers }) => headers.get("request-id") ?? "");
  for (const id of ids) assert.match(id, /^req_[0-9a-f]{32}$/);
  assert.equal(new Set(ids).size, ids.length);
  const [, , , failed, broken] = responses;
  assert.equal(MessageError.parse(await failed?.json()).request_id, ids[3]);
  const last = read(await broken?.text() ?? "").at(-1);
  assert.deepEqual(last, {
    name: "error",
    data: { type: "error", error: { type: "overloaded_error", message: "full" }, request_id: ids[4] },
  });
  await Promise.all(responses.slice(0, 3).map(({ body }) => body?.cancel()));
});
