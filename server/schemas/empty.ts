import * as z from "zod";
import { accepting } from "./accepting.ts";

/** A list that holds nothing, which asks for nothing. Its elements are not looked at one by one: there may be millions. */
export const EMPTY_ARRAY = accepting(
  z.custom<unknown[]>((value) => Array.isArray(value) && value.length === 0),
  z.array(z.unknown()).max(0),
);

/** An object without a key. */
export const EMPTY_OBJECT = accepting(
  z.custom<object>((value) => isObject(value) && Object.keys(value).length === 0),
  z.strictObject({}),
);

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
