import type { Automaton } from "../grammar/automaton.ts";
import type { Constraints, Goal, Literal, ObjectPart } from "./constraints.ts";
import { exactly } from "./exact_value.ts";
import type { Expander } from "./expander.ts";
import type { Strings } from "./strings.ts";

/** Names that are not listed, which have the same schema. */
export interface NameRegion {
  /** Undefined: any name. */
  names: Automaton | undefined;
  goal: Goal;
}

/** Each one may double the regions. */
const MOST_PATTERNS = 6;

/**
 * What constraints say of the properties of an object. Where schemas list properties and none says whether there are others, there are none,
 * unless there must be more.
 */
export class ObjectView {
  readonly #constraints: Constraints;
  readonly #expander: Expander;
  readonly #strings: Strings;
  /** The names that are listed and allowed, in the order of the schema. */
  readonly names: string[];
  /** Whether there may be properties whose names are neither listed nor matched by a pattern. */
  readonly open: boolean;
  /** Whether `names` are all there can be. */
  readonly #closed: boolean;

  constructor(constraints: Constraints, { expander, strings }: { expander: Expander; strings: Strings }) {
    this.#constraints = constraints;
    this.#expander = expander;
    this.#strings = strings;
    const { objects, required, count, names, restProperties } = constraints;
    const listed = new Set([...objects.flatMap((part) => [...part.properties.keys()]), ...required]);
    const finite = names.length === 0 ? undefined : strings.finite(names);
    this.#closed = finite !== undefined;
    const allowed = [...listed].filter((name) => this.#isPossible(name));
    this.open = !objects.some(({ declares }) => declares) || allowed.length < count.min ||
      objects.some(({ additional }) => says(additional)) || restProperties.some(({ literal }) => says(literal));
    const others = (finite ?? []).filter((name) => !listed.has(name) && (this.open || this.#isMatched(name)));
    this.names = [...allowed, ...others.filter((name) => this.#isPossible(name))];
  }

  /** What the property of this name must fit. */
  goalOf(name: string): Goal {
    const { objects, names } = this.#constraints;
    const said = objects.map((part) => ({ part, literals: this.#literalsOf(part, name) }));
    const unsaid = this.#unsaid((scope) =>
      said.some(({ part, literals }) => part.path.includes(scope) && literals.length > 0)
    );
    const misnamed: Literal[] = names.length > 0 && this.#expander.isEmpty([...names, exactly(name, "")])
      ? [{ schema: false, pointer: names[0]?.pointer ?? "", negated: false }]
      : [];
    return this.#expander.simplify([...misnamed, ...said.flatMap(({ literals }) => literals), ...unsaid]);
  }

  /** The names that are not listed but allowed, by what their properties must fit. */
  regions(): NameRegion[] {
    if (this.#closed) return [];
    const { objects, names } = this.#constraints;
    const listed = new Set([...objects.flatMap((part) => [...part.properties.keys()]), ...this.#constraints.required]);
    const sources = [...new Set(objects.flatMap(({ patterns }) => patterns.map(({ source }) => source)))]
      .filter((source) => this.#pattern(source) !== undefined);
    if (!this.open && sources.length === 0) return [];
    const place = { pointer: objects[0]?.pointer ?? "", keyword: "additionalProperties" };
    const others = this.#strings.others([...listed], names, place);
    let regions: { names: Automaton | undefined; matched: string[] }[] = [{ names: others, matched: [] }];
    for (const source of sources.slice(0, MOST_PATTERNS)) {
      regions = regions.flatMap(({ names: before, matched }) => {
        const [inside, outside] = this.#strings.split(before, source, place.pointer);
        return [
          ...(inside === undefined ? [] : [{ names: inside, matched: [...matched, source] }]),
          ...(outside === undefined ? [] : [{ names: outside, matched }]),
        ];
      });
    }
    return regions.filter(({ matched }) => this.open || matched.length > 0)
      .map(({ names: automaton, matched }) => ({ names: automaton, goal: this.#goalOfRegion(matched) }))
      .filter(({ goal }) => !this.#expander.isEmpty(goal));
  }

  #goalOfRegion(matched: readonly string[]): Goal {
    const said = this.#constraints.objects.map((part) => {
      const literals = part.patterns.filter(({ source }) => matched.includes(source)).map(({ literal }) => literal);
      return { part, literals: literals.length > 0 ? literals : this.#additionalOf(part) };
    });
    const unsaid = this.#unsaid((scope) =>
      said.some(({ part, literals }) => part.path.includes(scope) && literals.length > 0)
    );
    return this.#expander.simplify([...said.flatMap(({ literals }) => literals), ...unsaid]);
  }

  #isPossible(name: string): boolean {
    return !this.#expander.isEmpty(this.goalOf(name));
  }

  #isMatched(name: string): boolean {
    return this.#constraints.objects.some((part) => part.patterns.some(({ source }) => this.#matches(source, name)));
  }

  /** What a schema says of a name; nothing when it does not speak of it. */
  #literalsOf(part: ObjectPart, name: string): Literal[] {
    const own = part.properties.get(name);
    const matched = part.patterns.filter(({ source }) => this.#matches(source, name)).map(({ literal }) => literal);
    const literals = [...(own === undefined ? [] : [own]), ...matched];
    return literals.length > 0 ? literals : this.#additionalOf(part);
  }

  /** Where a pattern is not understood, nobody knows of which names it speaks. */
  #additionalOf({ patterns, additional }: ObjectPart): Literal[] {
    return additional === undefined || patterns.some(({ source }) => this.#pattern(source) === undefined)
      ? []
      : [additional];
  }

  #unsaid(isSaid: (scope: number) => boolean): Literal[] {
    return this.#constraints.restProperties.filter(({ scope }) => !isSaid(scope)).map(({ literal }) => literal);
  }

  #matches(source: string, name: string): boolean {
    const pattern = this.#pattern(source);
    return pattern !== undefined && pattern.accepts(name);
  }

  #pattern(source: string): Automaton | undefined {
    const part = this.#constraints.objects.find(({ patterns }) => patterns.some((each) => each.source === source));
    return this.#strings.pattern(source, { pointer: part?.pointer ?? "", keyword: "patternProperties" });
  }
}

function says(literal: Literal | undefined): boolean {
  return literal !== undefined && literal.schema !== false;
}
