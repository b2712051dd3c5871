import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import * as z from "zod";
import type { Script } from "./fake_engine.ts";
import { answer, answerParts, FakeEngine, type FakePart } from "./fake_engine.ts";
import { appOver } from "./requests.ts";

const MESSAGES: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "Weather in Paris?" }];
const City = z.object({ city: z.string(), days: z.number().int() });
const CALL: FakePart = { call: "weather", arguments: ['{"city":"Par', 'is","days":', "2}"] };

/** A client without a network: its requests go to the app itself. */
function clientOf(script: Script): { client: OpenAI; engine: FakeEngine } {
  const engine = new FakeEngine(script);
  const app = appOver(engine);
  const client = new OpenAI({
    baseURL: "http://packllama.example/v1",
    apiKey: "none",
    maxRetries: 0,
    fetch: async (url, init) => await app.request(String(url), init),
  });
  return { client, engine };
}

/** Calls until a tool has answered, and then speaks. */
const agent: Script = (input, signal) => {
  const answered = input.prompt.kind === "chat" && input.prompt.messages.some(({ role }) => role === "tool");
  return (answered ? answer(["It is ", "18 degrees."]) : answerParts([{ reasoning: "Hm" }, CALL]))(input, signal);
};

Deno.test("openai SDK parses an answer that is held to a zod schema", async () => {
  const { client, engine } = clientOf(answer(['{"city": "Paris", ', '"days": 2}']));
  const { choices: [choice] } = await client.chat.completions.parse({
    model: "any",
    messages: MESSAGES,
    response_format: zodResponseFormat(City, "city"),
  });
  assert.deepEqual(choice?.message.parsed, { city: "Paris", days: 2 });
  assert.ok(engine.calls[0]?.input.grammar !== undefined);
});

Deno.test("openai SDK parses calls of strict functions", async () => {
  const { client, engine } = clientOf(answerParts([CALL]));
  const { choices: [choice] } = await client.chat.completions.parse({
    model: "any",
    messages: MESSAGES,
    tools: [zodFunction({ name: "weather", parameters: City })],
    tool_choice: { type: "function", function: { name: "weather" } },
  });
  assert.deepEqual(
    choice?.message.tool_calls?.map((call) => call.type === "function" && call.function.parsed_arguments),
    [
      { city: "Paris", days: 2 },
    ],
  );
  assert.equal(choice?.finish_reason, "tool_calls");
  const { prompt } = engine.calls[0]?.input ?? assert.fail();
  assert.ok(prompt.kind === "chat" && prompt.tools?.choice.mode === "required");
});

Deno.test("openai SDK's stream helper assembles calls, as it does answers that are held to a schema", async () => {
  const { client } = clientOf(
    answerParts(["Well. ", CALL, { call: "weather", arguments: ['{"city":"Rome","days":1}'] }]),
  );
  const events: string[] = [];
  const runner = client.chat.completions.stream({
    model: "any",
    messages: MESSAGES,
    tools: [zodFunction({ name: "weather", parameters: City })],
    logprobs: true,
  }).on("tool_calls.function.arguments.done", ({ name, index }) => events.push(`${name} ${index}`));
  const { choices: [choice] } = await runner.finalChatCompletion();
  assert.deepEqual(
    choice?.message.tool_calls?.map((call) => [call.id, call.type === "function" && call.function.parsed_arguments]),
    [
      ["call_0", { city: "Paris", days: 2 }],
      ["call_1", { city: "Rome", days: 1 }],
    ],
  );
  assert.equal(choice?.message.content, "Well. ");
  assert.deepEqual(events, ["weather 0", "weather 1"]);
  const held = clientOf(answer(['{"city":"Paris",', '"days":2}'])).client.chat.completions.stream({
    model: "any",
    messages: MESSAGES,
    response_format: zodResponseFormat(City, "city"),
  });
  assert.deepEqual((await held.finalChatCompletion()).choices[0]?.message.parsed, { city: "Paris", days: 2 });
});

Deno.test("openai SDK runs tools, whole and streamed, and the model hears what they gave", async () => {
  for (const stream of [false, true]) {
    const { client, engine } = clientOf(agent);
    const asked: unknown[] = [];
    const weather = zodFunction({
      name: "weather",
      parameters: City,
      function: (city) => {
        asked.push(city);
        return { degrees: 18 };
      },
    });
    const request = { model: "any", messages: MESSAGES, tools: [weather] };
    const runner = stream
      ? client.chat.completions.runTools({ ...request, stream: true })
      : client.chat.completions.runTools(request);
    assert.equal(await runner.finalContent(), "It is 18 degrees.");
    assert.deepEqual(asked, [{ city: "Paris", days: 2 }]);
    const { prompt } = engine.calls[1]?.input ?? assert.fail("it was asked once");
    assert.ok(prompt.kind === "chat");
    const [, called, told] = prompt.messages;
    assert.deepEqual(called?.toolCalls, [{
      id: "call_0",
      name: "weather",
      arguments: '{"city":"Paris","days":2}',
    }]);
    assert.deepEqual(told, { role: "tool", content: '{"degrees":18}', toolCallId: "call_0" });
  }
});
