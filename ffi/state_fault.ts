import {
  CACHES_AT,
  cellBytes,
  type Cells,
  EXTENSION_BYTES,
  readCells,
  recurrentPosition,
  STATE_MAGIC,
} from "./state_layout.ts";

/** Two where some layers have a sliding window, and one for an indexer: no model has more. */
const MOST_CACHES = 3;

/**
 * Says what is wrong with a state of `tokens` that does not come from this process: `llama_state_seq_set_data` believes numbers of cells and
 * positions. Where they are not what it would have written it stops the process, or has a cache that contradicts itself.
 *
 * Caches (one, or two where some layers have a sliding window) are walked to their ends: each has a cell for each of the last so many tokens,
 * and layers that lie within the state. A recurrent state (Mamba), alone or behind caches (Jamba), has one cell, at the last token; its rows
 * are not walked: llama.cpp compares the type and the size of each with its own, and ends where the bytes do. What this does not see: an
 * indexer's cache behind a recurrent state (Qwen 4), where the second of two caches without V begins (DeepSeek V3.2) if somebody wrote the
 * first to be read in two ways, and what is wrong with K and V as numbers. States of other layouts (DeepSeek V4) are refused.
 *
 * @param state As a unified cache writes it, which is how `Context.state` gives it. The ids of sequences in it may be any.
 * @returns Undefined when nothing is wrong; else what, for behind "a state".
 */
export function stateFault(state: Uint8Array<ArrayBuffer>, tokens: ArrayLike<number>): string | undefined {
  if (state.length < CACHES_AT) return `has ${state.length} bytes, which is no state`;
  const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
  const magic = view.getUint32(0, true);
  if (magic !== STATE_MAGIC) return `begins with 0x${magic.toString(16)}, expected 0x${STATE_MAGIC.toString(16)}`;
  if (recurrentPosition(view, CACHES_AT) !== undefined) return recurrentFault(view, CACHES_AT, tokens);
  // Where two readings are possible llama.cpp may take the one that was not looked at.
  const [extension, another] = EXTENSION_BYTES.filter((bytes) => readCells(view, CACHES_AT, bytes) !== undefined);
  if (extension === undefined || another !== undefined) return "is not laid out as llama.cpp writes one";
  return cachesFault(view, { tokens, extension });
}

interface Reading {
  tokens: ArrayLike<number>;
  extension: number;
}

function cachesFault(view: DataView, reading: Reading): string | undefined {
  let at = CACHES_AT;
  for (let caches = 0; caches < MOST_CACHES && at < view.byteLength; caches++) {
    if (recurrentPosition(view, at) !== undefined) return recurrentFault(view, at, reading.tokens);
    const cells = readCells(view, at, reading.extension);
    if (cells === undefined) return `is not laid out as llama.cpp writes one, from byte ${at} on`;
    const fault = cellsFault(view, cells, reading);
    if (fault !== undefined) return fault;
    at = cells.end;
  }
  return at === view.byteLength ? undefined : `has ${view.byteLength - at} bytes too many`;
}

function recurrentFault(view: DataView, at: number, { length }: ArrayLike<number>): string | undefined {
  const position = recurrentPosition(view, at);
  return position === length - 1 ? undefined : `is one at position ${position}, expected ${length - 1}`;
}

function cellsFault(
  view: DataView,
  { streams, count, start }: Cells,
  { tokens, extension }: Reading,
): string | undefined {
  const { length } = tokens;
  if (streams !== 1) return `has cells of ${streams} streams, expected 1`;
  if (count === 0 || count > length) return `has ${count} cells, expected 1 to ${length}`;
  const first = length - count;
  const seen = new Uint8Array(count);
  for (let cell = 0; cell < count; cell++) {
    const at = start + 4 + cell * cellBytes(extension);
    const position = view.getInt32(at, true);
    if (!(position >= first && position < length) || seen[position - first] === 1) {
      return `has a cell at position ${position}, expected each from ${first} to ${length - 1} once`;
    }
    seen[position - first] = 1;
    const isOther = extension > 0 && (notesToken(view, at) !== notesToken(view, start + 4) ||
      !isOfText(view, at + 8, { position, token: tokens[position] }));
    if (isOther) {
      return `has a cell at position ${position} that is not that of its token`;
    }
  }
  return undefined;
}

/** Whether the token of the cell at `at` was noted in its extension: of a text's cells it is of all or of none. */
function notesToken(view: DataView, at: number): boolean {
  return view.getInt32(at + 8 + 8, true) !== -1;
}

/** Whether an extension is one that a text's cell has: its place is its position, or none, and its token, where one was noted, the one there. */
function isOfText(
  view: DataView,
  at: number,
  { position, token }: { position: number; token: number | undefined },
): boolean {
  const [x, y, noted] = [0, 4, 8].map((i) => view.getInt32(at + i, true));
  return x === y && (x === position || x === 0) && (noted === -1 || noted === token);
}
