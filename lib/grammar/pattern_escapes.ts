import { ANY_CHAR, type CharRange, withoutRanges } from "./char_ranges.ts";
import { DIGITS, propertyRanges, SPACE, WORD } from "./character_classes.ts";
import { UnsupportedPattern } from "./unsupported_pattern.ts";

/** What an escape stands for, and how long it is. */
interface Escape {
  ranges: readonly CharRange[];
  length: number;
}

const CLASSES: Record<string, readonly CharRange[]> = { d: DIGITS, w: WORD, s: SPACE };
const CONTROLS: Record<string, number> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

/** Reads what a backslash begins, in patterns that the JavaScript engine has taken; without the flag `u` as annex B of ECMA-262 has it. */
export class PatternEscapes {
  readonly #source: string;
  readonly #unicode: boolean;
  #groups: { count: number; named: boolean } | undefined;

  constructor(source: string, unicode: boolean) {
    this.#source = source;
    this.#unicode = unicode;
  }

  /** An error that says what can't be held. */
  unsupported(what: string, position: number): UnsupportedPattern {
    return new UnsupportedPattern(
      this.#source,
      `has ${what} at position ${position}, which no grammar can hold`,
      position,
    );
  }

  /** @throws {UnsupportedPattern} for backreferences. */
  read(at: number, inClass: boolean): Escape {
    const letter = this.#source[at + 1] ?? "";
    const lower = letter.toLowerCase();
    if ((lower === "p") && this.#unicode) return this.#property(at, letter);
    const set = CLASSES[lower];
    if (set !== undefined) {
      const any: readonly CharRange[] = this.#unicode ? ANY_CHAR : [[0, 0xffff]];
      return { ranges: letter === lower ? set : withoutRanges(any, set), length: 2 };
    }
    if (inClass && letter === "b") return one(8, 2);
    const control = CONTROLS[letter];
    if (control !== undefined) return one(control, 2);
    if (letter === "c") return this.#control(at, inClass);
    if (letter === "x" || letter === "u") return this.#hex(at, letter);
    if (/\d/.test(letter)) return this.#decimal(at, inClass);
    if (letter === "k" && !inClass && (this.#unicode || this.#allGroups().named)) {
      const end = this.#source.indexOf(">", at) + 1;
      throw this.unsupported(`a backreference (${this.#source.slice(at, end)})`, at);
    }
    const point = (this.#unicode ? this.#source.codePointAt(at + 1) : this.#source.charCodeAt(at + 1)) ?? 0;
    return one(point, point > 0xffff ? 3 : 2);
  }

  #property(at: number, letter: string): Escape {
    const end = this.#source.indexOf("}", at);
    const ranges = propertyRanges(this.#source.slice(at + 3, end));
    return { ranges: letter === "p" ? ranges : withoutRanges(ANY_CHAR, ranges), length: end + 1 - at };
  }

  #control(at: number, inClass: boolean): Escape {
    const letter = this.#source[at + 2] ?? "";
    const isControl = inClass && !this.#unicode ? /[\w]/.test(letter) : /[a-z]/i.test(letter);
    return isControl ? one(letter.charCodeAt(0) % 32, 3) : one(0x5c, 1);
  }

  #hex(at: number, letter: string): Escape {
    const rest = this.#source.slice(at, at + 12);
    if (letter === "x") {
      const found = /^\\x([\da-f]{2})/i.exec(rest);
      return found === null ? one(0x78, 2) : one(parseInt(found[1] ?? "", 16), 4);
    }
    if (this.#unicode) {
      const end = this.#source.indexOf("}", at);
      if (rest[2] === "{") return one(parseInt(this.#source.slice(at + 3, end), 16), end + 1 - at);
      const pair = /^\\u(d[89ab][\da-f]{2})\\u(d[c-f][\da-f]{2})/i.exec(rest);
      if (pair !== null) {
        const units = [pair[1], pair[2]].map((unit) => parseInt(unit ?? "", 16));
        return one(String.fromCharCode(...units).codePointAt(0) ?? 0, 12);
      }
    }
    const found = /^\\u([\da-f]{4})/i.exec(rest);
    return found === null ? one(0x75, 2) : one(parseInt(found[1] ?? "", 16), 6);
  }

  #decimal(at: number, inClass: boolean): Escape {
    const digits = /^\d+/.exec(this.#source.slice(at + 1, at + 20))?.[0] ?? "";
    const isZero = digits.startsWith("0");
    if (!inClass && !isZero && (this.#unicode || Number(digits) <= this.#allGroups().count)) {
      throw this.unsupported(`a backreference (\\${digits})`, at);
    }
    if (this.#unicode) return one(0, 2);
    const octal = /^(?:[0-3][0-7]{0,2}|[4-7][0-7]?)/.exec(digits)?.[0];
    return octal === undefined ? one(digits.charCodeAt(0), 2) : one(parseInt(octal, 8), 1 + octal.length);
  }

  /** How many groups there are that are captured, and whether one has a name. */
  #allGroups(): { count: number; named: boolean } {
    if (this.#groups !== undefined) return this.#groups;
    let [count, named, inClass] = [0, false, false];
    for (const [token] of this.#source.matchAll(/\\[^]|\[|\]|\((?:\?(?:<(?![=!]))?)?/g)) {
      if (token === "[") inClass = true;
      else if (token === "]") inClass = false;
      else if (!inClass && (token === "(" || token === "(?<")) count++;
      if (!inClass && token === "(?<") named = true;
    }
    return this.#groups = { count, named };
  }
}

function one(point: number, length: number): Escape {
  return { ranges: [[point, point]], length };
}
