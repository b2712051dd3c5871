import { ItemQuery, RetrieveQuery } from "../schemas/responses/mod.ts";
import { BODY_ERRORS, EVENTS_TYPE, json, JSON_TYPE, type Operation } from "./operation.ts";

const id = {
  description: "The `id` of an answer of `POST /v1/responses`, which is kept unless it says `store: false`.",
  example: "RESPONSE_ID",
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
    description: "A request with `previous_response_id` goes on from an earlier response.",
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
    description: "As it would be answered by `POST /v1/responses`, with what the chat template adds.",
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
    summary: "The messages that a response was made from",
    description: "With those of the responses before it, page by page.",
    pathParameters: { id },
    query: ItemQuery,
    answers: { 200: json("A page of messages.", "ItemList") },
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
