import { EVENTS_TYPE, json, JSON_TYPE, type Operation } from "./operation.ts";

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
    description: "The last message is to be the user's.",
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
    description: "As it would be answered by `POST /v1/messages`, with what the chat template adds.",
    request: "AnthropicCountTokensRequest",
    examples: {
      question: { summary: "A question", value: { messages: [{ role: "user", content: "Name three colors." }] } },
    },
    answers: { 200: json("The number.", "AnthropicTokenCount") },
    errors: ERRORS,
  },
];
