/** When the parts of a streamed answer arrived, in milliseconds of `performance.now()`. */
export interface TimedAnswer {
  text: string;
  /** One for each delta with text. */
  times: number[];
  /** Prompt tokens as the server counted them. */
  promptTokens: number;
  completionTokens: number;
}

/** Asks for a chat completion, streamed, and notes when each delta arrives. */
export async function streamChat(url: string, body: Record<string, unknown>): Promise<TimedAnswer> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
  });
  if (!response.ok || response.body === null) throw new Error(`${response.status}: ${await response.text()}`);
  const answer: TimedAnswer = { text: "", times: [], promptTokens: 0, completionTokens: 0 };
  let rest = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data: {")) takeChunk(answer, line.slice(6));
  }
  return answer;
}

interface Chunk {
  choices: { delta: { content?: string | null } }[];
  usage?: { prompt_tokens: number; completion_tokens: number } | null;
}

function takeChunk(answer: TimedAnswer, json: string): void {
  const chunk: Chunk = JSON.parse(json);
  const text = chunk.choices[0]?.delta.content;
  if (text) {
    answer.text += text;
    answer.times.push(performance.now());
  }
  if (chunk.usage) {
    answer.promptTokens = chunk.usage.prompt_tokens;
    answer.completionTokens = chunk.usage.completion_tokens;
  }
}
