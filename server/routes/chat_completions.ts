import type { Handler } from "hono";
import type { AnswerLogprob } from "../../lib/engine/mod.ts";
import type { AppEnv, AppInput } from "../app_input.ts";
import { chooseEngine } from "../choose_engine.ts";
import { type Generate, startGeneration, STREAM_PATIENCE_MS } from "../generation.ts";
import { parseBody } from "../parse_body.ts";
import { ReceiptWriter } from "../receipts/mod.ts";
import { type ChatCompletion, type ChatCompletionChunk, ChatCompletionRequest } from "../schemas/mod.ts";
import { sseResponse } from "../sse.ts";
import { type AnswerHead, answerHead } from "./answer_head.ts";
import { toChatLogprobs } from "./chat_logprobs.ts";
import { type ChunkShape, ChunkWriter } from "./chunk_writer.ts";
import { collectAnswer, type CollectedAnswer } from "./collect_answer.ts";
import { toChatPrompt } from "./to_chat_prompt.ts";
import { toGenerateInput } from "./to_generate_input.ts";
import { toTimings, toUsage } from "./to_usage.ts";

/** `POST /v1/chat/completions`: the next message of a conversation, whole or as a stream of its parts. */
export function createChatCompletion(app: AppInput): Handler<AppEnv> {
  const { options } = app;
  return async (c) => {
    const request = await parseBody(c, ChatCompletionRequest);
    const { engine, model } = await chooseEngine(app, request.model);
    const head = answerHead("chatcmpl", { model, options });
    const choices = request.n ?? 1;
    const input = toGenerateInput(request, {
      prompt: toChatPrompt(request.messages, options.systemPrompt),
      options,
      vocabularySize: model.vocabularySize,
      logprobs: request.logprobs ? request.top_logprobs ?? 0 : undefined,
      address: c.env?.address,
    });
    const receipt = request.receipt ? new ReceiptWriter(input, { app, engine, model, head }) : undefined;
    const generate: Generate = (signal) => receipt?.generate(signal) ?? engine.generate(input, signal);
    const { events, abort } = await startGeneration(generate, {
      signals: [c.req.raw.signal, c.env?.stop],
      promptParam: "messages",
      patienceMs: request.stream ? STREAM_PATIENCE_MS : undefined,
    });
    if (!request.stream) {
      const answer = await collectAnswer(events, choices);
      const body = toChatCompletion(answer, { head, logprobs: request.logprobs ?? false });
      return c.json({ ...body, ...receipt?.fields });
    }
    const includeUsage = request.stream_options?.include_usage ?? false;
    const writer = new ChunkWriter(chatChunks(head), {
      choices,
      includeUsage,
      extra: receipt && (() => receipt.fields),
    });
    return sseResponse({ events, write: (event) => writer.write(event) }, { onCancel: abort });
  };
}

function toChatCompletion(
  answer: CollectedAnswer,
  { head, logprobs }: { head: AnswerHead; logprobs: boolean },
): ChatCompletion {
  return {
    ...head,
    object: "chat.completion",
    choices: answer.choices.map((choice, index) => ({
      index,
      message: { role: "assistant", content: choice.text, refusal: null },
      logprobs: logprobs ? toChatLogprobs(choice.logprobs) : null,
      finish_reason: choice.finishReason,
    })),
    usage: toUsage(answer),
    timings: toTimings(answer),
  };
}

function chatChunks(head: AnswerHead): ChunkShape {
  type Choice = ChatCompletionChunk["choices"][number];
  const chunk = (choices: Choice[]): ChatCompletionChunk => ({ ...head, object: "chat.completion.chunk", choices });
  const part = (index: number, delta: Choice["delta"], logprobs: AnswerLogprob[] | undefined): ChatCompletionChunk =>
    chunk([{ index, delta, logprobs: logprobs === undefined ? null : toChatLogprobs(logprobs), finish_reason: null }]);
  return {
    open: (index) => part(index, { role: "assistant", content: "" }, undefined),
    text: (index, text, logprobs) => part(index, { content: text }, logprobs),
    finish: (index, reason) => chunk([{ index, delta: {}, logprobs: null, finish_reason: reason }]),
    bare: () => chunk([]),
  };
}
