import type { Expression } from "../grammar/grammar.ts";
import {
  type Automaton,
  compilePattern,
  integersBetween,
  noText,
  numbersBetween,
  TooLarge,
  toRules,
} from "../grammar/mod.ts";
import type { Compilation } from "./compilation.ts";
import type { Bound, Constraints } from "./constraints.ts";
import type { Emitter } from "./emitter.ts";
import { exactFraction, leastMultiple } from "./exact_fraction.ts";
import { JSON_INTEGER, JSON_NUMBER } from "./json_texts.ts";

/** What numbers must be, `step` being what integers are multiples of. */
interface NumberLanguage {
  integer: boolean;
  fraction: boolean;
  lower: Bound | undefined;
  upper: Bound | undefined;
  step: number;
  excluded: number[];
}

/** As far as numbers without an exponent go. */
const WIDEST = 999_999_999_999_999;

/** The numbers that constraints allow, as automata over their texts. */
export class Numbers {
  readonly #compilation: Compilation;
  readonly #automata = new Map<string, Automaton | undefined>();
  readonly #rules = new Map<string, Expression>();

  constructor(compilation: Compilation) {
    this.#compilation = compilation;
  }

  /** Whether a number is allowed. */
  fits(value: number, { integer, fraction, lower, upper, multiples }: Constraints): boolean {
    if (Number.isInteger(value) ? fraction : integer) return false;
    if (lower !== undefined && (lower.exclusive ? value <= lower.value : value < lower.value)) return false;
    if (upper !== undefined && (upper.exclusive ? value >= upper.value : value > upper.value)) return false;
    return multiples.every((multiple) => isMultiple(value, multiple.value));
  }

  isEmpty(constraints: Constraints): boolean {
    return this.#automaton(this.#language(constraints, false))?.isEmpty ?? false;
  }

  /** What derives the numbers. */
  expression(constraints: Constraints, emitter: Emitter, pointer: string): Expression {
    const language = this.#language(constraints, true);
    const { integer } = language;
    const key = JSON.stringify(language);
    const known = this.#rules.get(key);
    if (known !== undefined) return known;
    const automaton = this.#automaton(language, pointer);
    if (automaton === undefined) {
      return emitter.shared(integer ? "integer" : "number", () => integer ? JSON_INTEGER : JSON_NUMBER);
    }
    if (automaton.isEmpty) return emitter.nothing({ pointer, keyword: causeOf(constraints) });
    const { rules, start } = toRules(automaton, {
      prefix: `${emitter.newName(integer ? "integer" : "number")}--s`,
      encode: "plain",
    });
    for (const [name, expression] of Object.entries(rules)) emitter.define(name, expression);
    this.#rules.set(key, start);
    return start;
  }

  #language({ integer, fraction, lower, upper, multiples, excluded }: Constraints, relax: boolean): NumberLanguage {
    let step = 1n;
    let whole = integer;
    // An integer multiple makes integers of all.
    if (multiples.some(({ value }) => exactFraction(value).denominator === 1n)) whole = true;
    for (const { value, pointer } of multiples) {
      if (whole) step = leastMultiple(step, exactFraction(value).numerator);
      else if (relax) this.#compilation.relax(pointer, "multipleOf", "only multiples of integers can be held");
    }
    const numbers = excluded.filter((value) => typeof value === "number");
    return { integer: whole, fraction, lower, upper, step: Number(step), excluded: numbers };
  }

  /** Undefined: any number, or any integer. */
  #automaton(language: NumberLanguage, pointer = ""): Automaton | undefined {
    const { fraction, lower, upper, step, excluded } = language;
    if (!fraction && lower === undefined && upper === undefined && step === 1 && excluded.length === 0) {
      return undefined;
    }
    const key = JSON.stringify(language);
    if (!this.#automata.has(key)) this.#automata.set(key, this.#make(language, pointer));
    return this.#automata.get(key);
  }

  #make({ integer, fraction, lower, upper, step, excluded }: NumberLanguage, pointer: string): Automaton | undefined {
    const limits = {
      // Numbers without bounds may have exponents, by which 15e-1 and 1.5 are the same.
      ...(lower === undefined && upper === undefined ? { minimum: -WIDEST, maximum: WIDEST } : {}),
      ...(lower === undefined ? {} : { [lower.exclusive ? "exclusiveMinimum" : "minimum"]: lower.value }),
      ...(upper === undefined ? {} : { [upper.exclusive ? "exclusiveMaximum" : "maximum"]: upper.value }),
    };
    const within = (multipleOf: number): Automaton => {
      if (!integer) return numbersBetween(limits);
      return integersBetween({ ...limits, ...(multipleOf === 1 ? {} : { multipleOf }) });
    };
    let automaton: Automaton;
    try {
      automaton = within(step);
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      this.#compilation.relax(pointer, "multipleOf", error.message);
      automaton = within(1);
    }
    // 1.0 is an integer, too.
    if (fraction) automaton = automaton.intersect(compilePattern("\\.\\d*[1-9]"));
    return excluded.length === 0 ? automaton : automaton.subtract(spellings(excluded));
  }
}

/** Ajv's way: what is left of a division. */
function isMultiple(value: number, of: number): boolean {
  return Number.isInteger(value / of);
}

/** All ways to write these numbers. */
function spellings(values: number[]): Automaton {
  return values.map((value) => numbersBetween({ minimum: value, maximum: value }))
    .reduce((all, each) => all.union(each), noText());
}

function causeOf({ multiples, lower, upper, integer }: Constraints): string {
  if (lower !== undefined) return "minimum";
  if (upper !== undefined) return "maximum";
  return multiples.length > 0 ? "multipleOf" : integer ? "type" : "not";
}
