/** A piece of a rendered text: a marker such as `<|im_start|>` or `[INST]`, or what is between two. */
export interface Segment {
  kind: "marker" | "text";
  value: string;
}

/** What two texts share at their start and end, and what is between. */
export interface TextDifference {
  prefix: string;
  suffix: string;
  left: string;
  right: string;
}

/** A text cut into markers (`<…>`, `[…]`) and what is between; joined again they are the text. */
export function segmentsOf(text: string): Segment[] {
  return [...text.matchAll(/<[^>]*>|\[[^\]]*\]|[^<[]+|[<[][^]*$/g)].map(([value]): Segment => ({
    kind: /^(<[^>]*>|\[[^\]]*\])$/.test(value) ? "marker" : "text",
    value,
  }));
}

/**
 * Compares two texts by whole markers, and within the text between them by characters: a marker is never cut, so that what differs begins
 * and ends with whole ones.
 */
export function differenceOf(left: string, right: string): TextDifference {
  const a = segmentsOf(left);
  const b = segmentsOf(right);
  const shortest = Math.min(a.length, b.length);
  let start = 0;
  while (start < shortest && isSame(a[start], b[start])) start++;
  let end = 0;
  while (end < shortest - start && isSame(a.at(-1 - end), b.at(-1 - end))) end++;
  const [restA, restB] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const [textA, textB] = [joined(restA), joined(restB)];
  const suffix = restA.at(-1)?.kind === "text" && restB.at(-1)?.kind === "text" ? commonEnd(textA, textB) : 0;
  const [headA, headB] = [textA.slice(0, textA.length - suffix), textB.slice(0, textB.length - suffix)];
  const prefix = restA[0]?.kind === "text" && restB[0]?.kind === "text" ? commonStart(headA, headB) : 0;
  if (left.length <= right.length && right.startsWith(left)) {
    return { prefix: left, suffix: "", left: "", right: right.slice(left.length) };
  }
  return {
    prefix: joined(a.slice(0, start)) + headA.slice(0, prefix),
    suffix: textA.slice(textA.length - suffix) + joined(a.slice(a.length - end)),
    left: headA.slice(prefix),
    right: headB.slice(prefix),
  };
}

/** How many UTF-16 units two texts share at their start. */
export function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

function commonEnd(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a.at(-1 - length) === b.at(-1 - length)) length++;
  return length;
}

function isSame(a: Segment | undefined, b: Segment | undefined): boolean {
  return a !== undefined && b !== undefined && a.kind === b.kind && a.value === b.value;
}

function joined(segments: Segment[]): string {
  return segments.map(({ value }) => value).join("");
}
