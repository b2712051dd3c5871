import type { Context } from "hono";
import type { ModelInfo, Prompt } from "../../../lib/engine/mod.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { startGeneration } from "../../generation.ts";
import type { OllamaRequest } from "../../schemas/ollama/mod.ts";
import { collectAnswer } from "../collect_answer.ts";
import { toGenerateInput } from "../to_generate_input.ts";
import { type Answer, AnswerWriter, type Carrier } from "./answer_writer.ts";
import { linesResponse } from "./lines_response.ts";
import { toListedName } from "./to_listed_name.ts";
import { toParameters } from "./to_parameters.ts";

/** How one of Ollama's generating routes is answered. */
export interface Asked {
  app: AppInput;
  request: OllamaRequest;
  /** What the route calls its prompt. */
  promptParam: string;
  /** What is asked of the model; undefined where it is only to be loaded. */
  toPrompt(model: ModelInfo): Prompt | undefined;
  carry(text: string): Carrier;
}

/**
 * Answers a request whole, or as a stream that begins with its first token: a stream of Ollama's has nothing to keep a connection with before,
 * and so a failure up to there still gets its status.
 */
export async function answerRequest(
  c: Context<AppEnv>,
  { app, request, promptParam, toPrompt, carry }: Asked,
): Promise<Response> {
  const started = performance.now();
  const { engine, model } = await chooseEngine(app, request.model);
  const head = { model: toListedName(model.id), created_at: new Date().toISOString() };
  const prompt = toPrompt(model);
  if (prompt === undefined) return c.json({ ...head, ...carry(""), done: true, done_reason: "load" } satisfies Answer);
  const input = toGenerateInput(toParameters(request), {
    prompt,
    options: app.options,
    vocabularySize: model.vocabularySize,
    logprobs: request.logprobs ? request.top_logprobs ?? 0 : undefined,
    address: c.env?.address,
  });
  const writer = new AnswerWriter({ head, carry, clock: { started, chosen: performance.now() } });
  const { events, abort } = await startGeneration((signal) => engine.generate(input, signal), {
    signals: [c.req.raw.signal, c.env?.stop],
    promptParam,
  });
  if (request.stream === false) return c.json(writer.whole(await collectAnswer(events, 1)));
  return linesResponse({
    events,
    write: (event) => writer.write(event),
    get last(): string {
      return writer.last;
    },
  }, abort);
}
