import type * as z from "zod";
import { EngineError } from "../lib/errors.ts";

type Issue = z.core.$ZodIssue;

const FOUND_LENGTH = 60;

const TYPE_NAMES: Record<string, string> = {
  array: "an array",
  boolean: "true or false",
  int: "an integer",
  number: "a number",
  object: "an object",
  string: "a string",
};

/**
 * Turns what zod found wrong with a request body into an error that names the parameter, e.g.
 * `Invalid "messages.0.role": expected one of "system", "user", found "x"`.
 *
 * @param issue The first of zod's issues.
 * @param body The body as it was parsed, to quote the value from.
 */
export function describeIssue(issue: Issue, body: unknown): EngineError {
  const leaves = deepest(issue, []);
  const path = leaves[0]?.path ?? [];
  const param = path.map(String).join(".");
  const value = valueAt(body, path);
  const expected = [...new Set(leaves.map((leaf) => describeExpected(leaf.issue)))].join(" or ");
  const subject = param === "" ? "request body" : `"${param}"`;
  const message = leaves[0]?.issue.code === "custom"
    ? `Invalid ${subject}: ${expected}`
    : value === undefined
    ? `Missing ${subject}: expected ${expected}`
    : `Invalid ${subject}: expected ${expected}, found ${describeFound(value)}`;
  return new EngineError("invalid_value", message, { param: param === "" ? undefined : param });
}

/** An issue with its path from the body's root: those inside a union count theirs from the union. */
interface Leaf {
  issue: Issue;
  path: PropertyKey[];
}

/** Of a union's branches, the issues that lie deepest, and of a list furthest behind: the branch that the client meant got furthest. */
function deepest(issue: Issue, base: PropertyKey[]): Leaf[] {
  const path = [...base, ...issue.path];
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [{ issue, path }];
  const leaves = issue.errors.flatMap((branch) => branch.slice(0, 1)).flatMap((inner) => deepest(inner, path));
  const depth = Math.max(...leaves.map((leaf) => leaf.path.length));
  const deep = leaves.filter((leaf) => leaf.path.length === depth);
  const furthest = Math.max(...deep.map(lastIndex));
  return deep.filter((leaf) => lastIndex(leaf) === furthest);
}

/** The last place in a list that a path leads through; -1 where it leads through none. */
function lastIndex({ path }: Leaf): number {
  return path.findLast((key) => typeof key === "number") ?? -1;
}

function describeExpected(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPE_NAMES[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.map((value) => typeof value === "string" ? `"${value}"` : String(value)).join(" or ");
    case "not_multiple_of":
      return "an integer";
    case "too_small":
      return describeBound(issue, issue.inclusive ? "at least" : "more than", issue.minimum);
    case "too_big":
      return describeBound(issue, issue.inclusive ? "at most" : "less than", issue.maximum);
    default:
      return issue.message;
  }
}

function describeBound(issue: { origin: string }, words: string, bound: number | bigint): string {
  const units: Record<string, string> = { string: " characters", array: " elements" };
  const unit = units[issue.origin] ?? "";
  return `${words} ${bound}${bound === 1 ? unit.slice(0, -1) : unit}`;
}

/** Quotes a value; what is nested is only named, since a client may nest as deep as its body is long. */
function describeFound(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value !== "string") return String(value);
  const shown = JSON.stringify(value.slice(0, FOUND_LENGTH));
  return value.length > FOUND_LENGTH ? `${shown}…` : shown;
}

function valueAt(body: unknown, path: PropertyKey[]): unknown {
  let value = body;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
