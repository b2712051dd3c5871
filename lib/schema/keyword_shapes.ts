import type { Json } from "../engine/conversation.ts";
import { isObject, isSchema } from "./schema_types.ts";

/** What the value of a keyword must be. */
export interface KeywordShape {
  /** For a person, after "expected". */
  expected: string;
  fits: (value: Json) => boolean;
  /** The schemas inside of a value that fits, with the way to them. */
  schemas?: (value: Json) => [(string | number)[], Json][];
}

const TYPE_NAMES = ["null", "boolean", "number", "integer", "string", "array", "object"];

const isString = (value: Json): boolean => typeof value === "string";
const isNumber = (value: Json): boolean => typeof value === "number";
const isBoolean = (value: Json): boolean => typeof value === "boolean";
const isList = (value: Json, fits: (item: Json) => boolean): boolean => Array.isArray(value) && value.every(fits);
const isMap = (value: Json, fits: (item: Json) => boolean): boolean =>
  isObject(value) && Object.values(value).every(fits);
const isTypeName = (value: Json): boolean => typeof value === "string" && TYPE_NAMES.includes(value);
const isNames = (value: Json): boolean => isList(value, isString);
const isSchemaList = (value: Json): boolean => Array.isArray(value) && value.length > 0 && value.every(isSchema);

const ofMap = (value: Json): [(string | number)[], Json][] =>
  isObject(value)
    ? Object.entries(value).filter(([, item]) => isSchema(item)).map(([name, item]) => [[name], item])
    : [];
const ofList = (value: Json): [(string | number)[], Json][] =>
  Array.isArray(value) ? value.map((item, i) => [[i], item]) : [];
const itself = (value: Json): [(string | number)[], Json][] => [[[], value]];

const SCHEMA: KeywordShape = { expected: "a schema (an object, true or false)", fits: isSchema, schemas: itself };
const SCHEMA_LIST: KeywordShape = {
  expected: "a list of schemas that is not empty",
  fits: isSchemaList,
  schemas: ofList,
};
const SCHEMA_MAP: KeywordShape = {
  expected: "an object whose values are schemas",
  fits: (value) => isMap(value, isSchema),
  schemas: ofMap,
};
const COUNT: KeywordShape = {
  expected: "an integer from 0",
  fits: (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0,
};
const NUMBER_SHAPE: KeywordShape = { expected: "a number", fits: isNumber };
/** Draft 4 and OpenAPI 3.0 have a boolean beside `minimum` or `maximum`. */
const EXCLUSIVE: KeywordShape = { expected: "a number", fits: (value) => isNumber(value) || isBoolean(value) };
const STRING_SHAPE: KeywordShape = { expected: "a string", fits: isString };
const BOOLEAN_SHAPE: KeywordShape = { expected: "true or false", fits: isBoolean };

/** The keywords that are looked at; all others are annotations or not known. */
export const KEYWORD_SHAPES: ReadonlyMap<string, KeywordShape> = new Map(Object.entries({
  type: {
    expected: `one of ${TYPE_NAMES.map((name) => JSON.stringify(name)).join(", ")}, or a list of them`,
    fits: (value: Json) => isTypeName(value) || (Array.isArray(value) && value.length > 0 && value.every(isTypeName)),
  },
  nullable: BOOLEAN_SHAPE,
  enum: {
    expected: "a list of values that is not empty",
    fits: (value: Json) => Array.isArray(value) && value.length > 0,
  },
  const: { expected: "a value", fits: () => true },

  $ref: STRING_SHAPE,
  $dynamicRef: STRING_SHAPE,
  $id: STRING_SHAPE,
  $anchor: STRING_SHAPE,
  $dynamicAnchor: STRING_SHAPE,
  $defs: SCHEMA_MAP,
  definitions: SCHEMA_MAP,

  allOf: SCHEMA_LIST,
  anyOf: SCHEMA_LIST,
  oneOf: SCHEMA_LIST,
  not: SCHEMA,
  if: SCHEMA,
  then: SCHEMA,
  else: SCHEMA,

  properties: SCHEMA_MAP,
  patternProperties: SCHEMA_MAP,
  additionalProperties: SCHEMA,
  unevaluatedProperties: SCHEMA,
  propertyNames: SCHEMA,
  required: { expected: "a list of strings", fits: isNames },
  minProperties: COUNT,
  maxProperties: COUNT,
  dependentRequired: {
    expected: "an object whose values are lists of strings",
    fits: (value: Json) => isMap(value, isNames),
  },
  dependentSchemas: SCHEMA_MAP,
  dependencies: {
    expected: "an object whose values are schemas or lists of strings",
    fits: (value: Json) => isMap(value, (item) => isSchema(item) || isNames(item)),
    schemas: ofMap,
  },

  items: {
    expected: "a schema (an object, true or false), or a list of schemas",
    fits: (value: Json) => isSchema(value) || isList(value, isSchema),
    schemas: (value: Json) => Array.isArray(value) ? ofList(value) : itself(value),
  },
  prefixItems: SCHEMA_LIST,
  additionalItems: SCHEMA,
  unevaluatedItems: SCHEMA,
  contains: SCHEMA,
  minContains: COUNT,
  maxContains: COUNT,
  minItems: COUNT,
  maxItems: COUNT,
  uniqueItems: BOOLEAN_SHAPE,

  minLength: COUNT,
  maxLength: COUNT,
  pattern: STRING_SHAPE,
  format: STRING_SHAPE,

  minimum: NUMBER_SHAPE,
  maximum: NUMBER_SHAPE,
  exclusiveMinimum: EXCLUSIVE,
  exclusiveMaximum: EXCLUSIVE,
  multipleOf: { expected: "a number above 0", fits: (value: Json) => typeof value === "number" && value > 0 },
}));
