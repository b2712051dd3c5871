import type { Expression } from "./grammar.ts";

/** Exactly this text. */
export function text(text: string): Expression {
  return { kind: "text", text };
}

/** One code point of these: single characters, or the first and the last of a range. */
export function chars(...ranges: (string | readonly [string, string])[]): Expression {
  const points = ranges.map((range): [number, number] => {
    const [first, last] = typeof range === "string" ? [range, range] : range;
    return [first.codePointAt(0) ?? 0, last.codePointAt(0) ?? 0];
  });
  return { kind: "chars", ranges: points.sort(([a], [b]) => a - b) };
}

/** One behind the other. */
export function sequence(...items: Expression[]): Expression {
  const [only] = items;
  return items.length === 1 && only !== undefined ? only : { kind: "sequence", items };
}

/** One of these, at least one. */
export function choice(...options: Expression[]): Expression {
  const [only] = options;
  return options.length === 1 && only !== undefined ? only : { kind: "choice", options };
}

/** The same again and again, `min` to `max` times; without `max` without end. */
export function repeat(item: Expression, min: number, max?: number): Expression {
  return { kind: "repeat", item, min, ...(max === undefined ? {} : { max }) };
}

/** This or nothing. */
export function optional(item: Expression): Expression {
  return repeat(item, 0, 1);
}

/** What the rule of this name derives. */
export function rule(name: string): Expression {
  return { kind: "rule", name };
}

/** The control token of this text, or its letters. */
export function marker(text: string): Expression {
  return { kind: "marker", text };
}

/** Anything up to and with this text. */
export function until(text: string): Expression {
  return { kind: "until", ends: [text] };
}

/** A sequence in which neighbouring texts are one. */
export function joined(items: readonly Expression[]): Expression {
  const parts: Expression[] = [];
  for (const item of items.flatMap((each) => each.kind === "sequence" ? each.items : [each])) {
    const last = parts.at(-1);
    if (item.kind === "text" && item.text === "") continue;
    if (item.kind === "text" && last?.kind === "text") parts[parts.length - 1] = text(last.text + item.text);
    else parts.push(item);
  }
  return parts.length === 0 ? text("") : sequence(...parts);
}
