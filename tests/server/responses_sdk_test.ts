import assert from "node:assert/strict";
import OpenAI, { BadRequestError, NotFoundError } from "openai";
import { EngineError } from "../../lib/errors.ts";
import { ResponseObject } from "../../server/schemas/responses/mod.ts";
import { answer, failAfter, FakeEngine } from "./fake_engine.ts";
import { respond, responsesOver } from "./responses_app.ts";

Deno.test("openai SDK creates, finds and deletes a response", async () => {
  const client = clientOver(new FakeEngine());
  const created = await client.responses.create({ model: "any", input: "Hi", metadata: { a: "b" } });
  assert.deepEqual([created.output_text, created.status, created.usage?.total_tokens], ["Hello!", "completed", 13]);
  const found = await client.responses.retrieve(created.id);
  assert.deepEqual([found.id, found.metadata, found.output], [created.id, { a: "b" }, created.output]);
  await client.responses.delete(created.id);
  await assert.rejects(client.responses.retrieve(created.id), NotFoundError);
});

Deno.test("openai SDK goes on from a response, and lists all that went into it", async () => {
  const client = clientOver(new FakeEngine());
  const first = await client.responses.create({ model: "any", input: "one" });
  const second = await client.responses.create({ model: "any", input: "two", previous_response_id: first.id });
  const texts: unknown[] = [];
  for await (const item of client.responses.inputItems.list(second.id, { order: "asc", limit: 2 })) {
    assert.ok(item.type === "message");
    texts.push(item.content.map((part) => "text" in part ? part.text : undefined));
  }
  assert.deepEqual(texts, [["one"], ["Hello!"], ["two"]]);
  await assert.rejects(
    client.responses.create({ model: "any", input: "Hi", previous_response_id: "resp_x" }),
    (error) => error instanceof BadRequestError && error.code === "previous_response_not_found",
  );
});

Deno.test("openai SDK sends an answer back as input", async () => {
  const engine = new FakeEngine();
  const client = clientOver(engine);
  const { output } = await client.responses.create({ model: "any", input: "one", store: false });
  const answers = output.filter((item) => item.type === "message");
  await client.responses.create({ model: "any", input: [...answers, { role: "user", content: "two" }], store: false });
  assert.deepEqual(engine.calls[1]?.input.prompt, {
    kind: "chat",
    messages: [{ role: "assistant", content: "Hello!" }, { role: "user", content: "two" }],
  });
});

Deno.test("openai SDK streams a response", async () => {
  const client = clientOver(new FakeEngine(answer(["Grüße ", "🦙"])));
  let text = "";
  let end = "";
  for await (const event of await client.responses.create({ model: "any", input: "Hi", stream: true })) {
    if (event.type === "response.output_text.delta") text += event.delta;
    end = event.type;
  }
  assert.deepEqual([text, end], ["Grüße 🦙", "response.completed"]);
});

Deno.test("openai SDK's stream helper assembles the response", async () => {
  const client = clientOver(new FakeEngine(answer(["Grüße ", "🦙"])));
  const runner = client.responses.stream({
    model: "any",
    input: "Hi",
    include: ["message.output_text.logprobs"],
    top_logprobs: 2,
  });
  const response = await runner.finalResponse();
  assert.deepEqual([response.output_text, response.status], ["Grüße 🦙", "completed"]);
  const [message] = response.output;
  assert.ok(message?.type === "message" && message.content[0]?.type === "output_text");
  assert.deepEqual(message.content[0].logprobs?.map(({ token }) => token), ["Grüße ", "🦙"]);
  assert.equal((await client.responses.retrieve(response.id)).output_text, "Grüße 🦙");
});

Deno.test("openai SDK's stream helper sees an answer that was cut off, and one that failed", async () => {
  const cut = clientOver(new FakeEngine(answer(["a"], { finishReason: "length" })));
  const incomplete = await cut.responses.stream({ model: "any", input: "Hi", max_output_tokens: 1 }).finalResponse();
  assert.deepEqual([incomplete.status, incomplete.incomplete_details?.reason], ["incomplete", "max_output_tokens"]);
  const failing = clientOver(new FakeEngine(failAfter(["a"], new EngineError("out_of_memory", "no memory"))));
  const failed = await failing.responses.stream({ model: "any", input: "Hi" }).finalResponse();
  assert.deepEqual([failed.status, failed.error?.message], ["failed", "no memory"]);
});

Deno.test("openai SDK counts input tokens, and is told why nothing can be cancelled", async () => {
  const client = clientOver(new FakeEngine());
  const count = await client.responses.inputTokens.count({ input: "Hi" });
  assert.deepEqual([count.object, count.input_tokens], ["response.input_tokens", "user: Hi\n".length]);
  const { id } = await client.responses.create({ model: "any", input: "Hi" });
  await assert.rejects(client.responses.cancel(id), BadRequestError);
});

Deno.test("response has all that openai SDK's types ask for", async () => {
  const body = ResponseObject.parse(await respond(responsesOver(new FakeEngine()), { input: "Hi" }));
  // Both are null in OpenAI's own answers, where its types know them as absent only.
  const { usage, user, ...rest } = body;
  const typed: Omit<OpenAI.Responses.Response, "output_text" | "usage" | "user"> = rest;
  const counted: OpenAI.Responses.ResponseUsage | null = usage;
  assert.deepEqual([typed.object, counted?.input_tokens, user], ["response", 10, null]);
});

function clientOver(engine: FakeEngine): OpenAI {
  const app = responsesOver(engine);
  return new OpenAI({
    baseURL: "http://localhost/v1",
    apiKey: "none",
    maxRetries: 0,
    fetch: async (input, init) => await app.request(input instanceof Request ? input : String(input), init),
  });
}
