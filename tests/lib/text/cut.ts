import fc from "fast-check";

/** A value cut into pieces, some of them empty. */
export function cutInto<T>(length: number, slice: (from: number, to: number) => T): fc.Arbitrary<T[]> {
  return fc.array(fc.integer({ min: 0, max: length }), { maxLength: 12 }).map((cuts) => {
    const edges = [0, ...cuts.sort((a, b) => a - b), length];
    return edges.slice(1).map((to, index) => slice(edges[index] ?? 0, to));
  });
}

/** A text with a way to cut it. */
export function cutText(text: fc.Arbitrary<string>): fc.Arbitrary<{ text: string; pieces: string[] }> {
  return text.chain((text) =>
    cutInto(text.length, (from, to) => text.slice(from, to)).map((pieces) => ({ text, pieces }))
  );
}
