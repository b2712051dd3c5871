import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodFunction, zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import * as z from "zod";
import { LLAMAFILE } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { runConversation } from "../tools/run_conversation.ts";
import { notingFetch } from "./noting_fetch.ts";

const QUESTION: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "What is the weather in Paris?" }];
const Weather = z.object({ city: z.string().max(40), unit: z.enum(["celsius", "fahrenheit"]) });
const Person = z.object({
  name: z.string().max(20),
  age: z.number().int().min(0).max(120),
  pets: z.array(z.object({ kind: z.enum(["cat", "dog"]), name: z.string().max(12) })).max(2),
});
const weather = zodFunction({ name: "get_weather", description: "Tells the weather", parameters: Weather });
const clock = zodFunction({
  name: "get_time",
  description: "Tells the time",
  parameters: z.object({ zone: z.string().max(20) }),
});
const REQUEST = { model: "any", messages: QUESTION, temperature: 1, max_tokens: 300 };

Deno.test("the packed llamafile calls tools and fits schemas for the OpenAI SDK", async (test) => {
  await using server = await startLlamafile(LLAMAFILE, { args: ["-c", "8192", "-np", "4"] });
  const { fetch, ignored } = notingFetch();
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0, fetch });

  await test.step("a required call is parsed by the SDK, whichever seed", async () => {
    const asked = Array.from(
      { length: 8 },
      (_, seed) =>
        client.chat.completions.parse({ ...REQUEST, seed, tools: [weather, clock], tool_choice: "required" }),
    );
    for (const { choices: [choice] } of await Promise.all(asked)) {
      assert.equal(choice?.finish_reason, "tool_calls");
      assert.equal(choice.message.content, null);
      const [call] = choice.message.tool_calls ?? [];
      assert.ok(call?.type === "function" && call.function.parsed_arguments, "the SDK has parsed the arguments");
      assert.ok(call.function.name === "get_time" || Weather.parse(call.function.parsed_arguments));
    }
  });

  await test.step("a named function is the one that is called", async () => {
    const { choices: [choice] } = await client.chat.completions.parse({
      ...REQUEST,
      tools: [weather, clock],
      tool_choice: { type: "function", function: { name: "get_time" } },
    });
    assert.deepEqual(choice?.message.tool_calls?.map((call) => call.type === "function" && call.function.name), [
      "get_time",
    ]);
  });

  await test.step("a streamed call is the same as a whole one", async () => {
    const asked = { ...REQUEST, temperature: 0, tools: [weather], tool_choice: "required" as const, logprobs: true };
    const plain = await client.chat.completions.create(asked);
    const stream = client.chat.completions.stream(asked);
    const deltas: string[] = [];
    stream.on("tool_calls.function.arguments.delta", ({ arguments_delta }) => deltas.push(arguments_delta));
    const { choices: [choice] } = await stream.finalChatCompletion();
    const [call] = choice?.message.tool_calls ?? [];
    const [expected] = plain.choices[0]?.message.tool_calls ?? [];
    assert.ok(call?.type === "function" && expected?.type === "function");
    assert.deepEqual([call.function.name, call.function.arguments], [
      expected.function.name,
      expected.function.arguments,
    ]);
    assert.equal(deltas.join(""), expected.function.arguments);
    assert.ok(deltas.length > 1, "it came in pieces");
    assert.equal(choice?.finish_reason, "tool_calls");
    assert.ok((plain.choices[0]?.logprobs?.content?.length ?? 0) > 3, "log-probabilities come with tools, too");
  });

  await test.step("choices call each on their own", async () => {
    const { choices } = await client.chat.completions.parse({
      ...REQUEST,
      n: 3,
      seed: 1,
      tools: [weather],
      tool_choice: "required",
    });
    assert.equal(choices.length, 3);
    for (const { message } of choices) {
      const [call] = message.tool_calls ?? [];
      assert.ok(call?.type === "function" && Weather.parse(call.function.parsed_arguments));
    }
  });

  await test.step("a zod schema holds an answer, streamed and whole, with four at once", async () => {
    const asked = Array.from({ length: 4 }, async (_, seed) => {
      const body = {
        ...REQUEST,
        seed,
        response_format: zodResponseFormat(Person, "person"),
        messages: [
          { role: "user" as const, content: "Invent a person." },
        ],
      };
      if (seed % 2 === 0) return (await client.chat.completions.parse(body)).choices[0];
      return (await client.chat.completions.stream(body).finalChatCompletion()).choices[0];
    });
    for (const choice of await Promise.all(asked)) {
      assert.equal(choice?.finish_reason, "stop");
      assert.ok(Person.parse(choice.message.parsed));
    }
  });

  await test.step("responses parse a schema and call a function", async () => {
    const held = await client.responses.parse({
      model: "any",
      input: "Invent a person.",
      max_output_tokens: 300,
      text: { format: zodTextFormat(Person, "person") },
    });
    assert.ok(Person.parse(held.output_parsed));
    const called = await client.responses.create({
      model: "any",
      input: "What is the weather in Paris?",
      max_output_tokens: 300,
      tool_choice: "required",
      tools: [{ type: "function", name: "get_weather", strict: true, parameters: z.toJSONSchema(Weather) }],
    });
    const call = called.output.find((item) => item.type === "function_call");
    assert.ok(Weather.parse(JSON.parse(call?.arguments ?? "")));
    const told = await client.responses.create({
      model: "any",
      previous_response_id: called.id,
      max_output_tokens: 24,
      input: [{ type: "function_call_output", call_id: call?.call_id ?? "", output: "18 degrees and rain" }],
    });
    assert.ok(told.output_text.length > 0);
  });

  await test.step("the SDK's own runner runs the tool, and hands its result on", async () => {
    const { runs } = await runConversation(client, { first: "required" });
    assert.ok(runs >= 1, `${runs}`);
  });

  await test.step("one odd pattern rejects nothing, is told, and is refused where it must hold", async () => {
    const parameters = {
      type: "object",
      properties: { code: { type: "string", pattern: "^(a|b)\\1$", maxLength: 9 }, n: { type: "integer" } },
      required: ["code", "n"],
    };
    const odd = (strict: boolean): OpenAI.ChatCompletionTool => ({
      type: "function",
      function: { name: "odd", parameters, strict },
    });
    const { data, response } = await client.chat.completions.create({
      ...REQUEST,
      tools: [odd(false)],
      tool_choice: "required",
    }).withResponse();
    assert.match(response.headers.get("x-relaxed") ?? "", /properties\/code.*pattern/);
    const [call] = data.choices[0]?.message.tool_calls ?? [];
    assert.ok(call?.type === "function");
    assert.equal(typeof JSON.parse(call.function.arguments).n, "number");
    await assert.rejects(
      client.chat.completions.create({ ...REQUEST, tools: [odd(true)], tool_choice: "required" }),
      /pattern/,
    );
  });

  await test.step("nothing that the SDK sent was dropped", () => assert.deepEqual([...ignored], []));
});
