import type { AvailableMemory } from "./available_memory.ts";
import { EngineError } from "./errors.ts";
import { kvBytesPerToken, type ModelFacts } from "./gguf/mod.ts";

/** What is asked of memory. */
export interface MemoryRequest {
  /** For messages. */
  modelName: string;
  facts: ModelFacts;
  /** Tokens of context wanted; 0 for as many as the model was trained for, or fewer where memory is short. */
  contextLength: number;
  /** A draft model, which holds as many tokens beside it. */
  draft?: ModelFacts;
  /** Bytes of one element of K or V, on average; 2 unless set. */
  kvTypeBytes?: number;
  /** The most tokens computed at once. */
  ubatchSize: number;
  available: AvailableMemory;
}

/** Context of a model that does not say what it was trained for. */
const UNKNOWN_TRAINING = 4096;
/** A shorter context than this is of no use to a conversation. */
const LEAST_CONTEXT = 512;
const CONTEXT_STEP = 256;
const DEFAULT_SHARE = 0.5;
/** What the program itself takes, and a reserve for the machine. */
const OVERHEAD_BYTES = 192e6;

/**
 * Decides how many tokens of context there will be, before anything is loaded.
 *
 * @returns Tokens: the request itself, or for 0 what the model was trained for, cut to what memory allows (a multiple of 256, at least 512).
 * @throws {EngineError} `out_of_memory` with the numbers, when weights and context do not fit.
 */
export function fitContext(request: MemoryRequest): number {
  const { modelName, facts, draft, contextLength, ubatchSize, available } = request;
  const perToken = kvBytesPerToken(facts, request.kvTypeBytes) + (draft === undefined ? 0 : kvBytesPerToken(draft));
  const weights = facts.sizeBytes + (draft?.sizeBytes ?? 0);
  const compute = computeBytes(facts, ubatchSize) + (draft === undefined ? 0 : computeBytes(draft, ubatchSize));
  const fixed = weights + compute + OVERHEAD_BYTES;
  const wanted = contextLength || facts.contextLength || UNKNOWN_TRAINING;
  // Nobody asked for a default by its size, so it leaves half of what remains to others.
  const budget = (available.bytes - fixed) * (contextLength === 0 ? DEFAULT_SHARE : 1);
  if (budget >= 0 && wanted * perToken <= budget) return wanted;
  const fitting = perToken === 0 ? 0 : Math.floor(budget / perToken / CONTEXT_STEP) * CONTEXT_STEP;
  if (contextLength === 0 && fitting >= LEAST_CONTEXT) return fitting;
  const needs = `its weights take ${gigabytes(weights)}, ${wanted} tokens of context ${gigabytes(wanted * perToken)} ` +
    `and computing ${gigabytes(compute + OVERHEAD_BYTES)}`;
  const advice = fitting >= LEAST_CONTEXT
    ? `--ctx-size ${fitting} would fit`
    : "choose a smaller model or quantization";
  throw new EngineError(
    "out_of_memory",
    `Model "${modelName}" does not fit memory: ${needs}, but ${gigabytes(available.bytes)} are available ` +
      `(${available.limitedBy}); ${advice}, or try anyway with --no-memory-check`,
  );
}

/** Of one ubatch: activations, of which llama.cpp keeps a few tensors alive at a time, and the logits, for which it reserves all rows. */
function computeBytes({ embeddingLength = 4096, vocabularySize = 0 }: ModelFacts, ubatchSize: number): number {
  return ubatchSize * Float32Array.BYTES_PER_ELEMENT * (embeddingLength * 12 + vocabularySize);
}

function gigabytes(bytes: number): string {
  return `${(Math.max(0, bytes) / 1e9).toFixed(2)} GB`;
}
