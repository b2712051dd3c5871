import type { GgufCursor } from "./gguf_cursor.ts";

/** The types that a metadata value can have, by their number in the file (`enum gguf_type` of gguf.h). */
const TYPE_NAMES = [
  "u8",
  "i8",
  "u16",
  "i16",
  "u32",
  "i32",
  "f32",
  "bool",
  "string",
  "array",
  "u64",
  "i64",
  "f64",
] as const;

/** The name of a metadata value's type. */
export type GgufType = typeof TYPE_NAMES[number];

/** The types that an array's elements can have. */
export type GgufElementType = Exclude<GgufType, "array">;

/** A value that is not an array. 64-bit numbers are `bigint` only where a `number` would not be exact. */
export type GgufScalar = string | number | bigint | boolean;

/** An array that stays in the file until it is asked for; see `readGgufArray`. */
export interface GgufArray {
  type: GgufElementType;
  /** Elements. */
  count: number;
  /** Byte of the first element, counted from the GGUF's start. */
  offset: number;
  /** Bytes of all elements. */
  bytes: number;
}

/** One metadata value. */
export type GgufValue = GgufScalar | GgufArray;

/** llama.cpp refuses arrays with more elements (GGUF_MAX_ARRAY_ELEMENTS of gguf.cpp). */
const MAX_ELEMENTS = 1024 ** 3;
const MAX_STRING_BYTES = 64 << 20;

type ScalarReader = { bytes: number; read: (view: DataView, at: number) => GgufScalar };

const SCALARS: Record<Exclude<GgufElementType, "string">, ScalarReader> = {
  u8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  i8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  u16: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  i16: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  u32: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  i32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  f32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  bool: { bytes: 1, read: (view, at) => view.getUint8(at) !== 0 },
  u64: { bytes: 8, read: (view, at) => narrow(view.getBigUint64(at, true)) },
  i64: { bytes: 8, read: (view, at) => narrow(view.getBigInt64(at, true)) },
  f64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

/** Reads a value's type number. */
export function readGgufType(cursor: GgufCursor, key: string): GgufType {
  const id = cursor.u32(`the type of "${key}"`);
  return TYPE_NAMES[id] ?? cursor.fail(`"${key}" has the unknown type ${id}`);
}

/** Reads the value that follows its type; of an array only where it lies. */
export function readGgufValue(cursor: GgufCursor, key: string, type: GgufType): GgufValue {
  return type === "array" ? skipArray(cursor, key) : readScalar(cursor, type, `"${key}"`);
}

/** Reads a value that is no array. */
export function readScalar(cursor: GgufCursor, type: GgufElementType, what: string): GgufScalar {
  if (type === "string") return cursor.string(what, MAX_STRING_BYTES);
  const { bytes, read } = SCALARS[type];
  return cursor.scalar(bytes, read);
}

/** Bytes that one element takes, a string's length alone when it is a string. */
export function elementBytes(type: GgufElementType): number {
  return type === "string" ? 8 : SCALARS[type].bytes;
}

/** Whether a value is an array. */
export function isGgufArray(value: GgufValue | undefined): value is GgufArray {
  return typeof value === "object";
}

function skipArray(cursor: GgufCursor, key: string): GgufArray {
  const type = readGgufType(cursor, key);
  if (type === "array") cursor.fail(`"${key}" is an array of arrays, which GGUF does not have`);
  const count = cursor.u64(`the length of "${key}"`);
  const left = cursor.size - cursor.position;
  if (count > MAX_ELEMENTS || count * elementBytes(type) > left) {
    cursor.fail(`"${key}" is said to have ${count} elements, ${left} bytes are left`);
  }
  const offset = cursor.position;
  if (type === "string") cursor.skipStrings(count, `"${key}"`);
  else cursor.skip(count * elementBytes(type), `"${key}"`);
  return { type, count, offset, bytes: cursor.position - offset };
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
