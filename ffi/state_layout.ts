// The state of one sequence as llama.cpp v0.4.0 writes it (`llama_kv_cache::state_write`), all numbers little endian: 4 bytes of magic and
// 4 of the sequence's id, then of each cache (two where some layers have a sliding window) the number of its streams and of each stream its
// cells. A unified cache has one stream, a split one has one for each sequence, of which those of the others are empty here. Two things it
// does not say itself: how long what a cell may have besides is, which is tried, and whether there is V (where it is computed from K, as in
// MLA, there is none), which is taken to be there where it can be read. A recurrent state (`llama_memory_recurrent::state_write`), of one
// cell and no streams, stands alone or behind the caches.

/** With which the state of a sequence begins. */
export const STATE_MAGIC = 0xaf143cd8;
/** Where the caches of a state begin. */
export const CACHES_AT = 8;
/** What a cell may have besides its position and sequence: nothing, or its place in an image and its token (`llama_kv_cell_ext`). */
export const EXTENSION_BYTES = [0, 12];

/** Of a recurrent state: its cells, position, number of sequences, layout, layers. */
const RECURRENT_HEAD_BYTES = 20;
/** Beyond these it is read in a way that it was not written in. */
const MOST_LAYERS = 4096;
const MOST_STREAMS = 256;
const TYPES = { min: 0, max: 255 };
const ROWS = { min: 16, max: 2 ** 32 };

/** The cells of one cache. */
export interface Cells {
  /** Of the cache: llama.cpp reads as many as it has itself. */
  streams: number;
  count: number;
  /** Where their number is, which comes in front of them. */
  start: number;
  end: number;
  /** Streams behind this one, without cells; of each there is their number. */
  emptyBehind: number;
}

/** Bytes of a cell: its position, the number of its sequences (one), the extension, the sequence. */
export function cellBytes(extension: number): number {
  return 12 + extension;
}

/** Reads the cells of the cache at `at`; undefined when they are nonsense, read so, or go on behind the state's end. */
export function readCells(view: DataView, at: number, extension: number): Cells | undefined {
  return orUndefined(() => {
    const streams = expect(view.getUint32(at, true), { min: 1, max: MOST_STREAMS });
    for (let stream = 0; stream < streams; stream++) {
      const start = at + 4 + stream * 4;
      const count = view.getUint32(start, true);
      if (count === 0) continue;
      const end = endOfCells(view, start + 4, { count, extension });
      return { streams, count, start, end, emptyBehind: streams - 1 - stream };
    }
    // No cells at all: their number is still there.
    return { streams, count: 0, start: at + 4, end: at + 8, emptyBehind: streams - 1 };
  });
}

/** The position of the recurrent state that begins at `at`; undefined when none does: its cell has no sequences noted, that of a cache one. */
export function recurrentPosition(view: DataView, at: number): number | undefined {
  if (at + RECURRENT_HEAD_BYTES > view.byteLength) return undefined;
  const [cells, position, sequences, transposed, layers = 0] = [0, 4, 8, 12, 16].map((i) =>
    view.getUint32(at + i, true)
  );
  const begins = cells === 1 && sequences === 0 && transposed === 0 && layers >= 1 && layers <= MOST_LAYERS;
  return begins ? position : undefined;
}

/** What each cell is, then K of all layers, and V of all. */
function endOfCells(view: DataView, start: number, { count, extension }: { count: number; extension: number }): number {
  const bytes = cellBytes(extension);
  const end = start + count * bytes;
  const transposed = expect(view.getUint32(end, true), { min: 0, max: 1 }) === 1;
  // The cache for layers without a window has none where all have one.
  const layers = expect(view.getUint32(end + 4, true), { min: 0, max: MOST_LAYERS });
  for (let at = start; at < end; at += bytes) expect(view.getUint32(at + 4, true), { min: 1, max: 1 });
  const endOfLayers = (from: number, endOf: typeof endOfRows): number => {
    let at = from;
    for (let layer = 0; layer < layers; layer++) at = endOf(view, at, count);
    return expect(at, { min: from, max: view.byteLength });
  };
  const keys = endOfLayers(end + 8, endOfRows);
  return orUndefined(() => endOfLayers(keys, transposed ? endOfColumns : endOfRows)) ?? keys;
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

/** Undefined where what is read would go on behind the end, or is out of its range. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
