import { Batch, Context, type Library, Model, type ModelOptions, NativeError } from "../../ffi/mod.ts";
import { commonPrefix } from "./common_prefix.ts";
import { likeliest } from "./likeliest.ts";
import type { Drafter } from "./scheduler.ts";
import type { Sequence } from "./sequence.ts";
import { Acceptance, type Guess, type Match } from "./speculation.ts";

/** How a {@linkcode DraftModel} is made. */
export interface DraftModelOptions {
  model: ModelOptions;
  /** Tokens of all sequences together. */
  contextLength: number;
  sequences: number;
  threads: number;
  ubatchSize: number;
}

/** One draft is never longer: each of its tokens is a decode of the draft model. */
const LONGEST = 16;
/** The share of guesses expected to come true before any was made, and each time that it is tried anew. */
const HOPE = 0.8;
/** Guesses of a model are all of one kind. */
const ANY: Match = { length: 0, resumed: false };
/** Asked so often without being used, it is tried anew: only use tells what it is worth. */
const PATIENCE = 64;

/** A small model with the vocabulary of the large one, which guesses what that will say (speculative decoding, arXiv:2211.17192). */
export class DraftModel implements Drafter, Disposable {
  readonly #model: Model;
  readonly #context: Context;
  readonly #batch: Batch;
  /** By slot: the tokens in the cells. */
  readonly #cells: number[][];
  readonly #acceptance = new Acceptance([HOPE]);
  #msPerToken = 1;
  #unused = 0;

  /**
   * @param target The model whose tokens are guessed.
   * @throws {NativeError} When it cannot be loaded, has another vocabulary, or is recurrent.
   */
  constructor(library: Library, target: Model, options: DraftModelOptions) {
    using owned = new DisposableStack();
    this.#model = owned.use(new Model(library, options.model));
    const [own, theirs] = [this.#model.vocabulary, target.vocabulary];
    if (own.size !== theirs.size || own.bos !== theirs.bos || own.eos !== theirs.eos) {
      throw new NativeError(
        `the draft model "${options.model.path}" has another vocabulary (${own.size} tokens, the model ${theirs.size}); ` +
          "choose one of the same family",
      );
    }
    // What was guessed wrong must be taken back.
    if (this.#model.isRecurrent || this.#model.isHybrid) {
      throw new NativeError(
        `the draft model "${options.model.path}" is recurrent: guesses cannot be taken back; choose a transformer of the same family`,
      );
    }
    const { sequences, threads, ubatchSize, contextLength } = options;
    this.#context = owned.use(
      new Context(this.#model, {
        contextLength,
        batchSize: ubatchSize,
        ubatchSize,
        sequences,
        threads,
        batchThreads: threads,
        // As much as the model itself holds, whichever sequences need it.
        unified: true,
      }),
    );
    this.#batch = new Batch(ubatchSize);
    this.#cells = Array.from({ length: sequences }, () => []);
    owned.move();
  }

  outlook({ draftLimit }: Sequence): Guess {
    const probability = this.#acceptance.probability(ANY);
    return {
      available: Math.min(LONGEST, draftLimit),
      probability: ++this.#unused > PATIENCE ? Math.max(probability, HOPE) : probability,
      msPerToken: this.#msPerToken,
    };
  }

  /** @throws {NativeError} When the draft model fails; the sequence's cells there are freed then. */
  guess(sequence: Sequence, limit: number): number[] {
    const { slot, tokens } = sequence;
    const cells = slot === undefined ? undefined : this.#cells[slot];
    if (slot === undefined || cells === undefined) return [];
    // The draft model may not hold as much as the large one.
    if (tokens.length + limit > this.#context.sequenceLength) return [];
    try {
      return this.#continue({ slot, cells, tokens, limit });
    } catch (error) {
      // What they hold is in doubt.
      cells.length = 0;
      this.#context.removeSequence(slot);
      throw error;
    }
  }

  #continue(
    { slot, cells, tokens, limit }: { slot: number; cells: number[]; tokens: readonly number[]; limit: number },
  ): number[] {
    this.#follow(slot, cells, tokens);
    this.#unused = 0;
    const guess: number[] = [];
    const before = performance.now();
    while (guess.length < limit) {
      const token = likeliest(this.#context.logits(this.#batch.size - 1));
      if (this.#model.vocabulary.isEndOfGeneration(token)) break;
      guess.push(token);
      if (guess.length < limit) this.#decode(slot, cells, [token]);
    }
    if (guess.length > 0) this.#msPerToken += ((performance.now() - before) / guess.length - this.#msPerToken) * 0.2;
    return guess;
  }

  judge(drafted: number, accepted: number): void {
    if (drafted > 0) this.#acceptance.record(ANY, { right: accepted, wrong: accepted < drafted });
  }

  /** Brings the cells to what the sequence has become. */
  #follow(slot: number, cells: number[], tokens: readonly number[]): void {
    const common = Math.min(commonPrefix(cells, tokens), tokens.length - 1);
    if (common < cells.length) {
      this.#context.removeSequence(slot, common);
      cells.length = common;
    }
    for (let at = common; at < tokens.length; at += this.#batch.capacity) {
      this.#decode(slot, cells, tokens.slice(at, at + this.#batch.capacity));
    }
  }

  #decode(slot: number, cells: number[], tokens: readonly number[]): void {
    this.#batch.clear();
    tokens.forEach((token, i) =>
      this.#batch.add(token, { sequence: slot, position: cells.length + i, output: i === tokens.length - 1 })
    );
    let result = this.#context.decode(this.#batch);
    // Whoever held the others' cells can have them computed again.
    if (result !== "ok" && this.#clearOthers(slot)) result = this.#context.decode(this.#batch);
    if (result !== "ok") throw new NativeError("The draft model's KV cache is full");
    cells.push(...tokens);
  }

  /** Frees the cells of all sequences but one, and says whether there were any. */
  #clearOthers(slot: number): boolean {
    const others = [...this.#cells.entries()].filter(([other, cells]) => other !== slot && cells.length > 0);
    for (const [other, cells] of others) {
      this.#context.removeSequence(other);
      cells.length = 0;
    }
    return others.length > 0;
  }

  [Symbol.dispose](): void {
    this.#model[Symbol.dispose]();
  }
}
