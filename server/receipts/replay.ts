import type { Engine, FinishReason, GenerateInput, ModelInfo, Prompt } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { StartProgress } from "../../lib/progress.ts";
import { expectText } from "../expect_text.ts";
import type { Receipt } from "../schemas/mod.ts";
import { startEngine } from "../start_engine.ts";
import type { ServingInput } from "../start_serving.ts";
import { compareFacts, type Comparison, promptToAsk } from "./compare_facts.ts";
import { compareTexts } from "./compare_texts.ts";
import { fixPrompt } from "./fix_prompt.ts";
import { type FileFacts, Provenance } from "./provenance.ts";
import { fromRecordedSampling } from "./receipt_sampling.ts";

/** What came of a replay. */
export interface ReplayResult {
  comparisons: Comparison[];
  /** Whether nothing differs that an answer is made of, and the answer is the same. */
  reproduced: boolean;
}

/** What a receipt is replayed with. */
export interface ReplayInput extends Omit<ServingInput, "port" | "portGiven" | "otherModels"> {
  startProgress: StartProgress;
}

/**
 * Computes the answer of a receipt again: alone, with nothing cached and nothing guessed, as it was computed the first time.
 *
 * @param input Loads the model; its options as the receipt has them, unless something else is to be tried.
 * @throws {EngineError} What loading the model throws.
 */
export async function replay(receipt: Receipt, input: ReplayInput): Promise<ReplayResult> {
  // Other states than this one's are of no use, and none is to be kept.
  const options = { ...input.options, promptCache: undefined, modelDraft: undefined, modelIdle: 0 };
  const { engine, load } = startEngine({ ...input, options, port: 0, portGiven: false });
  try {
    // First: what it throws at once must leave no hashing behind.
    const loading = load();
    const [model, files] = await Promise.all([loading, hashFiles(input)]);
    const comparisons = await compareAll(receipt, { engine, model, files });
    return { comparisons, reproduced: comparisons.every(({ verdict }) => verdict !== "differs") };
  } finally {
    await engine.close();
  }
}

/** A table, and what it comes to. */
export function formatReplay({ comparisons, reproduced }: ReplayResult): string {
  const width = Math.max(...comparisons.map(({ name }) => name.length));
  const label = { ok: "ok     ", other: "other  ", differs: "DIFFERS" };
  const lines = comparisons.map(({ name, verdict, detail }) => `${label[verdict]}  ${name.padEnd(width)}  ${detail}`);
  return [...lines, "", reproduced ? "Reproduced" : "Not reproduced"].join("\n");
}

async function hashFiles({ modelPath, executable, options, version, startProgress }: ReplayInput): Promise<FileFacts> {
  using progress = startProgress(`Hashing ${modelPath}`);
  const provenance = new Provenance({
    version,
    executable,
    models: new Map([["", modelPath]]),
    lora: options.lora,
    hashAll: true,
    onRead: (bytes) => progress.update(bytes),
  });
  return await provenance.of("");
}

async function compareAll(
  receipt: Receipt,
  { engine, model, files }: { engine: Engine; model: ModelInfo; files: FileFacts },
): Promise<Comparison[]> {
  const prompt = await fixPrompt(engine, receipt.request.prompt);
  const asked = promptToAsk(receipt, prompt, model);
  const facts = await compareFacts(receipt, { engine, model, files, prompt, asked });
  return [...facts, ...await compareAnswer(receipt, engine, asked)];
}

async function compareAnswer(receipt: Receipt, engine: Engine, prompt: Prompt): Promise<Comparison[]> {
  const { answer } = receipt;
  let found;
  try {
    found = await generate(engine, toInput(receipt, prompt));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [{ name: "text", verdict: "differs", detail: error.message }];
  }
  const difference = compareTexts(found.text, answer.text);
  const neighbours = receipt.engine.alone === false
    ? "; it was computed beside other requests, with which numbers are rounded otherwise"
    : "";
  const end = `${found.reason} after ${found.tokens} tokens`;
  const expected = `${answer.finish_reason} after ${answer.completion_tokens} tokens`;
  return [
    difference === undefined
      ? { name: "text", verdict: "ok", detail: `${Array.from(found.text).length} characters` }
      : { name: "text", verdict: "differs", detail: difference + neighbours },
    end === expected
      ? { name: "end", verdict: "ok", detail: end }
      : { name: "end", verdict: "differs", detail: `found ${end}, expected ${expected}` },
  ];
}

function toInput({ request, model }: Receipt, prompt: Prompt): GenerateInput {
  return {
    prompt,
    sampling: fromRecordedSampling(request.sampling),
    ...(request.max_tokens === null ? {} : { maxTokens: request.max_tokens }),
    stop: request.stop,
    stream: false,
    reproducible: true,
    keep: request.n_keep,
    ...(model.adapters.length === 0 ? {} : { lora: model.adapters.map(({ scale }, id) => ({ id, scale })) }),
  };
}

async function generate(
  engine: Engine,
  input: GenerateInput,
): Promise<{ text: string; reason: FinishReason; tokens: number }> {
  let text = "";
  for await (const given of engine.generate(input)) {
    const event = expectText(given);
    if (event.type === "text") text += event.text;
    else if (event.type === "finish") return { text, reason: event.finishReason, tokens: event.completionTokens };
  }
  throw new EngineError("internal", "An answer ended without its end");
}
