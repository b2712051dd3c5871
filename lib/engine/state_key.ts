import { createHash } from "node:crypto";
import type { LoadOptions } from "./protocol.ts";

/** What the numbers of a KV state depend on besides its tokens. */
export interface StateKeyInput {
  /** Of the model's files and of its adapters' (`fingerprintModel`). */
  model: string[];
  lora: string[];
  /** The release of the libraries, e.g. `llama.cpp v0.4.0`. */
  engine: string;
  context: LoadOptions["context"];
  /** Of a model with other RoPE factors beyond some length of context: that length. */
  longRopeFrom?: number;
}

/**
 * What KV states are kept under: states of another key are of no use, those of the same key can be gone on from.
 *
 * The CPU variant, the number of threads and the GPU are left out on purpose. They change the last bits of the numbers, as the sizes of the
 * batches do in which a prompt is read: any of these states is one that the model could have come to. With them in the key a file would be
 * warm on the very kind of machine alone that packed it.
 */
export function stateKeyOf({ model, lora, engine, context, longRopeFrom }: StateKeyInput): string {
  const { keyType = "f16", valueType = "f16", fullSwa = false, flashAttention, rope = {} } = context;
  const facts = {
    model,
    lora,
    engine,
    keyType,
    valueType,
    fullSwa,
    // Without it V is stored transposed.
    flashAttention: flashAttention ?? "auto",
    rope: Object.entries(rope).sort(([a], [b]) => a < b ? -1 : 1),
    longRope: longRopeFrom !== undefined && sequenceLength(context) > longRopeFrom,
  };
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

/** What llama.cpp chooses RoPE factors by (`llama_model::get_rope_factors`). */
function sequenceLength({ contextLength, layout, parallel }: LoadOptions["context"]): number {
  return layout === "split" ? Math.ceil(contextLength / parallel / 256) * 256 : contextLength;
}
