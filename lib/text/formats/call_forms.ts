import { type CallForm, type Field, type Item, literal, space } from "./format.ts";

/** What most models write of a call. */
export const NAMED_FIELDS: Field[] = [
  { key: "name", is: "name" },
  { key: "arguments", also: ["parameters"], is: "arguments" },
];
/** `{"name": …, "arguments": …}` */
export const OBJECT: Item = { kind: "object", fields: NAMED_FIELDS };
/** The tool called. */
export const NAME: Item = { kind: "name" };
/** Its arguments, as JSON. */
export const ARGUMENTS: Item = { kind: "arguments" };

/** A list in JSON, between two markers. */
export function list(
  start: string,
  close: string | undefined,
  { call = OBJECT, line, end = "" }: { call?: Item | Item[]; line?: string; end?: string },
): CallForm {
  return {
    open: [literal(start), space(), literal("["), space(line ?? "")],
    call: [call].flat(),
    between: [space(), literal(","), space(line ?? " ")],
    close: [space(end), literal("]"), ...(close === undefined ? [] : [space(), literal(close)])],
  };
}

/** Each call between markers of its own, one below the other. */
export function wrapped(start: string, end: string, inner: readonly Item[], between = "\n"): CallForm {
  return { call: [literal(start), ...inner, literal(end)], between: [space(between)] };
}
