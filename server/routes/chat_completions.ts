import type { Handler } from "hono";
import type { GenerateEvent } from "../../lib/engine/mod.ts";
import type { AppEnv, AppInput } from "../app_input.ts";
import { chooseEngine } from "../choose_engine.ts";
import { type Generate, startGeneration, STREAM_PATIENCE_MS } from "../generation.ts";
import { parseBody } from "../parse_body.ts";
import { ReceiptWriter } from "../receipts/mod.ts";
import { ChatCompletionRequest } from "../schemas/mod.ts";
import { sseResponse } from "../sse.ts";
import { watchAnswer } from "../watch_answer.ts";
import { answerHead } from "./answer_head.ts";
import { toChatCompletion } from "./chat_answer.ts";
import { chatChunks } from "./chat_chunks.ts";
import { ChunkWriter } from "./chunk_writer.ts";
import { collectAnswer } from "./collect_answer.ts";
import { isLegacy, toChatInput } from "./to_chat_input.ts";
import { toGenerateInput } from "./to_generate_input.ts";

/** `POST /v1/chat/completions`: the next message of a conversation, whole or as a stream of its parts. */
export function createChatCompletion(app: AppInput): Handler<AppEnv> {
  const { options } = app;
  return async (c) => {
    const request = await parseBody(c, ChatCompletionRequest);
    const { engine, model } = await chooseEngine(app, request.model);
    const head = answerHead("chatcmpl", { model, options });
    const choices = request.n ?? 1;
    const legacy = isLegacy(request);
    const { prompt, constraint } = await toChatInput(request, options);
    const input = toGenerateInput(request, {
      prompt,
      grammar: constraint.grammar,
      options,
      vocabularySize: model.vocabularySize,
      logprobs: request.logprobs ? request.top_logprobs ?? 0 : undefined,
      address: c.env?.address,
    });
    const watch = await watchAnswer(c, constraint, choices);
    const receipt = request.receipt ? new ReceiptWriter(input, { app, engine, model, head }) : undefined;
    const generate: Generate = (signal) => receipt?.generate(signal) ?? engine.generate(input, signal);
    const { events, abort } = await startGeneration(generate, {
      signals: [c.req.raw.signal, c.env?.stop],
      promptParam: "messages",
      patienceMs: request.stream ? STREAM_PATIENCE_MS : undefined,
    });
    if (!request.stream) {
      const answer = await collectAnswer(events, choices);
      watch?.check(answer.choices);
      const body = toChatCompletion(answer, { head, logprobs: request.logprobs ?? false, legacy });
      return c.json({ ...body, ...receipt?.fields });
    }
    const writer = new ChunkWriter(chatChunks(head, legacy), {
      choices,
      includeUsage: request.stream_options?.include_usage ?? false,
      extra: (receipt ?? watch) && (() => ({ ...receipt?.fields, ...watch?.outcome })),
    });
    const write = (event: GenerateEvent): string => {
      watch?.add(event);
      return writer.write(event);
    };
    return sseResponse({ events, write }, { onCancel: abort });
  };
}
