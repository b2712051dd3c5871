import { ggmlType } from "./ggml_type.ts";
import type { GgufCursor } from "./gguf_cursor.ts";

/** One tensor as the header tells of it. */
export interface GgufTensor {
  name: string;
  /** Elements in each dimension, the contiguous one first; one to four of them. */
  dims: number[];
  /** The name of its type, e.g. `Q4_K`. */
  type: string;
  /** Byte of its first element, counted from the start of the tensor data. */
  offset: number;
  /** Bytes that it takes, without padding. */
  bytes: number;
  /** Elements in all. */
  elements: number;
}

// ggml.h: GGML_MAX_NAME (with the final NUL) and GGML_MAX_DIMS.
const MAX_NAME_BYTES = 63;
const MAX_DIMS = 4;

/** Reads one tensor's record, and refuses what llama.cpp could not hold. */
export function readGgufTensor(cursor: GgufCursor, index: number): GgufTensor {
  const name = cursor.string(`the name of tensor ${index}`, MAX_NAME_BYTES);
  const what = `tensor "${name}"`;
  const dims = readDims(cursor, what);
  const typeId = cursor.u32(`the type of ${what}`);
  const offset = cursor.u64(`the offset of ${what}`);
  const type = ggmlType(typeId);
  if (type === undefined) return cursor.fail(`${what} has the unknown type ${typeId}`);

  const rowLength = dims[0] ?? 1;
  if (rowLength % type.blockSize !== 0) {
    cursor.fail(
      `${what} of type ${type.name} has rows of ${rowLength} elements, expected a multiple of ${type.blockSize}`,
    );
  }
  const elements = dims.reduce((product, dim) => product * dim, 1);
  const bytes = (elements / type.blockSize) * type.typeSize;
  if (![...dims, elements, bytes].every(Number.isSafeInteger)) {
    cursor.fail(`${what} has the absurd shape ${dims.join(" × ")}`);
  }
  return { name, dims, type: type.name, offset, bytes, elements };
}

function readDims(cursor: GgufCursor, what: string): number[] {
  const count = cursor.u32(`the number of dimensions of ${what}`);
  if (count > MAX_DIMS) cursor.fail(`${what} has ${count} dimensions, expected at most ${MAX_DIMS}`);
  const dims: number[] = [];
  for (let i = 0; i < count; i++) dims.push(cursor.u64(`the shape of ${what}`));
  return dims;
}
