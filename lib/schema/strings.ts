import { sequence, text } from "../grammar/expressions.ts";
import type { Expression } from "../grammar/grammar.ts";
import {
  anyOf,
  anyText,
  type Automaton,
  compilePattern,
  complement,
  formatPattern,
  lengthBetween,
  noText,
  TooLarge,
  toRules,
  UnsupportedPattern,
} from "../grammar/mod.ts";
import { type Constraints, type Goal, type Limits, STRING, type StringTest } from "./constraints.ts";
import type { Emitter } from "./emitter.ts";
import type { Expander } from "./expander.ts";
import { finiteStrings } from "./finite_strings.ts";
import type { KeywordPlace } from "./schema_types.ts";

/** What matches a pattern, and what does not; undefined are none. */
type Split = [Automaton | undefined, Automaton | undefined];

/** Work of an operation on automata. */
const AUTOMATON_WORK = 20;
/** Work of one that turns out too large. */
const REFUSED_WORK = 5000;

/** The strings that constraints allow, as automata. */
export class Strings {
  readonly #expander: Expander;
  /** Undefined: it is not understood. */
  readonly #tests = new Map<string, Automaton | undefined>();
  /** Why those are not understood that are not. */
  readonly #refused = new Map<string, string>();
  /** Undefined: any string. */
  readonly #languages = new Map<string, Automaton | undefined>();
  readonly #rules = new Map<Automaton, Expression>();
  readonly #names = new Map<string, Automaton | undefined>();
  readonly #splits = new Map<Automaton | undefined, Map<string, Split>>();

  constructor(expander: Expander) {
    this.#expander = expander;
  }

  /** Whether a string is in the language. */
  fits(value: string, { tests, length }: Constraints): boolean {
    const count = [...value].length;
    if (count < length.min || count > length.max) return false;
    return tests.every((test) => this.#tested(test)?.accepts(value) ?? true);
  }

  isEmpty(constraints: Constraints): boolean {
    const { min, max } = constraints.length;
    return min > max || (this.#language(constraints)?.isEmpty ?? false);
  }

  /** What derives the strings as JSON. */
  expression(constraints: Constraints, emitter: Emitter, pointer: string): Expression {
    const { min, max, minPointer, maxPointer } = constraints.length;
    if (min > max) return emitter.nothing({ pointer: minPointer || maxPointer, keyword: "minLength" });
    const language = this.#language(constraints);
    if (language === undefined) return emitter.freeString(min, max);
    const [test] = constraints.tests;
    if (language.isEmpty) {
      return emitter.nothing({ pointer: test?.pointer ?? pointer, keyword: test?.keyword ?? "not" });
    }
    return this.rule(language, emitter, "string");
  }

  /** A rule that derives these strings as JSON. */
  rule(language: Automaton, emitter: Emitter, base: string): Expression {
    const known = this.#rules.get(language);
    if (known !== undefined) return known;
    const { rules, start } = toRules(language, { prefix: `${emitter.newName(base)}--s`, encode: "json" });
    for (const [name, expression] of Object.entries(rules)) emitter.define(name, expression);
    const made = sequence(text('"'), start, text('"'));
    this.#rules.set(language, made);
    return made;
  }

  /** The strings that match a pattern; undefined, and relaxed, where it is not understood. */
  pattern(source: string, { pointer, keyword }: KeywordPlace): Automaton | undefined {
    return this.#compiled(`pattern ${source}`, { pointer, keyword }, () => compilePattern(source));
  }

  /** Those of a language that match a pattern, and those that don't; undefined are none. */
  split(language: Automaton | undefined, source: string, pointer: string): Split {
    const known = this.#splits.get(language) ?? new Map<string, Split>();
    this.#splits.set(language, known);
    const split = known.get(source) ?? this.#split(language, source, pointer);
    known.set(source, split);
    return split;
  }

  #split(language: Automaton | undefined, source: string, pointer: string): Split {
    const place = { pointer, keyword: "patternProperties" };
    const all = language ?? anyText();
    const pattern = this.pattern(source, place);
    const parts = pattern && this.#attempt(place, () => [all.intersect(pattern), all.subtract(pattern)]);
    if (parts === undefined) return [undefined, all];
    const [inside, outside] = parts.map((part) => part.isEmpty ? undefined : part);
    return [inside, outside];
  }

  /** The names that are none of these and fit the goal; undefined: any name. */
  others(names: readonly string[], goal: Goal, place: KeywordPlace): Automaton | undefined {
    const key = JSON.stringify([names, this.#expander.ids.goal(goal)]);
    if (!this.#names.has(key)) this.#names.set(key, this.#others(names, goal, place));
    return this.#names.get(key);
  }

  #others(names: readonly string[], goal: Goal, place: KeywordPlace): Automaton | undefined {
    let language: Automaton | undefined;
    const narrow = (automaton: () => Automaton, at: KeywordPlace): void => {
      const made = this.#attempt(at, () => language === undefined ? automaton() : language.intersect(automaton()));
      language = made ?? language;
    };
    if (names.length > 0) narrow(() => complement(anyOf(names)), place);
    if (goal.length === 0) return language;
    const own = { pointer: goal[0]?.pointer ?? "", keyword: "propertyNames" };
    const cases = this.#expander.expand(goal).cases.filter(({ types }) => (types & STRING) !== 0);
    const languages = cases.map((each) => this.#listed(each) ?? this.#language(each));
    if (cases.length === 0) return noText();
    if (languages.includes(undefined) && cases.every(({ length }) => length.min === 0 && length.max === Infinity)) {
      return language;
    }
    cases.forEach(({ length }, i) => languages[i] ??= lengthBetween(length.min, finite(length.max)));
    narrow(
      () => languages.reduce<Automaton>((sum, each) => each === undefined ? sum : sum.union(each), noText()),
      own,
    );
    return language;
  }

  /** The strings that fit, when they are listed; undefined otherwise. */
  finite(goal: Goal): string[] | undefined {
    return finiteStrings(this.#expander.expand(goal).cases, this);
  }

  #listed(constraints: Constraints): Automaton | undefined {
    const list = finiteStrings([constraints], this);
    return list === undefined ? undefined : list.length === 0 ? noText() : anyOf(list);
  }

  /** Undefined: strings of the right length, without tests. */
  #language({ tests, length, excluded }: Constraints): Automaton | undefined {
    const others = excluded.filter((value) => typeof value === "string");
    if (tests.length === 0 && others.length === 0) return undefined;
    const key = JSON.stringify([tests, length, others]);
    if (!this.#languages.has(key)) this.#languages.set(key, this.#make(tests, length, others));
    return this.#languages.get(key);
  }

  #make(tests: StringTest[], { min, max, minPointer, maxPointer }: Limits, others: string[]): Automaton | undefined {
    let language: Automaton | undefined;
    const narrow = (automaton: Automaton | undefined, place: KeywordPlace): void => {
      if (automaton === undefined) return;
      const before = language;
      language = before === undefined ? automaton : this.#attempt(place, () => before.intersect(automaton)) ?? before;
    };
    for (const test of tests) narrow(this.#tested(test), test);
    if (others.length > 0) narrow(complement(anyOf(others)), { pointer: tests[0]?.pointer ?? "", keyword: "not" });
    if (language === undefined) return undefined;
    const limit = (from: number, to: number, place: KeywordPlace): void =>
      narrow(this.#attempt(place, () => lengthBetween(from, finite(to))), place);
    if (min > 0) limit(min, Infinity, { pointer: minPointer, keyword: "minLength" });
    if (max < Infinity) limit(0, max, { pointer: maxPointer, keyword: "maxLength" });
    return language;
  }

  /** The strings that pass a test; undefined are all, also where it is not understood. */
  #tested(test: StringTest): Automaton | undefined {
    const { keyword, value, negated } = test;
    const positive = keyword === "pattern"
      ? this.pattern(value, test)
      : this.#compiled(`format ${value}`, test, () => formatPattern(value));
    if (!negated) return positive;
    // Every string has a format that is not known.
    if (positive === undefined && keyword !== "pattern" && !this.#refused.has(`format ${value}`)) return noText();
    if (positive === undefined) return undefined;
    return this.#compiled(`not ${keyword} ${value}`, test, () => complement(positive));
  }

  #compiled(key: string, place: KeywordPlace, make: () => Automaton | undefined): Automaton | undefined {
    const refused = this.#refused.get(key);
    // What is not understood is relaxed at each place.
    if (refused !== undefined) this.#expander.compilation.relax(place.pointer, place.keyword, refused);
    if (this.#tests.has(key)) return this.#tests.get(key);
    const made = this.#attempt(place, make, key);
    this.#tests.set(key, made);
    return made;
  }

  /** Relaxes the keyword where an automaton can't be made. */
  #attempt<T>(place: KeywordPlace, make: () => T | undefined, key?: string): T | undefined {
    this.#expander.compilation.spend(AUTOMATON_WORK, place.pointer);
    try {
      return make();
    } catch (error) {
      if (!(error instanceof UnsupportedPattern || error instanceof TooLarge)) throw error;
      // It has cost as much as it may before it was given up.
      if (error instanceof TooLarge) this.#expander.compilation.spend(REFUSED_WORK, place.pointer);
      if (key !== undefined) this.#refused.set(key, error.message);
      this.#expander.compilation.relax(place.pointer, place.keyword, error.message);
      return undefined;
    }
  }
}

function finite(max: number): number | undefined {
  return max === Infinity ? undefined : max;
}
