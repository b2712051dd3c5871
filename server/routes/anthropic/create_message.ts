import type { Handler } from "hono";
import type { Engine, GenerateEvent, ModelInfo, Prompt } from "../../../lib/engine/mod.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { startGeneration, STREAM_PATIENCE_MS } from "../../generation.ts";
import { newId } from "../../new_id.ts";
import { parseBody } from "../../parse_body.ts";
import { type Message, MessageRequest } from "../../schemas/anthropic/mod.ts";
import { sseResponse } from "../../sse.ts";
import { sseEvent } from "../../sse_message.ts";
import { watchAnswer } from "../../watch_answer.ts";
import { collectParts, toCollectedChoice } from "../answer_parts.ts";
import { toGenerateInput } from "../to_generate_input.ts";
import { MessageWriter } from "./message_writer.ts";
import { requestId } from "./name_request.ts";
import { toMessageError } from "./to_error.ts";
import { toMessage } from "./to_message.ts";
import { toMessagesInput } from "./to_messages_input.ts";

/** `POST /v1/messages`: the next message of a conversation, whole or as a stream of events. */
export function createMessage(app: AppInput): Handler<AppEnv> {
  const { options } = app;
  return async (c) => {
    const request = await parseBody(c, MessageRequest);
    const { engine, model } = await chooseEngine(app, request.model);
    const { prompt, constraint } = await toMessagesInput(request, options.systemPrompt);
    const input = toGenerateInput(
      { ...request, stop: request.stop_sequences, user: request.metadata?.user_id ?? undefined },
      {
        prompt,
        grammar: constraint.grammar,
        options,
        vocabularySize: model.vocabularySize,
        address: c.env?.address,
      },
    );
    const watch = await watchAnswer(c, constraint, 1);
    const generation = startGeneration((signal) => engine.generate(input, signal), {
      signals: [c.req.raw.signal, c.env?.stop],
      promptParam: "messages",
      patienceMs: request.stream ? STREAM_PATIENCE_MS : undefined,
    });
    // A stream says at its beginning how long the prompt is; how much of it was cached is known at its end.
    const promptTokens = request.stream ? countPrompt(engine, prompt) : 0;
    const { events, abort } = await generation;
    const open = openMessage(model, await promptTokens);
    const blocks = { omitsThoughts: omitsThoughts(request) };
    if (!request.stream) {
      const answer = await collectParts(events);
      watch?.check([toCollectedChoice(answer)]);
      return c.json({ ...open, ...toMessage(answer, blocks) } satisfies Message);
    }
    const writer = new MessageWriter(open, { ...blocks, extra: () => watch?.outcome });
    const write = (event: GenerateEvent): string => {
      watch?.add(event);
      return writer.write(event);
    };
    return sseResponse({ events, write }, {
      last: "",
      fail: (error) => sseEvent("error", toMessageError(error, requestId(c))),
      onCancel: abort,
    });
  };
}

function omitsThoughts({ thinking }: MessageRequest): boolean {
  return thinking !== null && thinking !== undefined && "display" in thinking && thinking.display === "omitted";
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
