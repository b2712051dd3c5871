import { ItemQuery, RetrieveQuery } from "../schemas/responses/mod.ts";
import { BODY_ERRORS, EVENTS_TYPE, json, JSON_TYPE, type Operation } from "./operation.ts";

const id = {
  description: "The `id` of an answer of `POST /v1/responses`, which is kept unless it says `store: false`.",
  example: "RESPONSE_ID",
};

/** A function, as the examples have it. */
const WEATHER = {
  type: "function",
  name: "get_weather",
  description: "The weather in a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string", maxLength: 40 } },
    required: ["city"],
    additionalProperties: false,
  },
  strict: true,
};

/** OpenAI's Responses API. */
export const RESPONSES_OPERATIONS: Operation[] = [
  {
    id: "createResponse",
    method: "post",
    path: "/v1/responses",
    aliases: ["/responses"],
    api: "OpenAI",
    summary: "The next message of a conversation that the server keeps",
    description:
      "A request with `previous_response_id` goes on from an earlier response. What was thought and called are items beside messages.",
    relaxes: true,
    request: "ResponseRequest",
    examples: {
      text: { summary: "A text", value: { input: "Name three colors.", max_output_tokens: 32 } },
      conversation: {
        summary: "A conversation with instructions, which is not kept",
        value: {
          instructions: "You are brief.",
          input: [{ role: "user", content: [{ type: "input_text", text: "Hello!" }] }],
          max_output_tokens: 32,
          store: false,
        },
      },
      streamed: { summary: "Streamed", value: { input: "Hello!", max_output_tokens: 32, stream: true } },
      tool: {
        summary: "A function that must be called",
        value: {
          input: "What is the weather in Paris?",
          tools: [WEATHER],
          tool_choice: "required",
          max_output_tokens: 64,
        },
      },
      toolResult: {
        summary: "What the function gave, to be put into words",
        value: {
          input: [
            { role: "user", content: "What is the weather in Paris?" },
            { type: "function_call", call_id: "call_1", name: "get_weather", arguments: '{"city":"Paris"}' },
            { type: "function_call_output", call_id: "call_1", output: "18 degrees, sunny" },
          ],
          tools: [WEATHER],
          max_output_tokens: 32,
        },
      },
      format: {
        summary: "JSON of a schema",
        value: {
          input: "Name a color.",
          text: {
            format: {
              type: "json_schema",
              name: "color",
              strict: true,
              schema: {
                type: "object",
                properties: { color: { enum: ["red", "green", "blue"] } },
                required: ["color"],
                additionalProperties: false,
              },
            },
          },
          max_output_tokens: 64,
        },
      },
      reasoning: {
        summary: "With little thought, by models that think",
        value: { input: "What is 17 times 23?", reasoning: { effort: "low" }, max_output_tokens: 128 },
      },
    },
    answers: {
      200: {
        description: "The response, or with `stream` its events, each with its name before it.",
        content: { [JSON_TYPE]: ["CreatedResponse"], [EVENTS_TYPE]: ["ResponseEvent"] },
        links: {
          getResponse: { id: "/id" },
          listInputItems: { id: "/id" },
          cancelResponse: { id: "/id" },
          deleteResponse: { id: "/id" },
        },
      },
    },
    errors: BODY_ERRORS,
  },
  {
    id: "countInputTokens",
    method: "post",
    path: "/v1/responses/input_tokens",
    aliases: ["/responses/input_tokens"],
    api: "OpenAI",
    summary: "How many tokens a conversation has",
    description: "As it would be answered by `POST /v1/responses`, with its tools and what the chat template adds.",
    request: "InputTokensRequest",
    examples: { text: { summary: "A text", value: { input: "Name three colors." } } },
    answers: { 200: json("The number.", "InputTokens") },
    errors: BODY_ERRORS,
  },
  {
    id: "getResponse",
    method: "get",
    path: "/v1/responses/{id}",
    aliases: ["/responses/{id}"],
    api: "OpenAI",
    summary: "A response that was kept",
    pathParameters: { id },
    query: RetrieveQuery,
    answers: { 200: json("The response as it was answered.", "ResponseObject") },
    errors: [400, 404],
  },
  {
    id: "listInputItems",
    method: "get",
    path: "/v1/responses/{id}/input_items",
    aliases: ["/responses/{id}/input_items"],
    api: "OpenAI",
    summary: "The items that a response was made from",
    description: "With those of the responses before it, page by page.",
    pathParameters: { id },
    query: ItemQuery,
    answers: { 200: json("A page of items.", "ItemList") },
    errors: [400, 404],
  },
  {
    id: "cancelResponse",
    method: "post",
    path: "/v1/responses/{id}/cancel",
    aliases: ["/responses/{id}/cancel"],
    api: "OpenAI",
    summary: "Always refused: what is kept is complete",
    description: "Only background responses can be cancelled, which there are none of. Close the connection instead.",
    pathParameters: { id },
    answers: {},
    errors: [400, 404],
  },
  {
    id: "deleteResponse",
    method: "delete",
    path: "/v1/responses/{id}",
    aliases: ["/responses/{id}"],
    api: "OpenAI",
    summary: "Forgets a response",
    description: "Nothing can go on from it, or from what followed it, afterwards.",
    pathParameters: { id },
    answers: { 200: json("That it is gone.", "DeletedResponse") },
    errors: [404],
  },
];
