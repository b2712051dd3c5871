import Anthropic from "@anthropic-ai/sdk";
import assert from "node:assert/strict";
import * as z from "zod";
import { LLAMAFILE } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { notingFetch } from "./noting_fetch.ts";

const Place = z.object({ city: z.string().max(30), unit: z.enum(["celsius", "fahrenheit"]) });
const QUESTION: Anthropic.MessageParam[] = [{ role: "user", content: "What is the weather in Paris?" }];

Deno.test("the packed llamafile calls tools for Anthropic's SDK", async (test) => {
  await using server = await startLlamafile(LLAMAFILE, { args: ["-c", "4096", "--temp", "0"] });
  const { fetch, ignored } = notingFetch();
  const client = new Anthropic({ baseURL: server.url, apiKey: "none", maxRetries: 0, fetch });
  // The type of an object that is known to be one.
  const schema = z.toJSONSchema(Place) as Anthropic.Tool.InputSchema;
  const request = {
    model: "any",
    max_tokens: 200,
    messages: QUESTION,
    tools: [{ name: "get_weather", description: "Tells the weather", input_schema: schema }],
  };

  await test.step("any call, streamed and whole, and its result answered", async () => {
    const asked = { ...request, tool_choice: { type: "any" as const, disable_parallel_tool_use: true } };
    const plain = await client.messages.create(asked);
    assert.equal(plain.stop_reason, "tool_use");
    const call = plain.content.find((block) => block.type === "tool_use");
    assert.ok(call);
    assert.equal(call.name, "get_weather");
    assert.ok(Place.parse(call.input));
    const streamed = await client.messages.stream(asked).finalMessage();
    const again = streamed.content.find((block) => block.type === "tool_use");
    assert.deepEqual([again?.name, again?.input, streamed.stop_reason], [call.name, call.input, plain.stop_reason]);
    const told = await client.messages.create({
      ...request,
      tool_choice: { type: "none" },
      messages: [...QUESTION, { role: "assistant", content: plain.content }, {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: call.id, content: "18 degrees and rain" }],
      }],
    });
    assert.ok(told.content.some((block) => block.type === "text" && block.text.length > 0));
  });

  await test.step("thoughts may be asked of a model that has none", async () => {
    const message = await client.messages.create({
      ...request,
      max_tokens: 1100,
      tool_choice: { type: "tool", name: "get_weather" },
      thinking: { type: "enabled", budget_tokens: 1024 },
    });
    assert.ok(message.content.some((block) => block.type === "tool_use"));
  });

  await test.step("a format holds an answer", async () => {
    const message = await client.messages.create({
      model: "any",
      max_tokens: 200,
      messages: [{ role: "user", content: "Invent a place." }],
      output_config: { format: { type: "json_schema", schema } },
    });
    const [block] = message.content;
    assert.ok(block?.type === "text" && Place.parse(JSON.parse(block.text)));
  });

  await test.step("nothing that the SDK sent was dropped", () => assert.deepEqual([...ignored], []));
});
