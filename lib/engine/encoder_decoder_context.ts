import { Batch, type LoraAdapter, type Model } from "../../ffi/mod.ts";
import { KvContext } from "./kv_context.ts";
import type { LoadOptions } from "./protocol.ts";

/** Between the adapters and the tokens in a sequence's variant. */
const SEPARATOR = "|";

/** What the cells of an answer depend on: the adapters at work, and the prompt that the encoder reads. */
export function encoderVariant(adapters: string, prompt: ArrayLike<number>): string {
  return adapters + SEPARATOR + Array.from(prompt).join(",");
}

/**
 * The context of an encoder-decoder model (T5): the encoder reads the prompt, then the decoder answers from its start token on. llama.cpp
 * keeps what one prompt was encoded to, so one sequence runs at a time; which prompt that is, is told by the variant.
 */
export class EncoderDecoderContext extends KvContext {
  readonly #batch: Batch;
  #encoded: string | undefined;

  constructor(model: Model, options: LoadOptions["context"], adapters: readonly LoraAdapter[] = []) {
    super(model, { ...options, parallel: 1, layout: "unified" }, adapters);
    this.#batch = new Batch(this.ubatchSize);
  }

  /** What the decoder has said is of no use to another answer. */
  override get divisible(): boolean {
    return false;
  }

  override useVariant(variant: string): void {
    const at = variant.indexOf(SEPARATOR);
    super.useVariant(variant.slice(0, at));
    if (variant === this.#encoded) return;
    this.#encoded = undefined;
    this.#batch.clear();
    for (const [position, token] of variant.slice(at + 1).split(",").map(Number).entries()) {
      this.#batch.add(token, { sequence: 0, position, output: true });
    }
    this.encode(this.#batch);
    this.#encoded = variant;
  }
}
