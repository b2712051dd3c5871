import type { Gguf, GgufElementType, GgufType } from "../../../lib/gguf/mod.ts";
import type { MadeTensor, MadeValue } from "./make_gguf.ts";

/** `enum gguf_type` of gguf.h. */
const TYPES: GgufType[] = [
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
];

/** Numbers of `enum ggml_type` for the types that SmolLM2 has. */
const TENSOR_TYPES: Record<string, number> = { F32: 0, F16: 1, Q4_0: 2, Q4_1: 3, Q5_1: 7, Q8_0: 8, Q6_K: 14 };

/** The metadata of a GGUF in the form in which `makeGguf` writes them again. Its source must be open. */
export function remakeMetadata({ metadata, types, source, offset }: Gguf): Record<string, MadeValue> {
  const made: Record<string, MadeValue> = {};
  for (const [key, value] of metadata) {
    const type = types.get(key) ?? "u32";
    if (typeof value === "object") {
      const elements = new Uint8Array(value.bytes);
      source.readAt(offset + value.offset, elements);
      made[key] = { elements, elementType: TYPES.indexOf(value.type), count: value.count };
    } else if (typeof value === "bigint") throw new TypeError(`"${key}" is too large`);
    else made[key] = typeof value === "number" ? scalar(type, value) : value;
  }
  return made;
}

/** Its tensors, with their data. */
export function remakeTensors({ tensors, source, offset, dataOffset }: Gguf): MadeTensor[] {
  return tensors.map((tensor) => {
    const data = new Uint8Array(tensor.bytes);
    source.readAt(offset + dataOffset + tensor.offset, data);
    const type = TENSOR_TYPES[tensor.type];
    if (type === undefined) throw new TypeError(`No number for the type ${tensor.type}`);
    return { name: tensor.name, dims: tensor.dims, type, data };
  });
}

/** A number of a type of its own. */
export function scalar(type: GgufType, value: number): MadeValue {
  return { type: TYPES.indexOf(type), scalar: bytesOf(type, value) };
}

/** An array of 32-bit numbers, signed. */
export function i32(values: readonly number[]): MadeValue {
  const elements = new Uint8Array(new Int32Array(values).buffer);
  const type: GgufElementType = "i32";
  return { elements, elementType: TYPES.indexOf(type), count: values.length };
}

function bytesOf(type: GgufType, value: number): Uint8Array {
  switch (type) {
    case "u8":
      return Uint8Array.of(value);
    case "i8":
      return new Uint8Array(Int8Array.of(value).buffer);
    case "u16":
      return new Uint8Array(Uint16Array.of(value).buffer);
    case "i16":
      return new Uint8Array(Int16Array.of(value).buffer);
    case "u32":
      return new Uint8Array(Uint32Array.of(value).buffer);
    case "i32":
      return new Uint8Array(Int32Array.of(value).buffer);
    case "f32":
      return new Uint8Array(Float32Array.of(value).buffer);
    case "f64":
      return new Uint8Array(Float64Array.of(value).buffer);
    case "u64":
      return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
    case "i64":
      return new Uint8Array(BigInt64Array.of(BigInt(value)).buffer);
    default:
      throw new TypeError(`A ${type} is no number`);
  }
}
