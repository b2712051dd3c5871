import type { Handler } from "hono";
import type { GenerateInput } from "../../../lib/engine/mod.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { type Generation, startGeneration, STREAM_PATIENCE_MS } from "../../generation.ts";
import { parseBody } from "../../parse_body.ts";
import type { ResponseStore } from "../../response_store.ts";
import { type CreatedResponse, type ResponseObject, ResponseRequest } from "../../schemas/responses/mod.ts";
import { sseResponse } from "../../sse.ts";
import { type AnswerWatch, watchAnswer } from "../../watch_answer.ts";
import { collectParts, toCollectedChoice } from "../answer_parts.ts";
import { type InputParts, toGenerateInput } from "../to_generate_input.ts";
import { toTimings } from "../to_usage.ts";
import { readConversation } from "./read_conversation.ts";
import { closeResponse, openResponse, toOutput } from "./response_object.ts";
import { ResponseWriter, type StreamedEvent, withBeginning } from "./response_writer.ts";
import { toResponseInput } from "./to_response_input.ts";

/** `POST /v1/responses`: the next message of a conversation, which may go on from an earlier response, whole or as a stream of events. */
export function createResponse(app: AppInput, store: ResponseStore): Handler<AppEnv> {
  const { options } = app;
  return async (c) => {
    const request = await parseBody(c, ResponseRequest);
    const conversation = readConversation(request, store);
    if (conversation instanceof Response) return conversation;
    const { engine, model } = await chooseEngine(app, request.model);
    const { prompt, constraint } = await toResponseInput(conversation.messages, {
      request,
      systemPrompt: options.systemPrompt,
    });
    const input = toInput(request, {
      prompt,
      grammar: constraint.grammar,
      options,
      vocabularySize: model.vocabularySize,
      address: c.env?.address,
    });
    const watch = await watchAnswer(c, constraint, 1);
    const open = openResponse(request, { model, sampling: input.sampling });
    const { events, abort } = await startGeneration((signal) => engine.generate(input, signal), {
      signals: [c.req.raw.signal, c.env?.stop],
      promptParam: "input",
      patienceMs: request.stream ? STREAM_PATIENCE_MS : undefined,
    });
    const keep = (response: ResponseObject): void => {
      if (response.store) store.put({ response, input: conversation.input });
    };
    if (request.stream) {
      const writer = new ResponseWriter(open, { onComplete: keep, extra: () => watch?.outcome });
      return streamResponse({ writer, watch }, { events, abort });
    }
    const answer = await collectParts(events);
    watch?.check([toCollectedChoice(answer)]);
    const response = closeResponse(open, toOutput(answer), answer);
    keep(response);
    return c.json({ ...response, timings: toTimings(answer) } satisfies CreatedResponse);
  };
}

function toInput(request: ResponseRequest, parts: InputParts): GenerateInput {
  const { top_logprobs, include, max_output_tokens, safety_identifier } = request;
  const wantsLogprobs = include?.includes("message.output_text.logprobs") || (top_logprobs ?? 0) > 0;
  const shared = {
    ...request,
    max_completion_tokens: max_output_tokens ?? request.max_completion_tokens,
    user: request.user ?? safety_identifier,
  };
  return toGenerateInput(shared, { ...parts, logprobs: wantsLogprobs ? top_logprobs ?? 0 : undefined });
}

function streamResponse(
  { writer, watch }: { writer: ResponseWriter; watch: AnswerWatch | undefined },
  { events, abort }: Generation,
): Response {
  const write = (event: StreamedEvent): string => {
    if (event.type !== "begin") watch?.add(event);
    return writer.write(event);
  };
  return sseResponse({ events: withBeginning(events), write }, {
    last: "",
    fail: (error) => writer.fail(error),
    onCancel: abort,
  });
}
