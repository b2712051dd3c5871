import fc from "fast-check";

/** One cache of a made state. */
export interface MadeCache {
  /** At the last so many of the tokens. */
  cells: number;
  keyRows: number[];
  /** None where there is no V. */
  valueRows: number[];
}

/** What a made state has; the format is that of `llama_kv_cache::state_write`. */
export interface MadeState {
  tokens: Int32Array<ArrayBuffer>;
  caches: MadeCache[];
  extension: number;
  transposed: boolean;
}

/** Any state of up to two caches, for 2 to 5 tokens. Each cache has `fewest` cells or more: one alone may be readable in two ways. */
export function anyState({ fewest = 0 } = {}): fc.Arbitrary<MadeState> {
  return fc.tuple(fc.boolean(), fc.integer({ min: 2, max: 5 })).chain(([withValues, length]) =>
    fc.record({
      tokens: fc.int32Array({ min: 0, minLength: length, maxLength: length }).map((tokens) => Int32Array.from(tokens)),
      caches: fc.array(anyCache(withValues, { fewest, most: length }), { minLength: 1, maxLength: 2 }),
      extension: fc.constantFrom(0, 12),
      transposed: fc.boolean(),
    })
  );
}

function anyCache(withValues: boolean, { fewest, most }: { fewest: number; most: number }): fc.Arbitrary<MadeCache> {
  const size = fc.integer({ min: 16, max: 40 });
  return fc.record({
    cells: fc.integer({ min: fewest, max: most }),
    rows: fc.array(fc.tuple(size, size), { minLength: 1, maxLength: 3 }),
  }).map(({ cells, rows }) => ({
    cells,
    keyRows: rows.map(([key]) => key),
    valueRows: withValues ? rows.map(([, value]) => value) : [],
  }));
}

/** The plainest state of tokens. */
export function plainState(tokens: Int32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const caches = [{ cells: tokens.length, keyRows: [16], valueRows: [16] }];
  return makeState({ tokens, caches, extension: 0, transposed: false });
}

/** A state as a cache of so many streams writes it for one of its sequences; of one unless told otherwise. */
export function makeState(
  { tokens, caches, extension, transposed }: MadeState,
  { streams = 1, stream = 0 } = {},
): Uint8Array<ArrayBuffer> {
  const state = new StateWriter();
  state.numbers(0xaf143cd8, 0);
  for (const { cells, keyRows, valueRows } of caches) {
    state.numbers(streams);
    for (let each = 0; each < streams; each++) {
      state.numbers(each === stream ? cells : 0);
      if (each !== stream || cells === 0) continue;
      for (let position = tokens.length - cells; position < tokens.length; position++) {
        state.numbers(position, 1, ...(extension > 0 ? [position, position, tokens[position] ?? 0] : []), 0);
      }
      state.numbers(transposed ? 1 : 0, keyRows.length);
      for (const row of keyRows) state.numbers(1, row, 0).data(cells * row);
      for (const row of valueRows) {
        state.numbers(1, ...(transposed ? [2, row] : [row, 0])).data(cells * row * (transposed ? 2 : 1));
      }
    }
  }
  return state.bytes;
}

class StateWriter {
  readonly #bytes: number[] = [];
  #filling = 0;

  get bytes(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }

  numbers(...values: number[]): this {
    for (const value of values) this.#bytes.push(...[0, 8, 16, 24].map((shift) => (value >>> shift) & 255));
    return this;
  }

  data(count: number): this {
    for (let i = 0; i < count; i++) this.#bytes.push(this.#filling++ * 37 & 255);
    return this;
  }
}
