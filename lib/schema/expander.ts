import { MOST_REPETITIONS } from "../grammar/grammar_limits.ts";
import { applyKeyword } from "./apply_keyword.ts";
import type { Compilation } from "./compilation.ts";
import {
  type Constraints,
  copyConstraints,
  type Goal,
  type Limits,
  type Literal,
  noConstraints,
} from "./constraints.ts";
import { KEYWORD_SHAPES } from "./keyword_shapes.ts";
import { negate } from "./negate.ts";
import type { References } from "./references.ts";
import { SchemaIds } from "./schema_ids.ts";
import type { KeywordPlace } from "./schema_types.ts";

/** One thing to be added to constraints: a schema, or what a keyword means by itself. */
export type Step = Literal | ((constraints: Constraints) => void);

/** Of these lists of steps one must hold. */
export type Choice = readonly (readonly Step[])[];

/** What a goal allows: any of these cases. Without cases nothing fits it, and `cause` says why. */
export interface Expansion {
  cases: Constraints[];
  cause: KeywordPlace | undefined;
}

/** How keywords add what they mean. */
export interface Adding {
  constraints: Constraints;
  /** Ids of the schemas that these are in place a part of, the innermost last. */
  path: readonly number[];
  /** Adds a schema that must hold, too. */
  add(step: Step): void;
  /** Adds alternatives. */
  choose(choice: Choice): void;
  expander: Expander;
}

/** A list of steps that are not taken yet, in the schemas of `path`. */
interface Pending {
  choice: Choice;
  path: readonly number[];
}

/** What was met on the way to one case. */
interface Branch {
  constraints: Constraints;
  seen: Set<string>;
  pending: Pending[];
  /** The place at which two schemas contradict each other. */
  void: KeywordPlace | undefined;
}

const MOST_CASES = 2000;

/** Turns schemas that must hold at once into cases without allOf, anyOf, oneOf, not, if and $ref. What is inside of arrays and objects stays. */
export class Expander {
  readonly compilation: Compilation;
  readonly references: References;
  readonly ids = new SchemaIds();
  /** Whether nothing fits schemas that must hold at once, as far as that is easily seen. Set by who can tell. */
  isEmpty: (goal: Goal) => boolean = () => false;
  readonly #known = new Map<string, Expansion>();

  constructor(compilation: Compilation, references: References) {
    this.compilation = compilation;
    this.references = references;
  }

  /** The same goal without what says nothing or is said twice, and with what is referred to in place of bare references. */
  simplify(goal: Goal): Goal {
    return this.ids.without(this.ids.without(goal).map((literal) => this.#follow(literal)));
  }

  #follow(literal: Literal): Literal {
    const seen = new Set<unknown>();
    let at = literal;
    while (typeof at.schema !== "boolean" && !seen.has(at.schema)) {
      seen.add(at.schema);
      const { schema, pointer } = at;
      const [keyword, another] = Object.keys(schema).filter((each) => KEYWORD_SHAPES.has(each));
      const reference = schema.$ref;
      if (keyword !== "$ref" || another !== undefined || typeof reference !== "string") break;
      const target = this.references.resolve(reference, { schema, pointer, keyword });
      if (target === undefined) break;
      this.compilation.meet(pointer, keyword);
      at = { ...at, ...target };
    }
    return at;
  }

  /** @throws {EngineError} `invalid_value` when it is too complex, or refers to itself without end. */
  expand(goal: Goal): Expansion {
    const key = this.ids.goal(goal);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const expansion: Expansion = { cases: [], cause: undefined };
    const branch: Branch = { constraints: noConstraints(), seen: new Set(), pending: [], void: undefined };
    this.#take(branch, goal, [], expansion);
    this.#known.set(key, expansion);
    return expansion;
  }

  #take(branch: Branch, steps: readonly Step[], path: readonly number[], into: Expansion): void {
    for (const step of steps) this.#add(branch, step, path);
    const { constraints } = branch;
    if (branch.void !== undefined || constraints.types === 0 || constraints.values?.length === 0) {
      into.cause ??= branch.void ?? { pointer: pointerOf(steps), keyword: "type" };
      return;
    }
    const [first, ...rest] = branch.pending;
    if (first === undefined) {
      narrow(constraints);
      this.#bound(constraints.length, "minLength");
      this.#bound(constraints.items, "minItems");
      this.#bound(constraints.count, "minProperties");
      into.cases.push(constraints);
      if (into.cases.length > MOST_CASES) this.compilation.spend(Infinity, pointerOf(steps));
      return;
    }
    for (const option of first.choice) {
      this.compilation.spend(1 + branch.seen.size / 8, pointerOf(option));
      const copy = { ...branch, constraints: copyConstraints(constraints), seen: new Set(branch.seen), pending: rest };
      this.#take(copy, option, first.path, into);
    }
  }

  #add(branch: Branch, step: Step, path: readonly number[]): void {
    this.compilation.spend(1, typeof step === "function" ? "" : step.pointer);
    if (typeof step === "function") return step(branch.constraints);
    const { schema, pointer, negated } = step;
    const id = this.ids.of(schema);
    if (typeof schema === "boolean") {
      if (schema === negated) branch.void ??= { pointer, keyword: String(schema) };
      return;
    }
    if (path.includes(id)) throw this.compilation.error(pointer, "the schema refers to itself without end");
    const key = this.ids.key(step);
    if (branch.seen.has(key)) return;
    if (branch.seen.has(this.ids.key({ ...step, negated: !negated }))) {
      branch.void ??= step.blame ?? { pointer, keyword: "not" };
      return;
    }
    branch.seen.add(key);
    const inside = [...path, id];
    const adding: Adding = {
      constraints: branch.constraints,
      path: inside,
      add: (inner) => this.#add(branch, inner, inside),
      choose: (choice) => this.#choose(branch, choice, { pointer, path: inside }),
      expander: this,
    };
    if (negated) return adding.choose(negate(step, this));
    for (const keyword of Object.keys(schema)) applyKeyword({ keyword, schema, pointer }, adding);
  }

  #choose(branch: Branch, choice: Choice, { pointer, path }: { pointer: string; path: readonly number[] }): void {
    const [only] = choice;
    if (only === undefined) branch.void ??= { pointer, keyword: "not" };
    else if (choice.length === 1) { for (const step of only) this.#add(branch, step, path); }
    else branch.pending = [...branch.pending, { choice, path }];
  }

  /** No answer is so long that it would make a difference. */
  #bound(limits: Limits, keyword: string): void {
    if (limits.min > MOST_REPETITIONS) {
      this.compilation.relax(limits.minPointer, keyword, `more than ${MOST_REPETITIONS}`);
      limits.min = MOST_REPETITIONS;
    }
    if (limits.max !== Infinity) limits.max = Math.min(limits.max, MOST_REPETITIONS);
  }
}

/** Where no schema says which types there are, those are meant that the keywords speak of. */
function narrow(constraints: Constraints): void {
  const { typed, types, spoken } = constraints;
  if (!typed && (types & spoken) !== 0) constraints.types = types & spoken;
}

function pointerOf(steps: readonly Step[]): string {
  for (const step of steps) if (typeof step !== "function") return step.pointer;
  return "";
}
