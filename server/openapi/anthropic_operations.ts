import { EVENTS_TYPE, json, JSON_TYPE, type Operation } from "./operation.ts";

/** A tool, as the examples have it. */
const WEATHER = {
  name: "get_weather",
  description: "The weather in a city",
  input_schema: {
    type: "object",
    properties: { city: { type: "string", maxLength: 40 } },
    required: ["city"],
    additionalProperties: false,
  },
};

/** 529 is Anthropic's own status for a server that has too much to do. */
const ERRORS = [400, 404, 413, 415, 500, 503, 529];

/** Anthropic's Messages API. */
export const ANTHROPIC_OPERATIONS: Operation[] = [
  {
    id: "createMessage",
    method: "post",
    path: "/v1/messages",
    api: "Anthropic",
    summary: "The next message of a conversation",
    description: "A last message of the assistant is what the answer goes on with.",
    relaxes: true,
    request: "AnthropicMessageRequest",
    examples: {
      question: {
        summary: "A question",
        value: { max_tokens: 32, messages: [{ role: "user", content: "Name three colors." }] },
      },
      streamed: {
        summary: "Streamed, with a system prompt",
        value: {
          max_tokens: 32,
          system: "You are brief.",
          messages: [{ role: "user", content: [{ type: "text", text: "Hello!" }] }],
          stream: true,
        },
      },
      tool: {
        summary: "A tool that must be called",
        value: {
          max_tokens: 64,
          messages: [{ role: "user", content: "What is the weather in Paris?" }],
          tools: [WEATHER],
          tool_choice: { type: "tool", name: "get_weather" },
        },
      },
      toolResult: {
        summary: "What the tool gave, to be put into words",
        value: {
          max_tokens: 32,
          messages: [
            { role: "user", content: "What is the weather in Paris?" },
            {
              role: "assistant",
              content: [{ type: "tool_use", id: "toolu_1", name: "get_weather", input: { city: "Paris" } }],
            },
            {
              role: "user",
              content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "18 degrees, sunny" }],
            },
          ],
          tools: [WEATHER],
        },
      },
      format: {
        summary: "JSON of a schema",
        value: {
          max_tokens: 64,
          messages: [{ role: "user", content: "Name a color." }],
          output_config: {
            format: {
              type: "json_schema",
              schema: {
                type: "object",
                properties: { color: { enum: ["red", "green", "blue"] } },
                required: ["color"],
                additionalProperties: false,
              },
            },
          },
        },
      },
      thinking: {
        summary: "With no more than 64 tokens of thought, by models that think",
        value: {
          max_tokens: 128,
          messages: [{ role: "user", content: "What is 17 times 23?" }],
          thinking: { type: "enabled", budget_tokens: 64 },
        },
      },
    },
    answers: {
      200: {
        description: "The message, or with `stream` its events, each with its name before it.",
        content: { [JSON_TYPE]: ["AnthropicMessage"], [EVENTS_TYPE]: ["AnthropicMessageEvent", "AnthropicError"] },
      },
    },
    errors: ERRORS,
  },
  {
    id: "countTokens",
    method: "post",
    path: "/v1/messages/count_tokens",
    api: "Anthropic",
    summary: "How many tokens a conversation has",
    description: "As it would be answered by `POST /v1/messages`, with its tools and what the chat template adds.",
    request: "AnthropicCountTokensRequest",
    examples: {
      question: { summary: "A question", value: { messages: [{ role: "user", content: "Name three colors." }] } },
      tool: {
        summary: "With a tool",
        value: { messages: [{ role: "user", content: "What is the weather in Paris?" }], tools: [WEATHER] },
      },
    },
    answers: { 200: json("The number.", "AnthropicTokenCount") },
    errors: ERRORS,
  },
];
