import type * as z from "zod";

const ACCEPTED = new WeakMap<z.core.$ZodType, z.ZodType>();

/**
 * Notes what a schema takes whose check is a function, which no JSON Schema can be made from.
 *
 * @param schema The one that checks; it is given back.
 * @param accepted One that takes the same, and can tell so. It never sees a value.
 */
export function accepting<Schema extends z.ZodType>(schema: Schema, accepted: z.ZodType): Schema {
  ACCEPTED.set(schema, accepted);
  return schema;
}

/** What was noted of a schema by {@linkcode accepting}. */
export function acceptedBy(schema: z.core.$ZodType): z.ZodType | undefined {
  return ACCEPTED.get(schema);
}
