import type { AdapterChoice } from "../lib/adapter_choice.ts";
import { availableMemory } from "../lib/available_memory.ts";
import { type Llamafile, openModelFile } from "../lib/container/mod.ts";
import { type Chat, DEFAULT_SAMPLING, type LoadOptions, readStateFile, WorkerEngine } from "../lib/engine/mod.ts";
import { EngineError } from "../lib/errors.ts";
import type { Gguf, ModelFacts } from "../lib/gguf/mod.ts";
import { levelOfGgml, logger } from "../lib/log.ts";
import { readModelHeader } from "../lib/model_header.ts";
import type { ServeOptions } from "../lib/options.ts";
import { loadOptionsOf } from "./load_options.ts";
import { provideAdapters } from "./provide_adapters.ts";
import { longRopeStart, provideStates } from "./provide_states.ts";
import { unpackLibraries } from "./unpack_libraries.ts";

/** What a system prompt is computed with. */
export interface WarmInput {
  systemPrompt: string;
  /** The model's file. */
  modelPath: string;
  lora: AdapterChoice[];
  /** What the packed file will be served with. */
  options: ServeOptions;
  /** The executable that carries native libraries for this machine. */
  executable: Llamafile;
  /** The engine worker's module. */
  workerUrl: URL;
  /** The file of KV states to write. */
  output: string;
  /** Aborting it ends the computation. */
  signal?: AbortSignal;
}

/** What chats may go on with: where their system prompt ends, its last tokens must not depend on what follows. */
const FIRST_WORDS = ["a", "B", "1", " a", "\n\na", "é", "“", "你"];
/** For the template around the prompt, and a token to be generated. */
const SPARE_TOKENS = 512;

/**
 * Computes the KV state of what all chats with a system prompt begin with, for any platform: llama.cpp writes the same bytes on all that it
 * has libraries for.
 *
 * @returns How many tokens it covers.
 * @throws {EngineError} What loading the model throws; `usage` when the chats have too little in common; `cancelled`.
 */
export async function makeWarmState(input: WarmInput): Promise<number> {
  const { systemPrompt, output, signal, workerUrl } = input;
  const load = loadOptionsFor(input);
  const engine = new WorkerEngine({
    workerUrl,
    modelId: "warm",
    sampling: { ...DEFAULT_SAMPLING, temperature: 0 },
    queue: 0,
    speculation: false,
    keep: 0,
    log: (level, text) => logger("llama")[levelOfGgml(level)]("{text}", { text }),
  });
  let tokens = 0;
  try {
    engine.load(load);
    await engine.ready();
    const chats = FIRST_WORDS.map((content): Chat => ({
      messages: [{ role: "system", content: systemPrompt }, { role: "user", content }],
    }));
    // Its one token is of no interest: what was computed on the way to it is.
    for await (
      const event of engine.generate({ prompt: { kind: "beginning", chats }, sampling: {}, maxTokens: 1 }, signal)
    ) {
      if (event.type === "done") tokens = event.usage.promptTokens;
    }
  } finally {
    // It writes the file.
    await engine.close();
  }
  checkState(load, { output, tokens });
  return tokens;
}

/** A context that just holds the prompt. The key of its states is that of the packed file's. */
function loadOptionsFor({ systemPrompt, modelPath, lora, options, executable, output }: WarmInput): LoadOptions {
  using model = openModelFile(modelPath, { requireAligned: false });
  const header = readModelHeader(model);
  const { gguf, facts } = header;
  const given = [...lora.map(({ path, scale }) => `${path}:${scale}`), ...options.lora];
  // What is meant for the machine that will serve is left out here.
  const here = { threads: -1, threadsBatch: -1, cpuVariant: undefined, mlock: false, modelDraft: undefined };
  const ctxSize = contextFor(systemPrompt, { options, facts, gguf });
  const load = loadOptionsOf(
    { ...options, ...here, parallel: 1, kvUnified: true, noKvUnified: true, ctxSize },
    {
      model: { path: modelPath, offset: model.offset, name: modelPath },
      lora: provideAdapters(given, { model, header: gguf }),
      facts,
      provided: unpackLibraries(executable),
      available: availableMemory(),
    },
  );
  return provideStates({ ...load, cacheBytes: Infinity, promptCache: output }, { model, header, executable });
}

function contextFor(
  text: string,
  { options, facts, gguf }: { options: ServeOptions; facts: ModelFacts; gguf: Gguf },
): number {
  // No tokenizer makes more tokens than there are bytes.
  const enough = new TextEncoder().encode(text).length + SPARE_TOKENS;
  const trained = facts.contextLength ?? enough;
  const longFrom = longRopeStart(gguf);
  const needed = Math.min(enough, options.ctxSize || trained);
  // On the same side of where RoPE changes as the context that will be served.
  return longFrom !== undefined && (options.ctxSize || trained) > longFrom ? Math.max(needed, longFrom + 1) : needed;
}

/** Whether the engine has kept exactly that prompt: what went wrong there was only logged. */
function checkState({ stateKey = "" }: LoadOptions, { output, tokens }: { output: string; tokens: number }): void {
  if (tokens < 16) {
    const message =
      `Cannot pack a warm system prompt: only the first ${tokens} tokens of a chat do not depend on what ` +
      "the user says; is the file empty, or does the model's template leave system prompts out?";
    throw new EngineError("usage", message);
  }
  const source = { path: output, offset: 0, size: Deno.statSync(output).size };
  const states = readStateFile(source, stateKey, { limit: Infinity, contextLength: Infinity });
  if (states.length === 1 && states[0]?.tokens.length === tokens) return;
  throw new EngineError("internal", `The KV state of ${tokens} tokens was not kept`);
}
