import type { ComputeSettings } from "./engine.ts";
import type { LoadOptions } from "./protocol.ts";

/** What is told of the options that a model was loaded with; `keep` is the engine's own. */
export function settingsOf({ context, model }: LoadOptions, keep: number): ComputeSettings {
  const { flashAttention, keyType = "f16", valueType = "f16", fullSwa = false, rope = {} } = context;
  return {
    contextLength: context.contextLength,
    batchSize: context.batchSize,
    ubatchSize: context.ubatchSize,
    parallel: context.parallel,
    threads: context.threads,
    batchThreads: context.batchThreads,
    layout: context.layout,
    shift: context.shift,
    keep,
    keyType,
    valueType,
    fullSwa,
    flashAttention: flashAttention === undefined ? "auto" : flashAttention ? "on" : "off",
    rope: { ...rope },
    ...(model.gpuLayers === undefined ? {} : { gpuLayers: model.gpuLayers }),
  };
}
