import { Sequence, type SequenceOptions } from "../../../lib/engine/sequence.ts";
import { FAKE_VOCABULARY } from "./fake_model.ts";

/** A sequence of the fake model's vocabulary, for tests that sample themselves. */
export function makeSequence(options: Partial<SequenceOptions> = {}): Sequence {
  return new Sequence({
    id: 1,
    prompt: [1, 2],
    sampler: { sample: () => -1, [Symbol.dispose]: (): void => {} },
    vocabulary: FAKE_VOCABULARY,
    stop: [],
    maxTokens: 100,
    limit: 1000,
    ...options,
  });
}
