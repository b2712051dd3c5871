import { BODY_ERRORS, json, JSON_TYPE, LINES_TYPE, type Operation } from "./operation.ts";

/** A JSON Schema, as the examples have it. */
const CITY = {
  type: "object",
  properties: { city: { type: "string", maxLength: 40 } },
  required: ["city"],
  additionalProperties: false,
};

/** Ollama's API. */
export const OLLAMA_OPERATIONS: Operation[] = [
  {
    id: "ollamaChat",
    method: "post",
    path: "/api/chat",
    api: "Ollama",
    summary: "The next message of a conversation",
    description:
      "Without a message, the model is loaded and nothing computed. Of a stream, a call comes whole in one part.",
    relaxes: true,
    request: "OllamaChatRequest",
    examples: {
      streamed: {
        summary: "Streamed, which Ollama does unless told otherwise",
        value: { messages: [{ role: "user", content: "Name three colors." }], options: { num_predict: 32 } },
      },
      whole: {
        summary: "As one",
        value: { messages: [{ role: "user", content: "Hello!" }], stream: false, options: { temperature: 0 } },
      },
      tools: {
        summary: "With what a function gave",
        value: {
          messages: [
            { role: "user", content: "What is the weather in Paris?" },
            {
              role: "assistant",
              content: "",
              tool_calls: [{ function: { name: "get_weather", arguments: { city: "Paris" } } }],
            },
            { role: "tool", tool_name: "get_weather", content: "18 degrees, sunny" },
          ],
          tools: [{ type: "function", function: { name: "get_weather", parameters: CITY } }],
          stream: false,
          options: { num_predict: 32 },
        },
      },
      format: {
        summary: "JSON of a schema",
        value: {
          messages: [{ role: "user", content: "Name a city." }],
          format: CITY,
          stream: false,
          options: { num_predict: 64 },
        },
      },
    },
    answers: {
      200: {
        description: "The answer, one line of JSON for each of its parts; with `stream: false` as one.",
        content: { [JSON_TYPE]: ["OllamaChatAnswer"], [LINES_TYPE]: ["OllamaChatAnswer", "OllamaError"] },
      },
    },
    errors: BODY_ERRORS,
  },
  {
    id: "ollamaGenerate",
    method: "post",
    path: "/api/generate",
    api: "Ollama",
    summary: "The answer to a prompt",
    description: "Without a prompt, the model is loaded and nothing computed.",
    relaxes: true,
    request: "OllamaGenerateRequest",
    examples: {
      streamed: {
        summary: "Streamed, which Ollama does unless told otherwise",
        value: { prompt: "Name three colors.", options: { num_predict: 32 } },
      },
      raw: {
        summary: "How a text goes on, as one",
        value: { prompt: "The capital of France is", raw: true, stream: false, options: { num_predict: 8 } },
      },
      format: {
        summary: "JSON of any kind",
        value: { prompt: "Describe a cat as JSON.", format: "json", stream: false, options: { num_predict: 64 } },
      },
    },
    answers: {
      200: {
        description: "The answer, one line of JSON for each of its parts; with `stream: false` as one.",
        content: { [JSON_TYPE]: ["OllamaGenerateAnswer"], [LINES_TYPE]: ["OllamaGenerateAnswer", "OllamaError"] },
      },
    },
    errors: BODY_ERRORS,
  },
  {
    id: "ollamaEmbed",
    method: "post",
    path: "/api/embed",
    api: "Ollama",
    summary: "Texts as vectors of length 1",
    request: "OllamaEmbedRequest",
    examples: { texts: { summary: "Two texts", value: { input: ["A cat sleeps.", "A dog barks."] } } },
    answers: { 200: json("A vector for each text.", "OllamaEmbedAnswer") },
    errors: BODY_ERRORS,
  },
  {
    id: "ollamaEmbeddings",
    method: "post",
    path: "/api/embeddings",
    api: "Ollama",
    summary: "A text as a vector, as older clients ask for it",
    request: "OllamaEmbeddingsRequest",
    examples: { text: { summary: "A text", value: { prompt: "A cat sleeps." } } },
    answers: { 200: json("The vector.", "OllamaEmbeddingsAnswer") },
    errors: BODY_ERRORS,
  },
  {
    id: "ollamaShow",
    method: "post",
    path: "/api/show",
    api: "Ollama",
    summary: "What is known of a model",
    request: "OllamaShowRequest",
    examples: { first: { summary: "The model that answers where none is named", value: {} } },
    answers: { 200: json("The model.", "OllamaShowAnswer") },
    errors: BODY_ERRORS,
  },
  {
    id: "ollamaTags",
    method: "get",
    path: "/api/tags",
    api: "Ollama",
    summary: "The models that are served",
    answers: { 200: json("All of them, loaded or not.", "OllamaLocalModels") },
    errors: [500, 503],
  },
  {
    id: "ollamaPs",
    method: "get",
    path: "/api/ps",
    api: "Ollama",
    summary: "The models that are loaded",
    answers: { 200: json("Those models.", "OllamaRunningModels") },
    errors: [500, 503],
  },
  {
    id: "ollamaVersion",
    method: "get",
    path: "/api/version",
    api: "Ollama",
    summary: "The release of Ollama whose API this is",
    answers: { 200: json("That release, and Packllama's own.", "OllamaVersion") },
  },
];
