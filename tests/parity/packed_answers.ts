/**
 * An answer as the fixture keeps it: the text; what an earlier one begins with (`as` its number, `to` so many UTF-16 units), and what
 * follows `then`; or why llama-server refused.
 */
export type PackedAnswer = string | { as: number; to: number; then: string } | { refused: string };

/** What llama-server answered. */
export type Answer = string | { refused: string };

/** Units that must be the same for an answer to point to an earlier one. */
const LEAST = 48;

/** Makes answers short that begin like an earlier one, as most with the same tools do. */
export function packAnswers(answers: Answer[]): PackedAnswer[] {
  return answers.map((answer, i) => {
    if (typeof answer !== "string") return answer;
    const shared = answers.slice(0, i).map((earlier) => typeof earlier === "string" ? commonStart(earlier, answer) : 0);
    const to = Math.max(0, ...shared);
    return to < LEAST ? answer : { as: shared.indexOf(to), to, then: answer.slice(to) };
  });
}

/** The answers again. */
export function unpackAnswers(packed: PackedAnswer[]): Answer[] {
  const answers: Answer[] = [];
  for (const each of packed) {
    if (typeof each === "string" || "refused" in each) answers.push(each);
    else answers.push(String(answers[each.as]).slice(0, each.to) + each.then);
  }
  return answers;
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
