import { PropsQuery, SlotActionQuery, SlotsQuery } from "../schemas/llama/mod.ts";
import { BODY_ERRORS, EVENTS_TYPE, json, JSON_TYPE, MODEL_ERRORS, type Operation } from "./operation.ts";

const completed = {
  description: "The answer, an array where there are several, or with `stream` their parts. There is no `[DONE]`.",
  content: {
    [JSON_TYPE]: ["LlamaCompletion", "LlamaCompletions", "PickedFields"],
    [EVENTS_TYPE]: ["LlamaCompletionChunk", "LlamaCompletion", "PickedFields", "ErrorBody"],
  },
} satisfies Operation["answers"][number];

const refused = json("Always: it is not supported.", "NotSupportedBody");

/** llama-server's own API: texts in, texts out. */
const TEXT_OPERATIONS: Operation[] = [
  {
    id: "createLlamaCompletion",
    method: "post",
    path: "/completion",
    aliases: ["/completions"],
    api: "llama-server",
    summary: "How a text goes on",
    request: "LlamaCompletionRequest",
    relaxes: true,
    examples: {
      text: { summary: "A text", value: { prompt: "The capital of France is", n_predict: 8, temperature: 0 } },
      fields: {
        summary: "Only some of the answer, with the likeliest tokens",
        value: { prompt: "Hello", n_predict: 4, n_probs: 2, response_fields: ["content", "timings/predicted_n"] },
      },
      several: { summary: "Two texts", value: { prompt: ["Once upon a time", "In the beginning"], n_predict: 4 } },
      streamed: { summary: "Streamed", value: { prompt: "One, two, three,", n_predict: 8, stream: true } },
      grammar: {
        summary: "By a grammar",
        value: { prompt: "The best number is", grammar: 'root ::= " " [0-9]{1,3}', n_predict: 8 },
      },
      schema: {
        summary: "JSON of a schema",
        value: {
          prompt: "A person as JSON:",
          json_schema: { type: "object", properties: { age: { type: "integer" } }, required: ["age"] },
          n_predict: 32,
        },
      },
    },
    answers: { 200: completed },
    errors: BODY_ERRORS,
  },
  {
    id: "createInfill",
    method: "post",
    path: "/infill",
    api: "llama-server",
    summary: "What belongs into a gap in a text",
    description: "For models that have tokens for the text before and behind a gap; others answer 501.",
    request: "InfillRequest",
    relaxes: true,
    examples: {
      code: {
        summary: "Code",
        value: { input_prefix: "def add(a, b):\n    return ", input_suffix: "\n\nprint(add(1, 2))\n", n_predict: 8 },
      },
    },
    answers: { 200: completed, 501: json("The model fills no gaps.", "NotSupportedBody") },
    errors: BODY_ERRORS,
  },
  {
    id: "tokenize",
    method: "post",
    path: "/tokenize",
    api: "llama-server",
    summary: "The tokens of a text",
    request: "TokenizeRequest",
    examples: {
      text: { summary: "A text", value: { content: "Hello, world!" } },
      pieces: { summary: "With what each stands for", value: { content: "Hello, world!", with_pieces: true } },
    },
    answers: { 200: json("The tokens.", "TokenList") },
    errors: BODY_ERRORS,
  },
  {
    id: "detokenize",
    method: "post",
    path: "/detokenize",
    api: "llama-server",
    summary: "The text that tokens stand for",
    request: "DetokenizeRequest",
    examples: { tokens: { summary: "Some tokens", value: { tokens: [72, 101, 108, 108, 111] } } },
    answers: { 200: json("The text.", "Detokenized") },
    errors: BODY_ERRORS,
  },
  {
    id: "applyTemplate",
    method: "post",
    path: "/apply-template",
    api: "llama-server",
    summary: "A conversation as the model reads it",
    request: "ApplyTemplateRequest",
    examples: {
      message: { summary: "A message", value: { messages: [{ role: "user", content: "Hello!" }] } },
      tools: {
        summary: "With a function",
        value: {
          messages: [{ role: "user", content: "What time is it?" }],
          tools: [{ type: "function", function: { name: "now", description: "The time" } }],
        },
      },
    },
    answers: { 200: json("The prompt that the chat template makes.", "AppliedTemplate") },
    errors: BODY_ERRORS,
  },
  {
    id: "createLlamaEmbeddings",
    method: "post",
    path: "/embedding",
    aliases: ["/embeddings"],
    api: "llama-server",
    summary: "Texts as vectors",
    description: "Without pooling, a text has a vector for each of its tokens.",
    request: "LlamaEmbeddingRequest",
    examples: { texts: { summary: "Two texts", value: { content: ["A cat sleeps.", "A dog barks."] } } },
    answers: { 200: json("The vectors of each text.", "LlamaEmbeddings") },
    errors: BODY_ERRORS,
  },
  {
    id: "rerank",
    method: "post",
    path: "/v1/rerank",
    aliases: ["/rerank", "/reranking", "/v1/reranking"],
    api: "llama-server",
    summary: "Documents by how well they answer a query",
    description:
      "For models that were trained to rank. `documents` are answered in Jina's shape, `texts` in that of TEI.",
    request: "RerankingRequest",
    examples: {
      documents: {
        summary: "Two documents, the better one alone",
        value: {
          query: "What sleeps?",
          documents: ["A cat sleeps.", "A dog barks."],
          top_n: 1,
          return_documents: true,
        },
      },
      texts: { summary: "In TEI's shape", value: { query: "What sleeps?", texts: ["A cat sleeps.", "A dog barks."] } },
    },
    answers: { 200: json("The best first.", "RerankList", "TeiRanks") },
    errors: BODY_ERRORS,
  },
];

/** llama-server's own API: what it tells of itself, and what it is not to be told. */
const STATE_OPERATIONS: Operation[] = [
  {
    id: "getHealth",
    method: "get",
    path: "/health",
    aliases: ["/v1/health"],
    api: "llama-server",
    summary: "Whether requests are answered",
    answers: {
      200: json("They are.", "Health"),
      500: json("The model could not be loaded.", "HealthError"),
      503: json("The model is being loaded, or a defect has ended the engine.", "HealthError"),
    },
  },
  {
    id: "getMetrics",
    method: "get",
    path: "/metrics",
    api: "llama-server",
    summary: "What was computed since the start, for Prometheus",
    answers: {
      200: { description: "Prometheus's text format.", content: { "text/plain": ["Text"] } },
    },
  },
  {
    id: "getProps",
    method: "get",
    path: "/props",
    api: "llama-server",
    summary: "What the server has loaded, and its defaults",
    query: PropsQuery,
    answers: { 200: json("Its properties.", "Props") },
    errors: MODEL_ERRORS,
  },
  {
    id: "setProps",
    method: "post",
    path: "/props",
    api: "llama-server",
    summary: "Always refused: defaults are the server's own",
    answers: { 501: refused },
  },
  {
    id: "listSlots",
    method: "get",
    path: "/slots",
    api: "llama-server",
    summary: "What each of the sequences that can be computed at once holds, and how far it is",
    query: SlotsQuery,
    answers: { 200: json("The slots.", "Slots") },
    errors: MODEL_ERRORS,
  },
  {
    id: "changeSlot",
    method: "post",
    path: "/slots/{id}",
    api: "llama-server",
    summary: "Frees what a slot holds, keeps it in a file, or restores it from one",
    description: "Files are those of the folder that `--slot-save-path` names; without it all of this is refused.",
    pathParameters: { id: { description: "The number of a slot.", example: "0" } },
    query: SlotActionQuery,
    request: "SlotFileRequest",
    examples: { file: { summary: "A file", value: { filename: "story.bin" } } },
    answers: { 200: json("How many tokens it was.", "ErasedSlot", "SavedSlot", "RestoredSlot"), 501: refused },
    errors: [400, 413, 500, 503],
  },
  {
    id: "listAdapters",
    method: "get",
    path: "/lora-adapters",
    api: "llama-server",
    summary: "The LoRA adapters, by whose number a request names them",
    answers: { 200: json("The adapters.", "LoraAdapters") },
    errors: [500, 503],
  },
  {
    id: "setAdapters",
    method: "post",
    path: "/lora-adapters",
    api: "llama-server",
    summary: "Always refused: scales are given with each request",
    answers: { 501: refused },
  },
];

/** llama-server's own API. */
export const LLAMA_OPERATIONS: Operation[] = [...TEXT_OPERATIONS, ...STATE_OPERATIONS];
