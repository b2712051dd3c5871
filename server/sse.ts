import { logFailure, toErrorBody } from "./errors.ts";

/** How a stream of server-sent events behaves. */
export interface SseOptions {
  /** Data of the last event after a stream that did not fail, e.g. `[DONE]`. */
  last: string;
  /** Called at most once, when the client goes away before the end. */
  onCancel(): void;
  /** Milliseconds of silence after which a comment is sent, so that proxies and clients keep the connection; 5000 by default. */
  keepAliveMs?: number;
}

const KEEP_ALIVE_MS = 5000;
const encoder = new TextEncoder();
const COMMENT = encoder.encode(": keep-alive\n\n");

/**
 * A response that sends each message as one server-sent event, in one write, as soon as it is there and the client has taken the one
 * before. What `messages` throws becomes a last event `{"error": …}`. The format is that of the HTML standard, section 9.2.
 *
 * @param messages Read to its end, or returned when the client goes away.
 */
export function sseResponse(messages: AsyncGenerator<object>, options: SseOptions): Response {
  return new Response(sseStream(messages, options), {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
  });
}

function sseStream(messages: AsyncGenerator<object>, options: SseOptions): ReadableStream<Uint8Array> {
  let timer: number | undefined;
  let spoke = true;
  let cancelled = false;
  return new ReadableStream({
    start(controller): void {
      timer = setInterval(() => {
        // A client that does not read is not silent: nothing may pile up for it.
        if (!spoke && (controller.desiredSize ?? 0) > 0) controller.enqueue(COMMENT);
        spoke = false;
      }, options.keepAliveMs ?? KEEP_ALIVE_MS);
    },
    async pull(controller): Promise<void> {
      const { frame, ended } = await nextFrame(messages, options.last);
      if (ended) clearInterval(timer);
      if (cancelled) return;
      spoke = true;
      controller.enqueue(encoder.encode(frame));
      if (ended) controller.close();
    },
    cancel(): void {
      cancelled = true;
      clearInterval(timer);
      options.onCancel();
      // Queued behind a pending `next`, which ends through the abort; what it still throws has no reader.
      messages.return(undefined).catch(() => {});
    },
  });
}

async function nextFrame(messages: AsyncGenerator<object>, last: string): Promise<{ frame: string; ended: boolean }> {
  try {
    const result = await messages.next();
    if (result.done) return { frame: `data: ${last}\n\n`, ended: true };
    return { frame: `data: ${JSON.stringify(result.value)}\n\n`, ended: false };
  } catch (error) {
    logFailure(error, "A stream");
    return { frame: `data: ${JSON.stringify(toErrorBody(error))}\n\n`, ended: true };
  }
}
