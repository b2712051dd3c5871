import * as z from "zod";
import { JsonSchemaObject } from "../json_value.ts";
import { notYet } from "../not_yet.ts";

/** What an answer is. */
export const TextFormat = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({ type: z.literal("json_object") }),
  z.object({
    type: z.literal("json_schema"),
    name: z.string(),
    schema: JsonSchemaObject,
    description: z.string().nullish(),
    strict: z.boolean().nullish(),
  }),
], { error: 'one of "text", "json_object", "json_schema"' });

/** A format as the client wrote it. */
export type TextFormat = z.infer<typeof TextFormat>;

/** A format as a response repeats it. */
export const RepeatedFormat = z.discriminatedUnion("type", [
  z.object({ type: z.literal(["text", "json_object"]) }),
  z.object({
    type: z.literal("json_schema"),
    name: z.string(),
    schema: JsonSchemaObject,
    /** Only where there is one. */
    description: z.string().optional(),
    strict: z.boolean().nullable(),
  }),
]);

/** The form of an answer. */
export const TextConfig = z.object({
  format: TextFormat.nullish(),
  verbosity: notYet('Verbosities other than "medium"', z.literal("medium")),
});
