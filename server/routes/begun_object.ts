import type { Json } from "../../lib/engine/mod.ts";

type JsonObject = { [key: string]: Json };

/**
 * The object that a text of JSON begins, with all of its values that are whole: a text that is cut off ends behind the last of them.
 *
 * @param text JSON of an object, or its beginning.
 * @returns An empty object where it is neither.
 */
export function begunObject(text: string): JsonObject {
  return parseObject(text) ?? parseObject(closed(text)) ?? {};
}

/**
 * The object that a text of JSON is.
 *
 * @returns Undefined where it is none.
 */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // What JSON.parse makes of an object is one of JSON.
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value as JsonObject : undefined;
  } catch {
    return undefined; // It is told so.
  }
}

/** One piece of JSON: a string, of which the last may lack its end, a number or word, or a mark. */
const PIECE = /"(?:[^"\\]|\\.)*"|".*|[-+.\w]+|[{}[\]:,]/gs;

/** A piece that cannot go on, also where nothing follows it; numbers and beginnings can. */
const ENDED = /^(?:[{}[\]]|"(?:[^"\\]|\\.)*"|true|false|null)$/s;

/** A beginning of JSON up to its last whole value, with the brackets that are open there closed. */
function closed(text: string): string {
  const open: string[] = [];
  let whole = "";
  let isKey = false;
  for (const match of text.matchAll(PIECE)) {
    const [piece] = match;
    const end = match.index + piece.length;
    if (piece === "{" || piece === "[") {
      open.push(piece === "{" ? "}" : "]");
      isKey = piece === "{";
    } else if (piece === "}" || piece === "]") open.pop();
    else if (piece === ":") isKey = false;
    else if (piece === ",") isKey = open.at(-1) === "}";
    const mayGoOn = end === text.length && !ENDED.test(piece);
    if (piece === ":" || piece === "," || isKey && piece !== "{" || mayGoOn) continue;
    whole = text.slice(0, end) + open.toReversed().join("");
  }
  return whole;
}
