import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import assert from "node:assert/strict";
import * as z from "zod";
import { LLAMAFILE } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { notingFetch } from "./noting_fetch.ts";

const Place = z.object({ city: z.string().max(30), unit: z.enum(["celsius", "fahrenheit"]) });

Deno.test("the packed llamafile calls tools and fits schemas for the Vercel AI SDK", async (test) => {
  await using server = await startLlamafile(LLAMAFILE, { args: ["-c", "4096"] });
  const { fetch, ignored } = notingFetch();
  const provider = createOpenAICompatible({
    name: "packllama",
    baseURL: `${server.url}/v1`,
    includeUsage: true,
    supportsStructuredOutputs: true,
    fetch,
  });
  const model = provider("any");
  const settings = { model, temperature: 0, maxOutputTokens: 200, maxRetries: 0 };

  await test.step("an agent of two steps calls the tool, then answers with its result in view", async () => {
    const asked: z.infer<typeof Place>[] = [];
    const { steps, text } = await generateText({
      ...settings,
      prompt: "What is the weather in Paris?",
      tools: {
        weather: tool({
          description: "Tells the weather of a city",
          inputSchema: Place,
          execute: (place) => {
            asked.push(place);
            return { degrees: 18, sky: "rain" };
          },
        }),
      },
      stopWhen: stepCountIs(2),
      prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? "required" : "none" }),
    });
    assert.equal(steps.length, 2);
    assert.equal(steps[0]?.finishReason, "tool-calls");
    assert.ok(asked.length >= 1 && asked.every((place) => Place.safeParse(place).success), JSON.stringify(asked));
    assert.ok(text.length > 0);
  });

  await test.step("a streamed call has its input in pieces", async () => {
    const stream = streamText({
      ...settings,
      prompt: "What is the weather in Paris?",
      tools: { weather: tool({ description: "Tells the weather", inputSchema: Place }) },
      toolChoice: "required",
    });
    const parts = await Array.fromAsync(stream.fullStream);
    assert.ok(parts.filter(({ type }) => type === "tool-input-delta").length > 1);
    const [call] = await stream.toolCalls;
    assert.equal(call?.toolName, "weather");
    assert.ok(Place.parse(call?.input));
  });

  await test.step("an output fits its schema", async () => {
    const { output } = await generateText({
      ...settings,
      prompt: "Invent a place.",
      output: Output.object({ schema: Place }),
    });
    assert.ok(Place.parse(output));
  });

  await test.step("nothing that the SDK sent was dropped", () => assert.deepEqual([...ignored], []));
});
