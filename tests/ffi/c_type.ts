import { type CHeader, FUNCTION_POINTER } from "./c_header.ts";

/** What a C type is to Deno's FFI. */
export type CType =
  | { kind: "scalar"; type: "void" | "bool" | "i32" | "u32" | "i64" | "u64" | "usize" | "isize" | "f32" | "f64" }
  /** `to` is what it points to, typedefs resolved, `const` left out. */
  | { kind: "pointer"; to: string }
  | { kind: "function" }
  | { kind: "struct"; name: string };

/** Those whose size does not depend on the platform, or that Deno has a type for; `off_t` is checked by a static assertion. */
const SCALARS: Record<string, Extract<CType, { kind: "scalar" }>["type"]> = {
  void: "void",
  bool: "bool",
  _Bool: "bool",
  int: "i32",
  "unsigned int": "u32",
  int32_t: "i32",
  uint32_t: "u32",
  int64_t: "i64",
  uint64_t: "u64",
  size_t: "usize",
  ssize_t: "isize",
  off_t: "i64",
  float: "f32",
  double: "f64",
};

/**
 * Finds out what a C type is to Deno's FFI.
 *
 * @param type Its tokens, joined by single spaces.
 * @throws {Error} For a type whose size depends on the platform (`long`) or that is not known.
 */
export function toCType(type: string, header: CHeader): CType {
  const plain = type.split(" ").filter((token) => token !== "const").join(" ");
  if (plain === FUNCTION_POINTER) return { kind: "function" };
  if (plain.endsWith(" *")) return { kind: "pointer", to: resolve(plain.slice(0, -2), header) };
  const scalar = SCALARS[plain];
  if (scalar !== undefined) return { kind: "scalar", type: scalar };
  if (plain.startsWith("enum ")) return { kind: "scalar", type: "i32" };
  if (plain.startsWith("struct ")) return { kind: "struct", name: plain.slice("struct ".length) };
  const meaning = header.typedefs.get(plain);
  if (meaning === undefined) throw new Error(`The C type "${type}" has no FFI type`);
  return toCType(meaning, header);
}

function resolve(type: string, header: CHeader): string {
  const meaning = SCALARS[type] === undefined && type !== "FILE" ? header.typedefs.get(type) : undefined;
  return meaning === undefined ? type : resolve(meaning, header);
}

/**
 * Says what is wrong with the FFI type that a table gives a parameter or a result; `undefined` when nothing is.
 *
 * @param native As in the table.
 * @param structs From C names to the tables' types of those structs.
 */
export function findMismatch(
  native: unknown,
  type: CType,
  structs: ReadonlyMap<string, unknown>,
): string | undefined {
  const shown = typeof native === "string" ? native : JSON.stringify(native);
  const expected = expectedTypes(type, structs);
  return expected.includes(native) ? undefined : `is ${shown}, the header wants ${describe(type)}`;
}

function expectedTypes(type: CType, structs: ReadonlyMap<string, unknown>): unknown[] {
  switch (type.kind) {
    case "scalar":
      return [type.type];
    case "pointer":
      return ["pointer", "buffer"];
    case "function":
      return ["function"];
    case "struct":
      return structs.has(type.name) ? [structs.get(type.name)] : [];
  }
}

function describe(type: CType): string {
  if (type.kind === "scalar") return type.type;
  if (type.kind === "pointer") return `pointer or buffer (to ${type.to})`;
  return type.kind === "struct" ? `struct ${type.name} by value` : "function";
}
