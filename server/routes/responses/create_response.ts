import type { Handler } from "hono";
import type { GenerateInput } from "../../../lib/engine/mod.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { type Generation, startGeneration, STREAM_PATIENCE_MS } from "../../generation.ts";
import { parseBody } from "../../parse_body.ts";
import type { ResponseStore } from "../../response_store.ts";
import { type CreatedResponse, type ResponseObject, ResponseRequest } from "../../schemas/responses/mod.ts";
import { sseResponse } from "../../sse.ts";
import { collectAnswer } from "../collect_answer.ts";
import { type InputParts, toGenerateInput } from "../to_generate_input.ts";
import { toTimings } from "../to_usage.ts";
import { newId } from "../../new_id.ts";
import { readConversation } from "./read_conversation.ts";
import { closeResponse, openResponse, toMessage } from "./response_object.ts";
import { ResponseWriter, withBeginning } from "./response_writer.ts";

/** `POST /v1/responses`: the next message of a conversation, which may go on from an earlier response, whole or as a stream of events. */
export function createResponse(app: AppInput, store: ResponseStore): Handler<AppEnv> {
  const { options } = app;
  return async (c) => {
    const request = await parseBody(c, ResponseRequest);
    const conversation = readConversation(request, { store, systemPrompt: options.systemPrompt });
    if (conversation instanceof Response) return conversation;
    const { engine, model } = await chooseEngine(app, request.model);
    const input = toInput(request, {
      prompt: conversation.prompt,
      options,
      vocabularySize: model.vocabularySize,
      address: c.env?.address,
    });
    const open = openResponse(request, { model, sampling: input.sampling });
    const { events, abort } = await startGeneration((signal) => engine.generate(input, signal), {
      signals: [c.req.raw.signal, c.env?.stop],
      promptParam: "input",
      patienceMs: request.stream ? STREAM_PATIENCE_MS : undefined,
    });
    const keep = (response: ResponseObject): void => {
      if (response.store) store.put({ response, input: conversation.input });
    };
    if (request.stream) return streamResponse(new ResponseWriter(open, keep), { events, abort });
    const { choices, ...spent } = await collectAnswer(events, 1);
    const response = closeResponse(open, choices.map((said) => toMessage({ id: newId("msg_"), ...said })), spent);
    keep(response);
    return c.json({ ...response, timings: toTimings(spent) } satisfies CreatedResponse);
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

function streamResponse(writer: ResponseWriter, { events, abort }: Generation): Response {
  return sseResponse({ events: withBeginning(events), write: (event) => writer.write(event) }, {
    last: "",
    fail: (error) => writer.fail(error),
    onCancel: abort,
  });
}
