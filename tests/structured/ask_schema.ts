import type { JsonSchema } from "../../lib/engine/mod.ts";

/** What came of one answer that was to be a JSON value of a schema. */
export interface SchemaAnswer {
  schema: JsonSchema;
  status: number;
  /** The answer's text, or the error's. */
  text: string;
  finishReason?: string;
  tokens: number;
}

/** How a schema is asked for. */
export interface AskOptions {
  /** The server's address, without a path. */
  url: string;
  stream: boolean;
  seed: number;
  maxTokens: number;
}

interface Chunk {
  choices: { delta?: { content?: string | null }; message?: { content: string }; finish_reason: string | null }[];
  usage?: { completion_tokens: number } | null;
}

/** Asks for any value of a schema, at temperature 1 and with nothing cut off from what the model might say. */
export async function askSchema(
  schema: JsonSchema,
  { url, stream, seed, maxTokens }: AskOptions,
): Promise<SchemaAnswer> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      messages: [{ role: "user", content: "Invent an example as JSON." }],
      response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
      temperature: 1,
      top_k: 0,
      top_p: 1,
      min_p: 0,
      seed,
      max_tokens: maxTokens,
      stream,
      ...(stream ? { stream_options: { include_usage: true } } : {}),
    }),
  });
  const body = await response.text();
  if (!response.ok) return { schema, status: response.status, text: body, tokens: 0 };
  const chunks: Chunk[] = stream
    ? body.split("\n").filter((line) => line.startsWith("data: {")).map((line) => JSON.parse(line.slice(6)))
    : [JSON.parse(body)];
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const finishReason = choices.findLast(({ finish_reason }) => finish_reason !== null)?.finish_reason;
  return {
    schema,
    status: response.status,
    text: choices.map(({ delta, message }) => delta?.content ?? message?.content ?? "").join(""),
    tokens: chunks.findLast(({ usage }) => usage)?.usage?.completion_tokens ?? 0,
    ...(finishReason ? { finishReason } : {}),
  };
}
