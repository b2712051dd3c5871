import { choice, repeat, rule, sequence, text } from "../grammar/expressions.ts";
import type { Expression } from "../grammar/grammar.ts";
import { MOST_RULES } from "../grammar/grammar_limits.ts";
import { ArrayRules } from "./array_rules.ts";
import { ARRAY, BOOLEAN, type Constraints, type Goal, NULL, NUMBER, OBJECT, STRING } from "./constraints.ts";
import type { Expander } from "./expander.ts";
import { JSON_CHARACTER, nothing } from "./json_texts.ts";
import type { Numbers } from "./numbers.ts";
import { ObjectCase } from "./object_case.ts";
import { ObjectRules } from "./object_rules.ts";
import { isAllowed, scalarsOf } from "./scalars_of.ts";
import type { KeywordPlace, Scalar } from "./schema_types.ts";
import type { Strings } from "./strings.ts";
import { textChoice } from "./text_choice.ts";

const LONGEST_NAME = 40;
/** As JSON. */
const LONGEST_INLINE = 400;

/** Rules of a grammar as they are made. */
export class Emitter {
  readonly rules: Record<string, Expression> = {};
  readonly expander: Expander;
  readonly strings: Strings;
  readonly numbers: Numbers;
  readonly #prefix: string;
  readonly #known = new Map<string, Expression>();
  readonly #names = new Set<string>();
  /** How many names begin with each base. */
  readonly #counts = new Map<string, number>();
  /** Where expressions that derive nothing come from. */
  readonly #causes = new Map<Expression, KeywordPlace>();

  constructor(
    { expander, strings, numbers, prefix }: { expander: Expander; strings: Strings; numbers: Numbers; prefix: string },
  ) {
    this.expander = expander;
    this.strings = strings;
    this.numbers = numbers;
    this.#prefix = prefix;
  }

  /** What derives the JSON texts of all values that fit. */
  goal(given: Goal): Expression {
    const goal = this.expander.simplify(given);
    const key = this.expander.ids.goal(goal);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { cases, cause } = this.expander.expand(goal);
    const pointer = goal[0]?.pointer ?? "";
    if (cases.length === 0) return this.nothing(cause ?? { pointer, keyword: "type" });
    const slug = goal.length === 0 ? "value" : slugOf(pointer);
    if (!cases.some(({ types, values }) => values === undefined && (types & (ARRAY | OBJECT)) !== 0)) {
      const expression = this.#named(this.#union(cases, pointer), slug);
      this.#known.set(key, expression);
      return expression;
    }
    // What is inside may lead back here.
    const name = this.newName(slug);
    this.#known.set(key, rule(name));
    this.define(name, this.#union(cases, pointer, name));
    return rule(name);
  }

  /** What is long is written once. */
  #named(expression: Expression, slug: string): Expression {
    if (this.causeOf(expression) !== undefined || JSON.stringify(expression).length <= LONGEST_INLINE) {
      return expression;
    }
    const name = this.newName(slug);
    this.define(name, expression);
    return rule(name);
  }

  /** A name that no rule has, or will have. */
  newName(base: string): string {
    let count = this.#counts.get(base) ?? 0;
    let name: string;
    do {
      name = this.#prefix + base + (count === 0 ? "" : `-${count + 1}`);
      count++;
    } while (this.#names.has(name));
    this.#counts.set(base, count);
    this.#names.add(name);
    return name;
  }

  /** Adds a rule. */
  define(name: string, expression: Expression): void {
    this.#names.add(name);
    this.rules[name] = expression;
    if (this.#names.size > MOST_RULES) {
      throw this.expander.compilation.error("", `its grammar has more than ${MOST_RULES} rules; simplify it`);
    }
  }

  /** A rule that is made when it is first asked for. */
  shared(base: string, make: (name: string) => Expression): Expression {
    const key = `shared ${base}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = this.newName(base);
    this.#known.set(key, rule(name));
    this.define(name, make(name));
    return rule(name);
  }

  /** Nothing derives it, because of a keyword. */
  nothing(cause: KeywordPlace): Expression {
    const expression = nothing();
    this.#causes.set(expression, cause);
    return expression;
  }

  /** Because of which keyword nothing derives an expression, if it is one that {@linkcode nothing} made. */
  causeOf(expression: Expression): KeywordPlace | undefined {
    return this.#causes.get(expression);
  }

  /** A string of so many characters, each as it is or escaped. */
  freeString(min: number, max: number): Expression {
    if (min > max) return nothing();
    const character = this.shared("character", () => JSON_CHARACTER);
    const make = (): Expression =>
      sequence(text('"'), repeat(character, min, max === Infinity ? undefined : max), text('"'));
    return min === 0 && max === Infinity ? this.shared("string", make) : make();
  }

  #union(cases: readonly Constraints[], pointer: string, name?: string): Expression {
    const options = new Map<string, Expression>();
    const texts: string[] = [];
    cases.forEach((each, i) => {
      for (const option of this.#options(each, pointer, name === undefined || i === 0 ? name : `${name}--${i + 1}`)) {
        if (option.kind === "text") texts.push(option.text);
        else options.set(JSON.stringify(option), option);
      }
    });
    const objects = cases.filter(({ types, values }) => (types & OBJECT) !== 0 && values === undefined);
    if (objects.length > 0) {
      const written = new ObjectRules(objects.map((each) => new ObjectCase(each, this)), this, name ?? "object");
      options.set("object", written.expression());
    }
    const all = [...(texts.length === 0 ? [] : [textChoice(texts)]), ...options.values()];
    return all.length === 0 ? this.nothing({ pointer, keyword: "type" }) : choice(...all);
  }

  /** One for each type of value, but for objects. */
  #options(constraints: Constraints, pointer: string, name: string | undefined): Expression[] {
    const { types, excluded, values } = constraints;
    if (values !== undefined) {
      const scalars = scalarsOf(constraints, this.strings, this.numbers);
      return scalars.length === 0 ? [this.nothing({ pointer, keyword: "enum" })] : scalars.map(scalarText);
    }
    const has = (type: number): boolean => (types & type) !== 0;
    const scalars = [...(has(NULL) ? [null] : []), ...(has(BOOLEAN) ? [true, false] : [])];
    const options = scalars.filter((value) => isAllowed(value, excluded)).map(scalarText);
    if (has(ARRAY)) options.push(new ArrayRules(constraints, this, name ?? "array").expression());
    if (has(STRING)) options.push(this.strings.expression(constraints, this, pointer));
    if (has(NUMBER)) options.push(this.numbers.expression(constraints, this, pointer));
    return options;
  }
}

/** A value as it is written. */
export function scalarText(value: Scalar): Expression {
  return text(JSON.stringify(value));
}

/** A short name for what is at a place; without `--`, which is in the names of parts. */
function slugOf(pointer: string): string {
  const steps = pointer.split("/").slice(1).filter((step) => !["properties", "$defs", "definitions"].includes(step));
  const slug = steps.slice(-2).join("-").replaceAll(/[^A-Za-z0-9]+/g, "-").slice(0, LONGEST_NAME);
  return slug.replaceAll(/^-|-$/g, "") || "json";
}
