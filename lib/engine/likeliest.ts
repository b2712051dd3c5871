/** Where {@linkcode selectLikeliest} puts what it found; each of shape [≥ k]. */
export interface Likeliest {
  ids: Int32Array;
  /** The logits of `ids`. */
  values: Float32Array;
}

/** The id of the largest logit, of equal ones the lowest, as llama.cpp's greedy sampler has it. */
export function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1;;) {
    const next = findLarger(logits, logits[best] ?? 0, i);
    if (next < 0) return best;
    best = next;
    i = next + 1;
  }
}

/**
 * Finds the k likeliest tokens, the likeliest first, of equally likely ones the lowest id.
 *
 * A heap holds the k largest so far with the least of them on top; after the first few thousand logits hardly any gets past that one, so that
 * the whole costs little more than reading the logits once.
 *
 * @param logits One for each token; none is NaN.
 * @param k From 1 on.
 * @param found Takes the result.
 * @returns How many were found: k, or all where there are fewer.
 */
export function selectLikeliest(logits: Float32Array, k: number, found: Likeliest): number {
  const { ids, values } = found;
  const count = Math.min(k, logits.length);
  for (let i = 0; i < count; i++) {
    ids[i] = i;
    values[i] = logits[i] ?? 0;
  }
  for (let i = (count >> 1) - 1; i >= 0; i--) sink(found, i, count);
  for (let i = count;;) {
    const next = findLarger(logits, values[0] ?? 0, i);
    if (next < 0) break;
    ids[0] = next;
    values[0] = logits[next] ?? 0;
    sink(found, 0, count);
    i = next + 1;
  }
  sort(found, count);
  return count;
}

/** The index of the first logit from `from` on that is larger than `limit`; -1 when there is none. */
function findLarger(logits: Float32Array, limit: number, from: number): number {
  const end = logits.length - 15;
  let i = from;
  // Sixteen at a time: hardly any is larger, and one branch then does for all. V8 also leaves so long a function a function of its own: put
  // into the loop that calls it, it comes out slower.
  for (; i < end; i += 16) {
    const larger = (logits[i] ?? 0) > limit || (logits[i + 1] ?? 0) > limit ||
      (logits[i + 2] ?? 0) > limit || (logits[i + 3] ?? 0) > limit ||
      (logits[i + 4] ?? 0) > limit || (logits[i + 5] ?? 0) > limit ||
      (logits[i + 6] ?? 0) > limit || (logits[i + 7] ?? 0) > limit ||
      (logits[i + 8] ?? 0) > limit || (logits[i + 9] ?? 0) > limit ||
      (logits[i + 10] ?? 0) > limit || (logits[i + 11] ?? 0) > limit ||
      (logits[i + 12] ?? 0) > limit || (logits[i + 13] ?? 0) > limit ||
      (logits[i + 14] ?? 0) > limit || (logits[i + 15] ?? 0) > limit;
    if (larger) break;
  }
  for (; i < logits.length; i++) if ((logits[i] ?? 0) > limit) return i;
  return -1;
}

/** Moves an entry of the heap down to where nothing below it is less likely. */
function sink({ ids, values }: Likeliest, at: number, count: number): void {
  const id = ids[at] ?? 0;
  const value = values[at] ?? 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= count) break;
    const right = child + 1;
    if (right < count && isLess(values[right] ?? 0, ids[right] ?? 0, values[child] ?? 0, ids[child] ?? 0)) {
      child = right;
    }
    if (!isLess(values[child] ?? 0, ids[child] ?? 0, value, id)) break;
    ids[at] = ids[child] ?? 0;
    values[at] = values[child] ?? 0;
    at = child;
  }
  ids[at] = id;
  values[at] = value;
}

/** Turns the heap into a list that begins with the likeliest. */
function sort(heap: Likeliest, count: number): void {
  const { ids, values } = heap;
  for (let last = count - 1; last > 0; last--) {
    const id = ids[0] ?? 0;
    const value = values[0] ?? 0;
    ids[0] = ids[last] ?? 0;
    values[0] = values[last] ?? 0;
    ids[last] = id;
    values[last] = value;
    sink(heap, 0, last);
  }
}

/** Whether the first of two comes behind the second: less likely, or as likely with a higher id. */
function isLess(value: number, id: number, otherValue: number, otherId: number): boolean {
  return value < otherValue || (value === otherValue && id > otherId);
}
