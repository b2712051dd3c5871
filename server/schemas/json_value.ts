import * as z from "zod";
import type { Json } from "../../lib/engine/mod.ts";
import { accepting } from "./accepting.ts";

/** An object of JSON, as it came: it is not looked into here. */
export const JsonObject = accepting(
  z.custom<{ [key: string]: Json }>(isObject, "expected an object"),
  z.record(z.string(), z.unknown()),
);

/** A JSON Schema, as it came; what reads it says what is wrong with it. */
export const JsonSchemaObject = accepting(
  z.custom<{ [keyword: string]: Json }>(isObject, "expected an object, which is a JSON Schema"),
  z.record(z.string(), z.unknown()),
);

/** Whatever was parsed from a body is JSON, so that an object of it is an object of JSON. */
function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
