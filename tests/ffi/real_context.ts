import { Batch, Context, type ContextOptions, type Model } from "../../ffi/mod.ts";

/** A small context of the default model. One thread, for ggml's spin where other work takes its cores. */
export const SMALL: ContextOptions = {
  contextLength: 512,
  batchSize: 64,
  ubatchSize: 64,
  sequences: 2,
  threads: 1,
  batchThreads: 1,
  unified: true,
};

/** A text of which the model knows how it goes on. */
export const TEXT = "The quick brown fox jumps over the lazy";

/** A context to compute texts with. */
export class RealContext implements Disposable {
  readonly context: Context;
  readonly model: Model;
  readonly #batch: Batch;

  constructor(model: Model, options: Partial<ContextOptions> = {}) {
    this.model = model;
    this.context = new Context(model, { ...SMALL, ...options });
    this.#batch = new Batch(Math.max(64, options.batchSize ?? 0));
  }

  /** The tokens of a text. */
  tokens(text: string): number[] {
    return [...this.model.vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false })];
  }

  /**
   * Computes tokens of one sequence in one decode.
   *
   * @returns The index of the last one, which has an output, or all have.
   */
  decode(tokens: readonly number[], at: { sequence?: number; position?: number; all?: boolean } = {}): number {
    const { sequence = 0, position = 0, all = false } = at;
    this.#batch.clear();
    for (const [i, token] of tokens.entries()) {
      this.#batch.add(token, { sequence, position: position + i, output: all || i === tokens.length - 1 });
    }
    const result = this.context.decode(this.#batch);
    if (result !== "ok") throw new Error(`The decode ended with ${result}`);
    return tokens.length - 1;
  }

  /** Computes tokens, and copies the logits after the last one. */
  logitsAfter(tokens: readonly number[], at: { sequence?: number; position?: number } = {}): Float32Array {
    return this.context.logits(this.decode(tokens, at)).slice();
  }

  [Symbol.dispose](): void {
    this.context[Symbol.dispose]();
  }
}

/** The index of the largest number. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}

/** The largest difference between two rows of logits. */
export function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? NaN))), 0);
}
