import { GrammarError, type TextPosition } from "./grammar_error.ts";

const SHORT_ESCAPES: Record<string, string> = {
  t: "\t",
  r: "\r",
  n: "\n",
  "\\": "\\",
  '"': '"',
  "[": "[",
  "]": "]",
  "-": "-",
};
const HEX_ESCAPES: Record<string, number> = { x: 2, u: 4, U: 8 };

/** A place in the text of a grammar. */
export class GbnfCursor {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isOver(): boolean {
    return this.at >= this.text.length;
  }

  /** Whether this stands here. */
  sees(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }

  /** Goes behind a text, where it stands here. */
  take(text: string): boolean {
    const seen = this.sees(text);
    if (seen) this.at += text.length;
    return seen;
  }

  /** What of a sticky expression stands here, and goes behind it. */
  match(expression: RegExp): string {
    expression.lastIndex = this.at;
    const [found] = expression.exec(this.text) ?? [""];
    this.at += found.length;
    return found;
  }

  /** Goes behind blanks and comments, and where `lines` says so behind the ends of lines, too. */
  skip(lines: boolean): void {
    this.match(lines ? /(?:[ \t\r\n]|#[^\r\n]*)*/y : /[ \t]*(?:#[^\r\n]*)?/y);
  }

  /** A code point of a literal or a class: as it is, or escaped. */
  character(): number {
    if (!this.sees("\\")) {
      const point = this.text.codePointAt(this.at) ?? this.#fail("a character");
      this.at += point > 0xffff ? 2 : 1;
      return point;
    }
    const letter = this.text[this.at + 1] ?? "";
    const short = SHORT_ESCAPES[letter];
    if (short !== undefined) {
      this.at += 2;
      return short.charCodeAt(0);
    }
    const length = HEX_ESCAPES[letter] ??
      this.#fail('\\n, \\r, \\t, \\\\, \\", \\[, \\], \\-, \\xHH, \\uHHHH or \\UHHHHHHHH');
    const digits = this.text.slice(this.at + 2, this.at + 2 + length);
    const point = /^[\da-f]+$/i.test(digits) && digits.length === length ? parseInt(digits, 16) : -1;
    if (point < 0) this.#fail(`${length} hexadecimal digits behind \\${letter}`);
    if (point > 0x10ffff) this.#fail("a code point up to \\U0010FFFF");
    this.at += 2 + length;
    return point;
  }

  /** @throws {GrammarError} that says what stands here, and what should. */
  fail(expected: string, at: number = this.at): never {
    this.at = at;
    return this.#fail(expected);
  }

  #fail(expected: string): never {
    throw new GrammarError(`found ${this.#found()}, expected ${expected},`, this.position(this.at));
  }

  #found(): string {
    if (this.isOver) return "its end";
    if (/[\r\n]/.test(this.text[this.at] ?? "")) return "the end of the line";
    const [word = ""] = /^(?:[\w-]+|\\?[^])/u.exec(this.text.slice(this.at, this.at + 40)) ?? [];
    return JSON.stringify(word);
  }

  position(at: number): TextPosition {
    const before = this.text.slice(0, at).split(/\r\n|[\r\n]/);
    return { line: before.length, column: [...before.at(-1) ?? ""].length + 1 };
  }
}
