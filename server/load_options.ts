import type { AdapterChoice } from "../lib/adapter_choice.ts";
import type { AvailableMemory } from "../lib/available_memory.ts";
import type { LoadOptions } from "../lib/engine/mod.ts";
import { bytesPerElement, kvBytesPerToken, type ModelFacts } from "../lib/gguf/mod.ts";
import type { ProvidedLibraries } from "../lib/library_cache.ts";
import { fitContext } from "../lib/memory_fit.ts";
import type { ServeOptions } from "../lib/options.ts";
import { physicalCores } from "../lib/physical_cores.ts";
import type { ProvidedDraft } from "./provide_draft_model.ts";

/** What the options are held against. */
export interface LoadInput {
  /** `parts`: the files of a split model. */
  model: { path: string; offset: number; name: string; parts?: string[] };
  /** LoRA adapters, checked and where they can be opened. */
  lora: AdapterChoice[];
  /** The draft model, checked. */
  draft?: ProvidedDraft;
  facts: ModelFacts;
  provided: ProvidedLibraries;
  available: AvailableMemory;
}

/** The share of free memory that KV states of earlier prompts may take, and its limit in bytes. */
const CACHE_SHARE = 1 / 8;
const CACHE_LIMIT = 8 * 2 ** 30;
/** Sequences at once unless told, and the context below which there are fewer. */
const MOST_PARALLEL = 8;
const CONTEXT_EACH = 1024;

/**
 * Turns the options of `serve` into what the engine loads with.
 *
 * @throws {EngineError} `out_of_memory` when the model does not fit.
 */
export function loadOptionsOf(options: ServeOptions, input: LoadInput): LoadOptions {
  const { model, provided, available } = input;
  const { libraries, cpuVariant } = provided;
  return {
    libraries,
    model: {
      path: model.path,
      offset: model.offset,
      ...(model.parts === undefined ? {} : { splits: model.parts }),
      mmap: options.mmap,
      mlock: options.mlock,
      ...(options.gpuLayers === undefined ? {} : { gpuLayers: options.gpuLayers }),
    },
    lora: input.lora,
    ...(options.pooling === undefined ? {} : { pooling: options.pooling }),
    ...(input.draft === undefined ? {} : { draftModel: input.draft.model }),
    ...(options.memoryCheck ? { memory: memoryOf(options, input.facts) } : {}),
    context: contextOf(options, { ...input, name: model.name }),
    cacheBytes: cacheBytesOf(options.cacheRam, available.bytes),
    states: [],
    ...(options.promptCache === undefined ? {} : { promptCache: options.promptCache }),
    ...(options.slotSavePath === undefined ? {} : { slotFiles: true }),
    ...(options.numa === undefined ? {} : { numa: options.numa }),
    verbose: options.verbose,
    ...(cpuVariant === undefined ? {} : { cpuVariant }),
  };
}

function contextOf(
  options: ServeOptions,
  { facts, draft, available, name }: Pick<LoadInput, "facts" | "draft" | "available"> & { name: string },
): LoadOptions["context"] {
  const { batchSize, ctxSize } = options;
  const contextLength = options.memoryCheck
    ? fitContext({
      modelName: name,
      facts,
      ...(draft === undefined ? {} : { draft: draft.facts }),
      contextLength: ctxSize,
      kvTypeBytes: kvTypeBytesOf(options),
      ubatchSize: options.ubatchSize,
      available,
    })
    : ctxSize || facts.contextLength || CONTEXT_EACH;
  const threads = options.threads > 0 ? options.threads : physicalCores();
  return {
    contextLength,
    batchSize,
    ubatchSize: Math.min(options.ubatchSize, batchSize),
    // llama.cpp aborts where a batch or the context cannot hold one token of each sequence.
    parallel: Math.min(parallelOf(options, { contextLength, threads }), batchSize, options.ubatchSize, contextLength),
    threads,
    batchThreads: options.threadsBatch > 0 ? options.threadsBatch : threads,
    layout: layoutOf(options),
    shift: options.contextShift,
    keyType: options.cacheTypeK,
    valueType: options.cacheTypeV,
    fullSwa: options.swaFull,
    rope: ropeOf(options),
    poll: options.poll,
    ...(options.flashAttn === undefined ? {} : { flashAttention: options.flashAttn }),
  };
}

function memoryOf(options: ServeOptions, facts: ModelFacts): NonNullable<LoadOptions["memory"]> {
  const heads = [facts.heads ?? 0].flat();
  return { kvBytesPerToken: kvBytesPerToken(facts, kvTypeBytesOf(options)), heads: Math.max(...heads) };
}

/** Bytes of one element of K or V, on average. */
function kvTypeBytesOf({ cacheTypeK, cacheTypeV }: ServeOptions): number {
  return (bytesPerElement(cacheTypeK) + bytesPerElement(cacheTypeV)) / 2;
}

/** By cores, since each sequence computes more, and by the context, of which each must have a usable part. */
function parallelOf(
  { parallel }: ServeOptions,
  { contextLength, threads }: { contextLength: number; threads: number },
): number {
  if (parallel !== undefined) return parallel;
  const byCores = Math.min(MOST_PARALLEL, Math.max(4, threads * 2));
  return Math.max(1, Math.min(byCores, Math.floor(contextLength / CONTEXT_EACH)));
}

function layoutOf({ kvUnified, noKvUnified }: ServeOptions): LoadOptions["context"]["layout"] {
  if (!noKvUnified || kvUnified === false) return "split";
  return kvUnified ? "unified" : "auto";
}

function ropeOf(options: ServeOptions): NonNullable<LoadOptions["context"]["rope"]> {
  const frequencyScale = options.ropeScale > 0 ? 1 / options.ropeScale : options.ropeFreqScale;
  return {
    ...(options.ropeScaling === undefined ? {} : { scaling: options.ropeScaling }),
    ...(options.ropeFreqBase > 0 ? { frequencyBase: options.ropeFreqBase } : {}),
    ...(frequencyScale > 0 ? { frequencyScale } : {}),
    ...(options.yarnOrigCtx > 0 ? { yarnOriginalContext: options.yarnOrigCtx } : {}),
    ...(options.yarnExtFactor >= 0 ? { yarnExtFactor: options.yarnExtFactor } : {}),
    ...(options.yarnAttnFactor >= 0 ? { yarnAttnFactor: options.yarnAttnFactor } : {}),
    ...(options.yarnBetaSlow >= 0 ? { yarnBetaSlow: options.yarnBetaSlow } : {}),
    ...(options.yarnBetaFast >= 0 ? { yarnBetaFast: options.yarnBetaFast } : {}),
  };
}

function cacheBytesOf(mebibytes: number | undefined, available: number): number {
  if (mebibytes === undefined) return Math.min(CACHE_LIMIT, Math.floor(available * CACHE_SHARE));
  return mebibytes < 0 ? Infinity : mebibytes * 2 ** 20;
}
