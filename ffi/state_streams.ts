import { CACHES_AT, type Cells, EXTENSION_BYTES, readCells, recurrentPosition } from "./state_layout.ts";

/** What a state consists of. */
interface Parts {
  caches: Cells[];
  /** Where a recurrent state begins, which is the same in any layout; the end where there is none. */
  restAt: number;
}

/**
 * Rewrites the state of a sequence for a cache of another layout: llama.cpp refuses states of another number of streams.
 *
 * @param streams 1 for a unified cache, else the number of sequences.
 * @returns The state itself where it fits already, undefined where no KV cache is in it that can be read.
 */
export function withStreams(state: Uint8Array<ArrayBuffer>, streams: number): Uint8Array<ArrayBuffer> | undefined {
  const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
  if (state.length < CACHES_AT + 4) return undefined;
  if (view.getUint32(CACHES_AT, true) === streams) return state;
  for (const extension of EXTENSION_BYTES) {
    const parts = readParts(view, extension);
    if (parts !== undefined) return rewrite(state, parts, streams);
  }
  return undefined;
}

function rewrite(state: Uint8Array<ArrayBuffer>, { caches, restAt }: Parts, streams: number): Uint8Array<ArrayBuffer> {
  const length = caches.reduce((sum, { start, end }) => sum + end - start + streams * 4, CACHES_AT);
  const rewritten = new Uint8Array(length + state.length - restAt);
  rewritten.set(state.subarray(0, CACHES_AT));
  const view = new DataView(rewritten.buffer);
  let at = CACHES_AT;
  for (const { start, end } of caches) {
    view.setUint32(at, streams, true);
    // The stream that they are read into is the one of the sequence, whichever they are written under.
    rewritten.set(state.subarray(start, end), at + 4);
    at += 4 + end - start + (streams - 1) * 4;
  }
  rewritten.set(state.subarray(restAt), at);
  return rewritten;
}

/** Undefined unless the caches, read so, end where the state or what is recurrent of it does. */
function readParts(view: DataView, extension: number): Parts | undefined {
  const caches: Cells[] = [];
  let at = CACHES_AT;
  while (at < view.byteLength && recurrentPosition(view, at) === undefined) {
    const cells = readCells(view, at, extension);
    if (cells === undefined) return undefined;
    caches.push(cells);
    at = cells.end + cells.emptyBehind * 4;
    if (at > view.byteLength) return undefined;
  }
  return caches.length === 0 ? undefined : { caches, restAt: at };
}
