/** The C types that a described struct may hold. `bool` is one byte; an `enum` is `i32`. */
export type FieldType = "bool" | "i32" | "u32" | "i64" | "f32" | "usize" | "pointer";

type FieldValue<T extends FieldType> = T extends "bool" ? boolean
  : T extends "usize" | "i64" ? bigint
  : T extends "pointer" ? Deno.PointerValue
  : number;

/** One field, where the C compiler puts it. */
export interface Field {
  name: string;
  type: FieldType;
  /** Bytes from the start of the struct. */
  offset: number;
}

/** The bytes of a struct, read and written by field name. */
export interface StructView<F extends Record<string, FieldType>> {
  /** The struct's own bytes, as passed by value. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  get<K extends keyof F>(name: K): FieldValue<F[K]>;
  set<K extends keyof F>(name: K, value: FieldValue<F[K]>): void;
}

/** A C struct described once: what Deno passes, its size, and access by field name. */
export interface Struct<F extends Record<string, FieldType>> {
  readonly name: string;
  readonly size: number;
  readonly fields: readonly Field[];
  /** For `Deno.dlopen`. */
  readonly native: { readonly struct: readonly Deno.NativeType[] };
  /** Access to `bytes`, which must be `size` long; a zeroed struct when absent. */
  view(bytes?: Uint8Array<ArrayBuffer>): StructView<F>;
}

const SIZES: Record<FieldType, number> = { bool: 1, i32: 4, u32: 4, i64: 8, f32: 4, usize: 8, pointer: 8 };

/**
 * Describes a C struct by its fields in order, laid out by the rules of the 64-bit ABIs that we run on (natural alignment).
 *
 * @param name The struct's C name, which the header test looks up.
 * @param types The fields' C names and types, in the header's order.
 */
export function defineStruct<const F extends Record<string, FieldType>>(name: string, types: F): Struct<F> {
  const { fields, size } = layOut(types);
  const byName = new Map<keyof F, Field>(fields.map((field) => [field.name, field]));
  return {
    name,
    size,
    fields,
    native: { struct: fields.map((field) => field.type === "bool" ? "u8" : field.type) },
    view(bytes = new Uint8Array(size)): StructView<F> {
      if (bytes.length !== size) throw new RangeError(`${name} has ${size} bytes, got ${bytes.length}`);
      const data = new DataView(bytes.buffer, bytes.byteOffset, size);
      const find = (key: keyof F): Field => {
        const field = byName.get(key);
        if (field === undefined) throw new RangeError(`${name} has no field "${String(key)}"`);
        return field;
      };
      return {
        bytes,
        get: (key) => {
          // `read` returns what the field's own type says.
          return read(data, find(key)) as FieldValue<F[typeof key]>;
        },
        set: (key, value) => write(data, find(key), value),
      };
    },
  };
}

function layOut(types: Record<string, FieldType>): { fields: Field[]; size: number } {
  const fields: Field[] = [];
  let end = 0;
  let alignment = 1;
  for (const [name, type] of Object.entries(types)) {
    const size = SIZES[type];
    const offset = Math.ceil(end / size) * size;
    fields.push({ name, type, offset });
    end = offset + size;
    alignment = Math.max(alignment, size);
  }
  return { fields, size: Math.ceil(end / alignment) * alignment };
}

function read(data: DataView, { type, offset }: Field): boolean | number | bigint | Deno.PointerValue {
  switch (type) {
    case "bool":
      return data.getUint8(offset) !== 0;
    case "i32":
      return data.getInt32(offset, true);
    case "u32":
      return data.getUint32(offset, true);
    case "i64":
      return data.getBigInt64(offset, true);
    case "f32":
      return data.getFloat32(offset, true);
    case "usize":
      return data.getBigUint64(offset, true);
    case "pointer":
      return Deno.UnsafePointer.create(data.getBigUint64(offset, true));
  }
}

function write(data: DataView, { name, type, offset }: Field, value: unknown): void {
  if (type === "bool" && typeof value === "boolean") data.setUint8(offset, value ? 1 : 0);
  else if (type === "i32" && typeof value === "number") {
    data.setInt32(offset, checked(value, -(2 ** 31), 2 ** 31 - 1), true);
  } else if (type === "u32" && typeof value === "number") data.setUint32(offset, checked(value, 0, 2 ** 32 - 1), true);
  else if (type === "f32" && typeof value === "number") data.setFloat32(offset, value, true);
  else if (type === "i64" && typeof value === "bigint") {
    if (value !== BigInt.asIntN(64, value)) throw new RangeError(`${value} is not an integer from -2^63 to 2^63-1`);
    data.setBigInt64(offset, value, true);
  } else if (type === "usize" && typeof value === "bigint") {
    if (value !== BigInt.asUintN(64, value)) throw new RangeError(`${value} is not an integer from 0 to 2^64-1`);
    data.setBigUint64(offset, value, true);
  } else if (type === "pointer" && (value === null || typeof value === "object")) {
    // A pointer value is null or the opaque object that Deno gave out.
    data.setBigUint64(offset, Deno.UnsafePointer.value(value as Deno.PointerValue), true);
  } else throw new TypeError(`Field "${name}" is ${type}, got ${typeof value}`);
}

function checked(value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${value} is not an integer from ${min} to ${max}`);
  }
  return value;
}
