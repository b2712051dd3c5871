import type { Json, JsonSchema } from "../engine/conversation.ts";
import { isScalar, type Scalar } from "./schema_types.ts";

/** Whether two schemas list values of which none is in both. */
export function clearlyDiffer(one: JsonSchema, other: JsonSchema): boolean {
  const [first, second] = [valuesOf(one), valuesOf(other)];
  return first !== undefined && second !== undefined && first.every((value) => !second.includes(value));
}

function valuesOf(schema: JsonSchema): Scalar[] | undefined {
  if (typeof schema === "boolean") return undefined;
  const list: Json[] | undefined = schema.const !== undefined
    ? [schema.const]
    : Array.isArray(schema.enum)
    ? schema.enum
    : undefined;
  const scalars = list?.filter(isScalar);
  return scalars?.length === list?.length ? scalars : undefined;
}
