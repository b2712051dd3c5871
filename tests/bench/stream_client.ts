/** What a server says of a request's cost, in tokens and milliseconds. */
export interface ServerTimings {
  prompt_n: number;
  prompt_ms: number;
  predicted_n: number;
  predicted_ms: number;
  /** Tokens that speculation guessed, and those of them that were right. */
  draft_n?: number;
  draft_n_accepted?: number;
}

/** When the parts of a streamed answer arrived, in milliseconds of `performance.now()`. */
export interface StreamedAnswer {
  started: number;
  ended: number;
  /** One for each chunk with text. */
  times: number[];
  promptTokens: number;
  completionTokens: number;
  timings?: ServerTimings;
}

/** The longest that one answer may take: beyond it the scenario fails. */
const ANSWER_MS = 300_000;
/** The paths asked, and in front of what a chunk has its text. */
const CHAT = { path: "/v1/chat/completions", text: '"content":"' };
const COMPLETION = { path: "/v1/completions", text: '"text":"' };

/**
 * Asks for a chat completion, or where there is a `prompt` for a plain one, streamed, and does as little as it can for each chunk: client and servers share the cores.
 *
 * @param options.onText called at each chunk with text, with how many there were.
 * @param options.signal ends the request; what came until then is the answer.
 * @throws {Error} the server's message when it refuses or fails.
 */
export async function streamAnswer(
  url: string,
  body: Record<string, unknown>,
  { onText, signal }: { onText?: (chunks: number) => void; signal?: AbortSignal } = {},
): Promise<StreamedAnswer> {
  const answer: StreamedAnswer = {
    started: performance.now(),
    ended: 0,
    times: [],
    promptTokens: 0,
    completionTokens: 0,
  };
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`${url} did not end its answer in ${ANSWER_MS} ms`)), ANSWER_MS);
  const { path, text } = "prompt" in body ? COMPLETION : CHAT;
  const take = (line: string): void => {
    if (takeLine(answer, line, text)) onText?.(answer.times.length);
  };
  try {
    const response = await post(
      url + path,
      body,
      AbortSignal.any([late.signal, ...(signal === undefined ? [] : [signal])]),
    );
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of response) rest = eachLine(rest + decoder.decode(bytes, { stream: true }), take);
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  answer.ended = performance.now();
  if (answer.completionTokens === 0) answer.completionTokens = answer.timings?.predicted_n ?? answer.times.length;
  return answer;
}

async function post(
  url: string,
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
    signal,
  });
  if (response.ok && response.body !== null) return response.body;
  throw new Error(`${url} answered ${response.status}: ${(await response.text()).slice(0, 400)}`);
}

/** Hands each whole line to `take` and returns what follows the last one. */
export function eachLine(text: string, take: (line: string) => void): string {
  let start = 0;
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
    if (end > start) take(text.slice(start, end));
    start = end + 1;
  }
  return text.slice(start);
}

/**
 * Takes one line of the stream; true when it brought text. JSON is parsed only where there is more than text to it: inside a string
 * every quote has a backslash before it, so the keys looked for cannot be part of the text.
 *
 * @throws {Error} when the line tells of an error.
 */
export function takeLine(answer: StreamedAnswer, line: string, text = CHAT.text): boolean {
  if (!line.startsWith("data: {")) return false;
  if (line.startsWith('data: {"error"')) throw new Error(`The stream failed: ${line.slice(6, 406)}`);
  if (line.includes('"usage":{') || line.includes('"timings":{')) takeNumbers(answer, line.slice(6));
  const at = line.indexOf(text);
  if (at === -1 || line.charCodeAt(at + text.length) === 34) return false;
  answer.times.push(performance.now());
  return true;
}

interface LastChunk {
  usage?: { prompt_tokens: number; completion_tokens: number } | null;
  timings?: ServerTimings;
}

function takeNumbers(answer: StreamedAnswer, json: string): void {
  const { usage, timings }: LastChunk = JSON.parse(json);
  if (timings) answer.timings = timings;
  if (usage) {
    answer.promptTokens = usage.prompt_tokens;
    answer.completionTokens = usage.completion_tokens;
  }
}
