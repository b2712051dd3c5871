import { type Expression, type Grammar, ROOT } from "./grammar.ts";
import { TextFinder } from "./text_finder.ts";
import { type ByteRange, utf8Ranges } from "./utf8_ranges.ts";

/** A part of a grammar as {@linkcode Matcher} takes it. The first four consume a byte or a token, the others stand for nodes. */
export type Node =
  | { kind: "bytes"; ranges: readonly ByteRange[] }
  /** A byte of a text; the node after it has the next one, unless this is the last. */
  | { kind: "letter"; byte: number; last: boolean }
  /**
   * `base` is the node of the finder's first state; `ends`: whether it is over with the text found; else it may be over anywhere, and must not
   * find one.
   */
  | { kind: "finder"; finder: TextFinder; state: number; base: number; ends: boolean }
  /** A control token by its text, or tokens of the vocabulary. */
  | { kind: "token"; tokens: ReadonlySet<number | string>; except: boolean }
  | { kind: "pair"; first: number; second: number }
  | { kind: "choice"; options: readonly number[] }
  | { kind: "repeat"; item: number; min: number; max: number }
  | { kind: "rule"; name: string }
  | { kind: "nothing" };

/** The nodes of a grammar, by their numbers. */
export class GrammarNodes {
  readonly #grammar: Grammar;
  readonly #nodes: Node[] = [{ kind: "nothing" }];
  readonly #rules = new Map<string, number>();
  readonly #repeats = new Map<string, number>();

  constructor(grammar: Grammar) {
    this.#grammar = grammar;
  }

  /** The node that the grammar begins with. */
  get root(): number {
    return this.rule(ROOT);
  }

  node(id: number): Node {
    const node = this.#nodes[id];
    if (node === undefined) throw new RangeError(`There is no node ${id}`);
    return node;
  }

  /** The node of a rule; made when it is first needed. */
  rule(name: string): number {
    const known = this.#rules.get(name);
    if (known !== undefined) return known;
    const expression = Object.hasOwn(this.#grammar.rules, name) ? this.#grammar.rules[name] : undefined;
    if (expression === undefined) throw new RangeError(`The grammar has no rule ${JSON.stringify(name)}`);
    const id = this.#make(expression);
    this.#rules.set(name, id);
    return id;
  }

  /** The node of `item` so many times; `max` may be Infinity. */
  repeat(item: number, min: number, max: number): number {
    if (max === 0) return 0;
    if (min === 1 && max === 1) return item;
    const key = `${item} ${min} ${max}`;
    const known = this.#repeats.get(key);
    if (known !== undefined) return known;
    const id = this.#add({ kind: "repeat", item, min, max });
    this.#repeats.set(key, id);
    return id;
  }

  #make(expression: Expression): number {
    switch (expression.kind) {
      case "text":
        return this.#text(expression.text);
      case "chars":
        return this.#chars(expression.ranges);
      case "sequence":
        return this.#sequence(expression.items.map((item) => this.#make(item)));
      case "choice":
        return this.#choice(expression.options.map((option) => this.#make(option)));
      case "repeat":
        return this.repeat(this.#make(expression.item), expression.min, expression.max ?? Infinity);
      case "rule":
        return this.#add({ kind: "rule", name: expression.name });
      case "marker": {
        const token = this.#add({ kind: "token", tokens: new Set([expression.text]), except: false });
        return this.#choice([token, this.#text(expression.text)]);
      }
      case "until":
        return this.#finder(expression.ends, true);
      case "free":
        return this.#finder(expression.without, false);
      case "token":
        return this.#add({ kind: "token", tokens: new Set(expression.tokens), except: expression.except ?? false });
    }
  }

  #text(text: string): number {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length === 0) return 0;
    const id = this.#nodes.length;
    bytes.forEach((byte, i) => this.#add({ kind: "letter", byte, last: i === bytes.length - 1 }));
    return id;
  }

  #chars(ranges: readonly [number, number][]): number {
    const sequences = ranges.flatMap(([first, last]) => utf8Ranges(first, last));
    const single = sequences.flatMap((sequence) => sequence.length === 1 ? sequence : []);
    const longer = sequences.filter((sequence) => sequence.length > 1)
      .map((sequence) => this.#sequence(sequence.map((range) => this.#add({ kind: "bytes", ranges: [range] }))));
    return this.#choice(single.length === 0 ? longer : [this.#add({ kind: "bytes", ranges: single }), ...longer]);
  }

  #sequence(items: number[]): number {
    return items.reduceRight(
      (rest, item) => rest === 0 ? item : this.#add({ kind: "pair", first: item, second: rest }),
      0,
    );
  }

  #choice(options: number[]): number {
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : this.#add({ kind: "choice", options });
  }

  #finder(texts: readonly string[], ends: boolean): number {
    const finder = new TextFinder(texts);
    const base = this.#nodes.length;
    for (let state = 0; state < finder.states; state++) this.#add({ kind: "finder", finder, state, base, ends });
    return base;
  }

  #add(node: Node): number {
    return this.#nodes.push(node) - 1;
  }
}
