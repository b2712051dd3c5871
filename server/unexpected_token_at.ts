const LITERALS = ["true", "false", "null"];

/**
 * Where V8's "Unexpected token" is, which is all that it tells without a position: the offset of the first character that begins no value where
 * one must come; the text's length where there is none.
 *
 * @param text What `JSON.parse` has refused so: all before that character is right.
 */
export function unexpectedTokenAt(text: string): number {
  // A text begins as what follows a colon does: with a value.
  let before = ":";
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (" \t\n\r".includes(char)) continue;
    const wantsValue = "[,:".includes(before);
    if (char === '"') at = lastOfString(text, at);
    else if ("]},:".includes(char)) {
      if (wantsValue && before + char !== "[]") return at;
    } else if (wantsValue && !/[-\d[{]/.test(char)) {
      const wrong = wrongInLiteral(text, at);
      if (wrong !== undefined) return wrong;
    }
    before = char;
  }
  return text.length;
}

function lastOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length && text[at] !== '"'; at++) if (text[at] === "\\") at++;
  return at;
}

/** The first character that is not as one of the literals has it. */
function wrongInLiteral(text: string, start: number): number | undefined {
  const word = LITERALS.find((word) => text[start] === word[0]);
  if (word === undefined) return start;
  const index = Array.from(word).findIndex((char, index) => text[start + index] !== char);
  return index === -1 ? undefined : start + index;
}
