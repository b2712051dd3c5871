import type { Handler } from "hono";
import type { Engine, GenerateEvent, GenerateInput, ModelInfo } from "../../lib/engine/mod.ts";
import type { AppEnv, AppInput, AppOptions } from "../app_input.ts";
import { chooseEngine } from "../choose_engine.ts";
import { type Generate, startGeneration, STREAM_PATIENCE_MS } from "../generation.ts";
import { generateAll } from "../generate_all.ts";
import { parseBody } from "../parse_body.ts";
import { ReceiptWriter } from "../receipts/mod.ts";
import { type Completion, type CompletionChunk, type CompletionLogprobs, CompletionRequest } from "../schemas/mod.ts";
import { sseResponse } from "../sse.ts";
import { watchAnswer } from "../watch_answer.ts";
import { type AnswerHead, answerHead } from "./answer_head.ts";
import { type Beginning, type ChunkShape, ChunkWriter } from "./chunk_writer.ts";
import { collectAnswer, type CollectedAnswer, type CollectedChoice } from "./collect_answer.ts";
import { CompletionLogprobWriter, joinLogprobs } from "./completion_logprobs.ts";
import { toConstraint } from "./to_constraint.ts";
import { toGenerateInput } from "./to_generate_input.ts";
import { toPrompts } from "./to_prompts.ts";
import { toTimings, toUsage } from "./to_usage.ts";

/** `POST /v1/completions`: how one or several texts go on, whole or as a stream of their parts. */
export function createCompletion(app: AppInput): Handler<AppEnv> {
  const { options } = app;
  return async (c) => {
    const request = await parseBody(c, CompletionRequest);
    const { engine, model } = await chooseEngine(app, request.model);
    const head = answerHead("cmpl", { model, options });
    const constraint = await toConstraint(request);
    const inputs = toInputs(request, { options, model, grammar: constraint.grammar, address: c.env?.address });
    // One after another: all at once they would fill the queue.
    const echoes = request.echo ? await Array.fromAsync(inputs, (input) => echoOf(input, engine)) : [];
    const [only] = inputs;
    const receipt = request.receipt && only ? new ReceiptWriter(only, { app, engine, model, head }) : undefined;
    const generate: Generate = receipt ? (signal) => receipt.generate(signal) : generateAll(engine, inputs);
    const perPrompt = request.n ?? 1;
    const generated = request.best_of ?? perPrompt;
    const watch = await watchAnswer(c, constraint, inputs.length * perPrompt);
    const { events, abort } = await startGeneration(generate, {
      signals: [c.req.raw.signal, c.env?.stop],
      promptParam: "prompt",
      patienceMs: request.stream ? STREAM_PATIENCE_MS : undefined,
    });
    if (!request.stream) {
      const answer = await collectAnswer(events, inputs.length * generated);
      const choices = bestOfEach(answer.choices, { generated, kept: perPrompt });
      watch?.check(choices);
      return c.json({
        ...toCompletion({ ...answer, choices }, { head, request, echoes, perPrompt }),
        ...receipt?.fields,
      });
    }
    const shape = completionChunks(head, (choice) => echoes[Math.floor(choice / perPrompt)] ?? "");
    const includeUsage = request.stream_options?.include_usage ?? false;
    const writer = new ChunkWriter(shape, {
      choices: inputs.length * perPrompt,
      includeUsage,
      extra: (receipt ?? watch) && (() => ({ ...receipt?.fields, ...watch?.outcome })),
    });
    const write = (event: GenerateEvent): string => {
      watch?.add(event);
      return writer.write(event);
    };
    return sseResponse({ events, write }, { onCancel: abort });
  };
}

/** What the engine is to generate for each of the prompts. */
function toInputs(
  request: CompletionRequest,
  { options, model, grammar, address }: {
    options: AppOptions;
    model: ModelInfo;
    grammar: GenerateInput["grammar"];
    address: string | undefined;
  },
): GenerateInput[] {
  const { vocabularySize } = model;
  const choices = request.best_of ?? request.n;
  // Which answers are the best is told by the log-probabilities of their tokens.
  const ranked = (request.best_of ?? 1) > (request.n ?? 1);
  const logprobs = request.logprobs ?? (ranked ? 0 : undefined);
  const promptLogprobs = (request.echo ?? false) && typeof request.logprobs === "number";
  return toPrompts(request, vocabularySize).map((prompt) =>
    toGenerateInput({ ...request, n: choices }, {
      prompt,
      grammar,
      options,
      vocabularySize,
      logprobs,
      promptLogprobs,
      address,
    })
  );
}

/** Of the choices generated for each prompt, those with the highest mean log-probability, the best first. */
function bestOfEach(
  choices: CollectedChoice[],
  { generated, kept }: { generated: number; kept: number },
): CollectedChoice[] {
  if (generated === kept) return choices;
  return Array.from({ length: choices.length / generated }, (_, prompt) => prompt * generated).flatMap((start) =>
    choices.slice(start, start + generated).sort(byMeanLogprob).slice(0, kept)
  );
}

function byMeanLogprob(a: CollectedChoice, b: CollectedChoice): number {
  // Two that are both -Infinity differ by NaN.
  return meanLogprob(b) - meanLogprob(a) || 0;
}

function meanLogprob({ logprobs }: CollectedChoice): number {
  // An answer without a token is certain of nothing, and no answer at all.
  if (logprobs.length === 0) return -Infinity;
  return logprobs.reduce((sum, { logprob }) => sum + logprob, 0) / logprobs.length;
}

function toCompletion(
  answer: CollectedAnswer,
  { head, request, echoes, perPrompt }: {
    head: AnswerHead;
    request: CompletionRequest;
    /** By prompt what its choices begin with; nothing where it is empty. */
    echoes: string[];
    perPrompt: number;
  },
): Completion {
  const wanted = typeof request.logprobs === "number";
  return {
    ...head,
    object: "text_completion",
    choices: answer.choices.map((choice, index) => {
      const echo = echoes[Math.floor(index / perPrompt)] ?? "";
      return {
        text: echo + choice.text,
        index,
        logprobs: wanted ? toLogprobs(choice, echo) : null,
        finish_reason: choice.finishReason,
      };
    }),
    usage: toUsage(answer),
    timings: toTimings(answer),
  };
}

function toLogprobs({ prompt, logprobs }: CollectedChoice, echo: string): CompletionLogprobs {
  const writer = new CompletionLogprobWriter();
  return prompt === undefined
    ? writer.write(logprobs)
    : joinLogprobs(writer.echo(prompt, echo), writer.write(logprobs));
}

/** @param echo What a choice begins with. */
function completionChunks(head: AnswerHead, echo: (choice: number) => string): ChunkShape {
  type Choice = CompletionChunk["choices"][number];
  const writers: CompletionLogprobWriter[] = [];
  const chunk = (choices: Choice[]): CompletionChunk => ({ ...head, object: "text_completion", choices });
  const part = (index: number, text: string, logprobs: CompletionLogprobs | null): CompletionChunk =>
    chunk([{ text, index, logprobs, finish_reason: null }]);
  const writerOf = (index: number): CompletionLogprobWriter => writers[index] ??= new CompletionLogprobWriter();
  const open = (index: number, { prompt }: Beginning): CompletionChunk | undefined => {
    const text = echo(index);
    if (prompt !== undefined) return part(index, text, writerOf(index).echo(prompt, text));
    return text === "" ? undefined : part(index, text, null);
  };
  return {
    open,
    text: (index, text, logprobs) => part(index, text, logprobs === undefined ? null : writerOf(index).write(logprobs)),
    finish: (index, reason) => chunk([{ text: "", index, logprobs: null, finish_reason: reason }]),
    bare: () => chunk([]),
  };
}

/** The text of a prompt, as its answer repeats it. */
async function echoOf({ prompt }: GenerateInput, engine: Engine): Promise<string> {
  if (prompt.kind === "tokens") return await engine.detokenize(prompt.tokens);
  return prompt.kind === "text" ? prompt.text : prompt.kind === "infill" ? prompt.before : "";
}
