import { ANY_CHAR, type CharRange, commonRanges, withoutRanges } from "./char_ranges.ts";
import { LINE_ENDS } from "./character_classes.ts";
import { PatternEscapes } from "./pattern_escapes.ts";
import type { Regular } from "./regular.ts";
import { TooLarge } from "./too_large.ts";

/** The characters that patterns without the flag `u` are about: units of UTF-16. */
export const ANY_UNIT: readonly CharRange[] = [[0, 0xffff]];

const COUNTS = /\{(\d+)(,?)(\d*)\}/y;
const NOTHING: Regular = { kind: "sequence", items: [] };
/** Of groups in groups; more would not fit the stack. */
const DEEPEST = 500;

/** Reads a pattern of ECMA-262 that the JavaScript engine has taken, so that there is no mistake in it. */
export class PatternParser {
  readonly #source: string;
  readonly #unicode: boolean;
  readonly #any: readonly CharRange[];
  readonly #escapes: PatternEscapes;
  #at = 0;
  #depth = 0;

  /** @param unicode Whether it is meant with the flag `u`. */
  constructor(source: string, unicode: boolean) {
    this.#source = source;
    this.#unicode = unicode;
    this.#any = unicode ? ANY_CHAR : ANY_UNIT;
    this.#escapes = new PatternEscapes(source, unicode);
  }

  /** @throws {UnsupportedPattern} for what no automaton can hold. */
  parse(): Regular {
    return this.#choice();
  }

  #choice(): Regular {
    if (++this.#depth > DEEPEST) throw new TooLarge(`Its groups are nested deeper than ${DEEPEST}`);
    const options = [this.#sequence()];
    while (this.#take("|")) options.push(this.#sequence());
    this.#depth--;
    return options.length === 1 ? options[0] ?? NOTHING : { kind: "choice", options };
  }

  #sequence(): Regular {
    const items: Regular[] = [];
    while (this.#at < this.#source.length && !this.#sees("|") && !this.#sees(")")) {
      items.push(this.#repeated(this.#part()));
    }
    return { kind: "sequence", items };
  }

  #part(): Regular {
    const position = this.#at;
    if (this.#take("^")) return { kind: "assertion", at: "start" };
    if (this.#take("$")) return { kind: "assertion", at: "end" };
    if (this.#take("\\b")) return { kind: "assertion", at: "boundary" };
    if (this.#take("\\B")) return { kind: "assertion", at: "inside" };
    if (this.#take("(?=")) return { kind: "ahead", item: this.#group(), negated: false, position };
    if (this.#take("(?!")) return { kind: "ahead", item: this.#group(), negated: true, position };
    for (const behind of ["(?<=", "(?<!"]) {
      if (this.#sees(behind)) throw this.#escapes.unsupported(`a lookbehind (${behind}…)`, position);
    }
    if (this.#take("(?:")) return this.#group();
    if (this.#take("(?<")) {
      this.#at = this.#source.indexOf(">", this.#at) + 1;
      return this.#group();
    }
    if (this.#sees("(?")) throw this.#escapes.unsupported("flags of its own for a group", position);
    if (this.#take("(")) return this.#group();
    // Half a pair is never met in a text.
    return { kind: "chars", ranges: commonRanges(this.#set(), this.#any) };
  }

  #group(): Regular {
    const inside = this.#choice();
    this.#take(")");
    return inside;
  }

  #repeated(item: Regular): Regular {
    const counts = this.#counts();
    if (counts === undefined) return item;
    this.#take("?");
    const [min, max] = counts;
    return { kind: "repeat", item, min, ...(max === Infinity ? {} : { max }) };
  }

  #counts(): [number, number] | undefined {
    if (this.#take("*")) return [0, Infinity];
    if (this.#take("+")) return [1, Infinity];
    if (this.#take("?")) return [0, 1];
    COUNTS.lastIndex = this.#at;
    const found = COUNTS.exec(this.#source);
    if (found === null) return undefined;
    const [{ length }, min = "", comma, max] = found;
    this.#at += length;
    if (comma === "") return [Number(min), Number(min)];
    return [Number(min), max === "" ? Infinity : Number(max)];
  }

  /** The characters that one place may have. */
  #set(): readonly CharRange[] {
    if (this.#take(".")) return withoutRanges(this.#any, LINE_ENDS);
    if (this.#take("[")) return this.#class();
    return this.#character(false);
  }

  #class(): readonly CharRange[] {
    const negated = this.#take("^");
    const ranges: CharRange[] = [];
    while (!this.#take("]")) {
      const first = this.#character(true);
      if (!this.#sees("-") || this.#sees("-]")) {
        ranges.push(...first);
        continue;
      }
      this.#at++;
      const last = this.#character(true);
      const [low, high] = [single(first), single(last)];
      if (low !== undefined && high !== undefined) ranges.push([low, high]);
      else ranges.push(...first, [0x2d, 0x2d], ...last);
    }
    return negated ? withoutRanges(this.#any, ranges) : ranges;
  }

  /** One character, or the class of an escape. */
  #character(inClass: boolean): readonly CharRange[] {
    if (this.#sees("\\")) {
      const { ranges, length } = this.#escapes.read(this.#at, inClass);
      this.#at += length;
      return ranges;
    }
    const point = (this.#unicode ? this.#source.codePointAt(this.#at) : this.#source.charCodeAt(this.#at)) ?? 0;
    this.#at += point > 0xffff ? 2 : 1;
    return [[point, point]];
  }

  #sees(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    const seen = this.#sees(text);
    if (seen) this.#at += text.length;
    return seen;
  }
}

/** The character, where it is one. */
function single(ranges: readonly CharRange[]): number | undefined {
  const [range] = ranges;
  return ranges.length === 1 && range?.[0] === range?.[1] ? range?.[0] : undefined;
}
