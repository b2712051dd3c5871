import { choice, sequence, text } from "../grammar/expressions.ts";
import type { Expression } from "../grammar/grammar.ts";

/** One of these texts; what several of them begin with is written once, so that a matcher follows one way instead of many. */
export function textChoice(texts: readonly string[]): Expression {
  return share([...new Set(texts)].sort());
}

function share(sorted: readonly string[]): Expression {
  const groups = new Map<string, string[]>();
  for (const each of sorted) {
    const [head = ""] = each;
    const group = groups.get(head);
    if (group === undefined) groups.set(head, [each]);
    else group.push(each);
  }
  return choice(...[...groups.values()].map((group) => {
    const [first = ""] = group;
    if (group.length === 1) return text(first);
    const shared = commonPrefix(first, group.at(-1) ?? first);
    return sequence(text(shared), share(group.map((each) => each.slice(shared.length))));
  }));
}

/** Of sorted texts the first and the last have in common what all have. Never half a character. */
function commonPrefix(first: string, last: string): string {
  const [a, b] = [[...first], [...last]];
  const length = a.findIndex((character, i) => character !== b[i]);
  return length < 0 ? first : a.slice(0, length).join("");
}
