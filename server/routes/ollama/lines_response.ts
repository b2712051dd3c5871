import { sseResponse, type SseSource } from "../../sse.ts";
import { jsonLine } from "./json_line.ts";
import { toOllamaError } from "./to_error.ts";

/** What a stream of lines is made from. */
export interface LineSource<Event> extends SseSource<Event> {
  /** The last line, known once all events were written. */
  readonly last: string;
}

/** JSON lines have no comments, so that nothing may be sent in a silence, however long a prompt is read: this is about the longest timer. */
const NO_KEEP_ALIVE_MS = 2 ** 31 - 1;

/** A response that sends newline-delimited JSON as {@linkcode sseResponse} sends its messages; a failure is a last line `{"error": …}`. */
export function linesResponse<Event>(source: LineSource<Event>, onCancel: () => void): Response {
  const response = sseResponse(source, {
    // Read when the events are over.
    get last(): string {
      return source.last;
    },
    fail: (error) => jsonLine(toOllamaError(error)),
    onCancel,
    keepAliveMs: NO_KEEP_ALIVE_MS,
  });
  response.headers.set("content-type", "application/x-ndjson");
  return response;
}
