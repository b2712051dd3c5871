import type { Handler } from "hono";
import type { GenerateEvent, Usage as EngineUsage } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { AppEnv, AppInput } from "../app_input.ts";
import { startGeneration } from "../generation.ts";
import { readyModel } from "../guard.ts";
import { parseBody } from "../parse_body.ts";
import { type ChatCompletion, type ChatCompletionChunk, ChatCompletionRequest } from "../schemas/mod.ts";
import type { Timings, Usage } from "../schemas/mod.ts";
import { sseResponse } from "../sse.ts";
import { toGenerateInput } from "./to_generate_input.ts";

type DoneEvent = Extract<GenerateEvent, { type: "done" }>;

/** What every part of one answer says of it. */
type Head = Pick<ChatCompletion, "id" | "created" | "model" | "system_fingerprint">;

/** `POST /v1/chat/completions`: the next message of a conversation, whole or as a stream of its parts. */
export function createChatCompletion({ engine, options }: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c.req.raw, ChatCompletionRequest);
    const head: Head = {
      id: `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`,
      created: Math.floor(Date.now() / 1000),
      model: readyModel(engine).id,
      system_fingerprint: `packllama-${options.version}`,
    };
    const input = toGenerateInput(request, options);
    const signals = [c.req.raw.signal, c.env?.stop];
    const { events, abort } = await startGeneration(engine, input, { signals });
    if (!request.stream) return c.json(await collect(events, head));
    const includeUsage = request.stream_options?.include_usage ?? false;
    return sseResponse(toChunks(events, { head, includeUsage }), { last: "[DONE]", onCancel: abort });
  };
}

async function collect(events: AsyncGenerator<GenerateEvent>, head: Head): Promise<ChatCompletion> {
  let content = "";
  for await (const event of events) {
    if (event.type === "text") {
      content += event.text;
      continue;
    }
    return {
      ...head,
      object: "chat.completion",
      choices: [{
        index: 0,
        message: { role: "assistant", content, refusal: null },
        logprobs: null,
        finish_reason: event.finishReason,
      }],
      usage: toUsage(event.usage),
      timings: toTimings(event),
    };
  }
  throw new EngineError("internal", "An answer ended without its last event");
}

async function* toChunks(
  events: AsyncGenerator<GenerateEvent>,
  { head, includeUsage }: { head: Head; includeUsage: boolean },
): AsyncGenerator<ChatCompletionChunk> {
  type Choice = ChatCompletionChunk["choices"][number];
  const base = { ...head, object: "chat.completion.chunk" } as const;
  // OpenAI: where usage is asked for, every chunk has the key, and it is null in all but the last.
  const noUsage = includeUsage ? { usage: null } : {};
  const chunk = (delta: Choice["delta"], finish_reason: Choice["finish_reason"]): ChatCompletionChunk => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    ...noUsage,
  });
  yield chunk({ role: "assistant", content: "" }, null);
  for await (const event of events) {
    if (event.type === "done") {
      yield { ...chunk({}, event.finishReason), timings: toTimings(event) };
      if (includeUsage) yield { ...base, choices: [], usage: toUsage(event.usage) };
    } else if (event.text !== "") {
      yield chunk({ content: event.text }, null);
    }
  }
}

function toUsage(usage: EngineUsage): Usage {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
  };
}

function toTimings({ usage, prefillMs, decodeMs }: DoneEvent): Timings {
  const prefilled = usage.promptTokens - usage.cachedTokens;
  return {
    cache_n: usage.cachedTokens,
    prompt_n: prefilled,
    prompt_ms: prefillMs,
    prompt_per_second: perSecond(prefilled, prefillMs),
    predicted_n: usage.completionTokens,
    predicted_ms: decodeMs,
    predicted_per_second: perSecond(usage.completionTokens, decodeMs),
  };
}

function perSecond(tokens: number, ms: number): number {
  // JSON has no infinity.
  return ms > 0 ? tokens / ms * 1000 : 0;
}
