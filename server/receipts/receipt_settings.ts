import type { ComputeSettings } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { checkOptions, type GivenOption } from "../../lib/option_line.ts";
import type { Receipt } from "../schemas/mod.ts";

type Recorded = Receipt["engine"]["settings"];

/** How a model was loaded, as a receipt has it. */
export function toRecordedSettings(settings: ComputeSettings): Recorded {
  return {
    ctx_size: settings.contextLength,
    batch_size: settings.batchSize,
    ubatch_size: settings.ubatchSize,
    parallel: settings.parallel,
    threads: settings.threads,
    threads_batch: settings.batchThreads,
    kv_layout: settings.layout,
    context_shift: settings.shift,
    cache_type_k: settings.keyType,
    cache_type_v: settings.valueType,
    swa_full: settings.fullSwa,
    flash_attn: settings.flashAttention,
    gpu_layers: settings.gpuLayers ?? null,
    rope: settings.rope,
  };
}

/**
 * The options of `serve` that load a model as a receipt says.
 *
 * @throws {EngineError} `bad_file` for one that is out of its range.
 */
export function optionsOfReceipt({ engine }: Pick<Receipt, "engine">): GivenOption[] {
  const options = toOptions(engine);
  try {
    checkOptions(options);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("bad_file", `The receipt was made with no valid settings: ${error.message}`, {
      cause: error,
    });
  }
  return options;
}

function toOptions(engine: Receipt["engine"]): GivenOption[] {
  const { settings, cpu_variant: cpuVariant } = engine;
  const numbers: Record<string, number> = {
    ctxSize: settings.ctx_size,
    batchSize: settings.batch_size,
    ubatchSize: settings.ubatch_size,
    parallel: settings.parallel,
    threads: settings.threads,
    threadsBatch: settings.threads_batch,
    ...(settings.gpu_layers === null ? {} : { gpuLayers: settings.gpu_layers }),
    ...ropeOptions(settings.rope),
  };
  return [
    ...Object.entries(numbers).map(([name, value]): GivenOption => [name, String(value)]),
    ["kvUnified", LAYOUTS[settings.kv_layout]],
    ["noKvUnified", true],
    ["contextShift", settings.context_shift],
    ["cacheTypeK", settings.cache_type_k],
    ["cacheTypeV", settings.cache_type_v],
    ["swaFull", settings.swa_full],
    ["flashAttn", settings.flash_attn],
    ...(settings.rope.scaling === undefined ? [] : [["ropeScaling", settings.rope.scaling] satisfies GivenOption]),
    ["cpuVariant", cpuVariant],
  ];
}

const LAYOUTS = { auto: "auto", unified: "on", split: "off" } as const;

/** All of them, so that none of another receipt or of the file's own options is left; -1 and 0 stand for the model's own. */
function ropeOptions(rope: Recorded["rope"]): Record<string, number> {
  return {
    ropeFreqBase: rope.frequencyBase ?? 0,
    ropeScale: 0,
    ropeFreqScale: rope.frequencyScale ?? 0,
    yarnOrigCtx: rope.yarnOriginalContext ?? 0,
    yarnExtFactor: rope.yarnExtFactor ?? -1,
    yarnAttnFactor: rope.yarnAttnFactor ?? -1,
    yarnBetaSlow: rope.yarnBetaSlow ?? -1,
    yarnBetaFast: rope.yarnBetaFast ?? -1,
  };
}
