import * as z from "zod";
import { JsonSchemaObject } from "./json_value.ts";

/** Texts to choose from, and characters of each. */
const MAX_CHOICES = 4096;
const MAX_LENGTH = 4096;

const FORMATS = ["text", "json_object", "json_schema"] as const;

/** What a JSON Schema comes with in OpenAI's `response_format`. */
const NamedSchema = z.object({
  name: z.string().nullish(),
  description: z.string().nullish(),
  schema: JsonSchemaObject.nullish(),
  strict: z.boolean().nullish(),
});

/** OpenAI's `response_format`; llama-server also takes a schema beside the type. */
export const ResponseFormat = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({ type: z.literal("json_object"), schema: JsonSchemaObject.nullish() }),
  z.object({
    type: z.literal("json_schema"),
    json_schema: NamedSchema.nullish(),
    schema: JsonSchemaObject.nullish(),
  }),
], { error: `one of ${FORMATS.map((type) => `"${type}"`).join(", ")}` });

/** A format as the client wrote it. */
export type ResponseFormat = z.infer<typeof ResponseFormat>;

/** What an answer may be held to; one of them at a time. `null`, and an empty grammar, mean absent. */
export const constraintShape = {
  response_format: ResponseFormat.nullish(),
  /** llama-server's. */
  json_schema: JsonSchemaObject.nullish(),
  /** llama.cpp's notation, GBNF. */
  grammar: z.string().nullish(),
  /** ECMAScript's notation; the whole answer matches it. */
  regex: z.string().min(1).max(MAX_LENGTH).nullish(),
  choice: z.array(z.string().min(1).max(MAX_LENGTH)).min(1).max(MAX_CHOICES).nullish(),
};

/** {@linkcode constraintShape} as an object of its own. */
export const ConstraintParameters = z.object(constraintShape);

/** What a request says of what its answer is held to. */
export type ConstraintParameters = Partial<z.infer<typeof ConstraintParameters>>;

/** The names of those that are given, in the order of {@linkcode constraintShape}. */
export function givenConstraints(request: ConstraintParameters): (keyof ConstraintParameters)[] {
  const { response_format: format, json_schema: schema, grammar, regex, choice } = request;
  const given = {
    response_format: format && format.type !== "text",
    json_schema: schema,
    grammar,
    regex,
    choice,
  } satisfies Record<keyof ConstraintParameters, unknown>;
  return CONSTRAINTS.filter((key) => given[key]);
}

const CONSTRAINTS = ["response_format", "json_schema", "grammar", "regex", "choice"] as const;

/** Refuses more than one of them. */
export function checkConstraint(request: ConstraintParameters, context: z.RefinementCtx): void {
  const [first, second] = givenConstraints(request);
  if (second === undefined) return;
  context.addIssue({
    code: "custom",
    path: [second],
    message: `not allowed with "${first}": an answer is held to one of them; leave the other out`,
  });
}
