// The state of one sequence as llama.cpp v0.4.0 writes it (`llama_kv_cache::state_write`), all numbers little endian: 4 bytes of magic and
// 4 of the sequence's id, then of each cache (two where some layers have a sliding window) the number of its streams and of each stream its
// cells. A unified cache has one stream, a split one has one for each sequence, of which those of the others are empty here.

const CACHES_AT = 8;
/** What a cell may have besides its position and sequences (`llama_kv_cell_ext`). */
const EXTENSION_BYTES = [0, 12];

/** Beyond these it is read in a way that it was not written in. */
const MOST_LAYERS = 4096;
const TYPES = { min: 0, max: 255 };
const ROWS = { min: 16, max: 2 ** 32 };

/** How a model's states are written, which they do not say themselves. */
interface Dialect {
  extension: number;
  /** Whether there is V: where it is computed from K (MLA) there is none. */
  hasValues: boolean;
}

/** The cells of one cache, with their number in front. */
interface Cells {
  start: number;
  end: number;
}

/**
 * Rewrites the state of a sequence for a cache of another layout: llama.cpp refuses states of another number of streams.
 *
 * @param streams 1 for a unified cache, else the number of sequences.
 * @returns The state itself where it fits already, undefined where it is none of an attention cache.
 */
export function withStreams(state: Uint8Array<ArrayBuffer>, streams: number): Uint8Array<ArrayBuffer> | undefined {
  const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
  if (state.length < CACHES_AT + 4) return undefined;
  if (view.getUint32(CACHES_AT, true) === streams) return state;
  for (const extension of EXTENSION_BYTES) {
    for (const hasValues of [true, false]) {
      const caches = readCaches(view, { extension, hasValues });
      if (caches !== undefined) return rewrite(state, caches, streams);
    }
  }
  return undefined;
}

function rewrite(state: Uint8Array<ArrayBuffer>, caches: Cells[], streams: number): Uint8Array<ArrayBuffer> {
  const length = caches.reduce((sum, { start, end }) => sum + end - start + streams * 4, CACHES_AT);
  const rewritten = new Uint8Array(length);
  rewritten.set(state.subarray(0, CACHES_AT));
  const view = new DataView(rewritten.buffer);
  let at = CACHES_AT;
  for (const { start, end } of caches) {
    view.setUint32(at, streams, true);
    // The stream that they are read into is the one of the sequence, whichever they are written under.
    rewritten.set(state.subarray(start, end), at + 4);
    at += 4 + end - start + (streams - 1) * 4;
  }
  return rewritten;
}

/** Undefined unless the caches, read so, end where the state does. */
function readCaches(view: DataView, dialect: Dialect): Cells[] | undefined {
  const caches: Cells[] = [];
  try {
    for (let at = CACHES_AT; at < view.byteLength;) {
      const cells = readCells(view, at, dialect);
      if (cells === undefined) return undefined;
      caches.push(cells);
      at = cells.end + cells.emptyBehind * 4;
      if (at > view.byteLength) return undefined;
    }
    return caches;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // Read so, it would go on behind its end, or be nonsense.
    throw error;
  }
}

function readCells(view: DataView, at: number, dialect: Dialect): (Cells & { emptyBehind: number }) | undefined {
  const streams = view.getUint32(at, true);
  const first = at + 4;
  if (streams === 0 || streams > 256) return undefined;
  for (let stream = 0; stream < streams; stream++) {
    const start = first + stream * 4;
    const count = view.getUint32(start, true);
    if (count > 0) {
      return { start, end: endOfCells(view, start + 4, count, dialect), emptyBehind: streams - 1 - stream };
    }
  }
  // No cells at all: their number is still there.
  return { start: first, end: first + 4, emptyBehind: streams - 1 };
}

function endOfCells(view: DataView, start: number, count: number, { extension, hasValues }: Dialect): number {
  // Position, number of sequences (one), extension, sequence.
  let at = start + count * (12 + extension);
  const transposed = expect(view.getUint32(at, true), { min: 0, max: 1 }) === 1;
  const layers = expect(view.getUint32(at + 4, true), { min: 1, max: MOST_LAYERS });
  at += 8;
  for (let layer = 0; layer < layers; layer++) at = endOfRows(view, at, count);
  if (!hasValues) return at;
  for (let layer = 0; layer < layers; layer++) {
    at = transposed ? endOfColumns(view, at, count) : endOfRows(view, at, count);
  }
  return at;
}

/** Type, bytes of a row, a row for each cell. */
function endOfRows(view: DataView, at: number, count: number): number {
  expect(view.getUint32(at, true), TYPES);
  return at + 12 + count * expect(Number(view.getBigUint64(at + 4, true)), ROWS);
}

/** Type, bytes of an element, elements of a row, a row for each of these. */
function endOfColumns(view: DataView, at: number, count: number): number {
  expect(view.getUint32(at, true), TYPES);
  const row = view.getUint32(at + 4, true) * view.getUint32(at + 8, true);
  return at + 12 + count * expect(row, ROWS);
}

function expect(value: number, { min, max }: { min: number; max: number }): number {
  if (value >= min && value <= max) return value;
  throw new RangeError(`Found ${value}, expected ${min} to ${max}`);
}
