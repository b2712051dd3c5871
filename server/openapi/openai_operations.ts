import { BODY_ERRORS, EVENTS_TYPE, json, JSON_TYPE, MODEL_ERRORS, type Operation } from "./operation.ts";

/** A function, as the examples have it. */
const WEATHER = {
  name: "get_weather",
  description: "The weather in a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string", maxLength: 40 }, unit: { enum: ["celsius", "fahrenheit"] } },
    required: ["city"],
    additionalProperties: false,
  },
};

/** OpenAI's API without its responses. */
export const OPENAI_OPERATIONS: Operation[] = [
  {
    id: "createChatCompletion",
    method: "post",
    path: "/v1/chat/completions",
    aliases: ["/chat/completions"],
    api: "OpenAI",
    summary: "The next message of a conversation",
    description:
      "A last message of the assistant is what the answer goes on with. Calls of functions are held to their schemas, answers to `response_format`.",
    request: "ChatCompletionRequest",
    relaxes: true,
    examples: {
      question: {
        summary: "A question",
        value: { messages: [{ role: "user", content: "Name three colors." }], max_tokens: 32 },
      },
      streamed: {
        summary: "Streamed, with the number of tokens at its end",
        value: {
          messages: [{ role: "system", content: "You are brief." }, { role: "user", content: "Hello!" }],
          max_tokens: 32,
          stream: true,
          stream_options: { include_usage: true },
        },
      },
      logprobs: {
        summary: "With the likeliest tokens, greedy",
        value: {
          messages: [{ role: "user", content: "Hello!" }],
          temperature: 0,
          max_tokens: 4,
          logprobs: true,
          top_logprobs: 2,
        },
      },
      tools: {
        summary: "A function that must be called",
        value: {
          messages: [{ role: "user", content: "What is the weather in Paris?" }],
          tools: [{ type: "function", function: WEATHER }],
          tool_choice: "required",
          max_tokens: 64,
        },
      },
      toolResult: {
        summary: "What the function gave, to be put into words",
        value: {
          messages: [
            { role: "user", content: "What is the weather in Paris?" },
            {
              role: "assistant",
              content: null,
              tool_calls: [{
                id: "call_1",
                type: "function",
                function: { name: "get_weather", arguments: '{"city":"Paris"}' },
              }],
            },
            { role: "tool", tool_call_id: "call_1", content: "18 degrees, sunny" },
          ],
          tools: [{ type: "function", function: WEATHER }],
          max_tokens: 32,
        },
      },
      schema: {
        summary: "JSON of a schema",
        value: {
          messages: [{ role: "user", content: "Name a color and its hue in degrees." }],
          response_format: {
            type: "json_schema",
            json_schema: {
              name: "color",
              strict: true,
              schema: {
                type: "object",
                properties: {
                  name: { type: "string", maxLength: 20 },
                  hue: { type: "integer", minimum: 0, maximum: 359 },
                },
                required: ["name", "hue"],
                additionalProperties: false,
              },
            },
          },
          max_tokens: 64,
        },
      },
      reasoning: {
        summary: "With no more than 64 tokens of thought, by models that think",
        value: {
          messages: [{ role: "user", content: "What is 17 times 23?" }],
          reasoning_effort: "low",
          thinking_budget_tokens: 64,
          max_tokens: 128,
        },
      },
    },
    answers: {
      200: {
        description: "The answer, or with `stream` its parts, of which the last is followed by `data: [DONE]`.",
        content: { [JSON_TYPE]: ["ChatCompletion"], [EVENTS_TYPE]: ["ChatCompletionChunk", "ErrorBody"] },
        end: "[DONE]",
      },
    },
    errors: BODY_ERRORS,
  },
  {
    id: "countChatTokens",
    method: "post",
    path: "/v1/chat/completions/input_tokens",
    aliases: ["/chat/completions/input_tokens"],
    api: "OpenAI",
    summary: "How many tokens a conversation has, as it would be answered",
    request: "ChatCompletionRequest",
    examples: {
      question: { summary: "A question", value: { messages: [{ role: "user", content: "Name three colors." }] } },
    },
    answers: { 200: json("The number of tokens.", "InputTokens") },
    errors: BODY_ERRORS,
  },
  {
    id: "createCompletion",
    method: "post",
    path: "/v1/completions",
    api: "OpenAI",
    summary: "How a text goes on",
    description: "Without `/v1`, the path answers in llama-server's shape.",
    request: "CompletionRequest",
    relaxes: true,
    examples: {
      text: { summary: "A text", value: { prompt: "The capital of France is", max_tokens: 8, temperature: 0 } },
      several: {
        summary: "Two answers to each of two texts",
        value: { prompt: ["Once upon a time", "In the beginning"], n: 2, max_tokens: 8, logprobs: 1 },
      },
      streamed: { summary: "Streamed", value: { prompt: "One, two, three,", max_tokens: 8, stream: true, echo: true } },
      choice: { summary: "One of two words", value: { prompt: "Is the sky blue?", choice: ["Yes", "No"] } },
    },
    answers: {
      200: {
        description: "The answers, or with `stream` their parts, of which the last is followed by `data: [DONE]`.",
        content: { [JSON_TYPE]: ["Completion"], [EVENTS_TYPE]: ["CompletionChunk", "ErrorBody"] },
        end: "[DONE]",
      },
    },
    errors: BODY_ERRORS,
  },
  {
    id: "createEmbeddings",
    method: "post",
    path: "/v1/embeddings",
    api: "OpenAI",
    summary: "Texts as vectors of length 1",
    description: "Without `/v1`, the path answers in llama-server's shape.",
    request: "EmbeddingRequest",
    examples: {
      texts: { summary: "Two texts", value: { input: ["A cat sleeps.", "A dog barks."] } },
      base64: { summary: "As 32-bit floats in base64", value: { input: "A cat sleeps.", encoding_format: "base64" } },
    },
    answers: { 200: json("A vector for each text.", "EmbeddingList") },
    errors: BODY_ERRORS,
  },
  {
    id: "listModels",
    method: "get",
    path: "/v1/models",
    aliases: ["/models"],
    api: "OpenAI",
    summary: "The models that are served",
    answers: {
      200: { ...json("All of them, loaded or not.", "ModelList"), links: { getModel: { id: "/data/0/id" } } },
    },
    errors: [500, 503],
  },
  {
    id: "getModel",
    method: "get",
    path: "/v1/models/{id}",
    aliases: ["/models/{id}"],
    api: "OpenAI",
    summary: "One of the models",
    pathParameters: {
      id: {
        description: "The `id` of a model of `GET /v1/models`; slashes in it may be escaped or not.",
        example: "MODEL_ID",
      },
    },
    answers: { 200: json("The model.", "Model") },
    errors: MODEL_ERRORS,
  },
];
