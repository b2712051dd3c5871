import type { Library, Model } from "../../ffi/mod.ts";
import type { KvContext } from "./kv_context.ts";
import type { LoadedModel } from "./protocol.ts";

/** What the host is told of a loaded model. */
export function describeLoaded(
  library: Library,
  { model, context, parallel }: {
    model: Model;
    context: Pick<KvContext, "sequenceLength" | "threads">;
    parallel: number;
  },
): LoadedModel {
  const { vocabulary, chatTemplate } = model;
  const { cpuVariant } = library;
  const text = (token: number | undefined): string =>
    token === undefined ? "" : new TextDecoder().decode(vocabulary.piece(token, true));
  return {
    description: describe(model),
    sizeBytes: model.sizeBytes,
    parameters: model.parameters,
    contextLength: context.sequenceLength,
    trainContextLength: model.trainContextLength,
    vocabularySize: vocabulary.size,
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
    bosText: text(vocabulary.bos),
    eosText: text(vocabulary.eos),
    infills: [vocabulary.fimPrefix, vocabulary.fimSuffix, vocabulary.fimMiddle].every((token) => token !== undefined),
    parallel,
    addsBos: vocabulary.addsBos,
    addsEos: vocabulary.addsEos,
    threads: context.threads,
    cpuVariant,
    backend: library.deviceNames().map((name) => name === "CPU" ? `CPU (${cpuVariant})` : name).join(", "),
  };
}

/** In the form of llama_model_desc, which names sizes by the number of layers and errs. */
function describe(model: Model): string {
  const architecture = model.metadataValue("general.architecture") ?? "unknown";
  const millions = model.parameters / 1e6;
  const size = millions < 1000 ? `${Math.round(millions)}M` : `${(millions / 1000).toFixed(1)}B`;
  return `${architecture} ${size} ${model.quantization}`;
}
