import type { Handler } from "hono";
import type { Engine, GenerateInput, ModelInfo, Prompt } from "../../../lib/engine/mod.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { startGeneration, STREAM_PATIENCE_MS } from "../../generation.ts";
import { newId } from "../../new_id.ts";
import { parseBody } from "../../parse_body.ts";
import { type Message, MessageRequest } from "../../schemas/anthropic/mod.ts";
import { sseResponse } from "../../sse.ts";
import { sseEvent } from "../../sse_message.ts";
import { toGenerateInput } from "../to_generate_input.ts";
import { collectMessage } from "./collect_message.ts";
import { MessageWriter } from "./message_writer.ts";
import { requestId } from "./name_request.ts";
import { toMessageError } from "./to_error.ts";
import { toMessagesPrompt } from "./to_prompt.ts";

/** `POST /v1/messages`: the next message of a conversation, whole or as a stream of events. */
export function createMessage(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, MessageRequest);
    const { engine, model } = await chooseEngine(app, request.model);
    const input = toInput(request, { app, model, address: c.env?.address });
    const generation = startGeneration((signal) => engine.generate(input, signal), {
      signals: [c.req.raw.signal, c.env?.stop],
      promptParam: "messages",
      patienceMs: request.stream ? STREAM_PATIENCE_MS : undefined,
    });
    // A stream says at its beginning how long the prompt is; how much of it was cached is known at its end.
    const promptTokens = request.stream ? countPrompt(engine, input.prompt) : 0;
    const { events, abort } = await generation;
    const open = openMessage(model, await promptTokens);
    if (!request.stream) return c.json({ ...open, ...await collectMessage(events) } satisfies Message);
    const writer = new MessageWriter(open);
    return sseResponse({ events, write: (event) => writer.write(event) }, {
      last: "",
      fail: (error) => sseEvent("error", toMessageError(error, requestId(c))),
      onCancel: abort,
    });
  };
}

function toInput(
  request: MessageRequest,
  { app: { options }, model, address }: { app: AppInput; model: ModelInfo; address: string | undefined },
): GenerateInput {
  return toGenerateInput({ ...request, stop: request.stop_sequences, user: request.metadata?.user_id ?? undefined }, {
    prompt: toMessagesPrompt(request, options.systemPrompt),
    options,
    vocabularySize: model.vocabularySize,
    address,
  });
}

/** Counts a prompt while it is being answered already; 0 where that fails, since no answer is to fail for a number. */
async function countPrompt(engine: Engine, prompt: Prompt): Promise<number> {
  try {
    return (await engine.tokenize({ prompt })).length;
  } catch {
    // What is wrong with the prompt is wrong with the generation, too, which says so.
    return 0;
  }
}

/** An answer that has not said anything yet. */
function openMessage({ id: model }: ModelInfo, promptTokens: number): Message {
  return {
    id: newId("msg_"),
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: promptTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 0,
    },
  };
}
