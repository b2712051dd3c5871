import type { Context } from "hono";
import type { GenerateEvent, ModelInfo } from "../../../lib/engine/mod.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { startGeneration } from "../../generation.ts";
import type { OllamaRequest } from "../../schemas/ollama/mod.ts";
import { watchAnswer } from "../../watch_answer.ts";
import { collectParts, toCollectedChoice } from "../answer_parts.ts";
import { toGenerateInput } from "../to_generate_input.ts";
import { type Answer, AnswerWriter, type Carrier } from "./answer_writer.ts";
import { linesResponse } from "./lines_response.ts";
import { NOTHING, type Said } from "./said.ts";
import type { OllamaInput } from "./to_ollama_input.ts";
import { toListedName } from "./to_listed_name.ts";
import { toParameters } from "./to_parameters.ts";

/** How one of Ollama's generating routes is answered. */
export interface Asked {
  app: AppInput;
  request: OllamaRequest;
  /** What the route calls its prompt. */
  promptParam: string;
  /** What is asked of the model; undefined where it is only to be loaded. */
  toInput(model: ModelInfo): Promise<OllamaInput | undefined>;
  carry(said: Said): Carrier;
}

/**
 * Answers a request whole, or as a stream that begins with its first token: a stream of Ollama's has nothing to keep a connection with before,
 * and so a failure up to there still gets its status.
 */
export async function answerRequest(
  c: Context<AppEnv>,
  { app, request, promptParam, toInput, carry }: Asked,
): Promise<Response> {
  const started = performance.now();
  const { engine, model } = await chooseEngine(app, request.model);
  const chosen = performance.now();
  const head = { model: toListedName(model.id), created_at: new Date().toISOString() };
  const asked = await toInput(model);
  if (asked === undefined) {
    return c.json({ ...head, ...carry(NOTHING), done: true, done_reason: "load" } satisfies Answer);
  }
  const { prompt, constraint } = asked;
  const input = toGenerateInput(toParameters(request), {
    prompt,
    grammar: constraint.grammar,
    options: app.options,
    vocabularySize: model.vocabularySize,
    logprobs: request.logprobs ? request.top_logprobs ?? 0 : undefined,
    address: c.env?.address,
  });
  const watch = await watchAnswer(c, constraint, 1);
  const writer = new AnswerWriter({
    head,
    carry,
    clock: { started, chosen },
    extra: () => watch?.outcome,
  });
  const { events, abort } = await startGeneration((signal) => engine.generate(input, signal), {
    signals: [c.req.raw.signal, c.env?.stop],
    promptParam,
  });
  if (request.stream === false) {
    const answer = await collectParts(events);
    watch?.check([toCollectedChoice(answer)]);
    return c.json(writer.whole(answer));
  }
  return linesResponse({
    events,
    write: (event: GenerateEvent) => {
      watch?.add(event);
      return writer.write(event);
    },
    get last(): string {
      return writer.last;
    },
  }, abort);
}
