import { gbnfClass, gbnfLiteral } from "./gbnf_texts.ts";
import { type Expression, type Grammar, ROOT } from "./grammar.ts";
import { type Search, searchRules } from "./search_rules.ts";

/** Longer rules have a line for each option. */
const LINE = 100;

/** Tokens that GBNF can name by their text. */
const TOKEN_TEXT = /^<(?!\[)[^>]*>$/;

/** What binds an expression to its neighbours: nothing, standing in a sequence, or being repeated. */
type Binding = "loose" | "sequence" | "repeat";

/**
 * A grammar in llama.cpp's notation GBNF, `root` first; {@linkcode parseGbnf} makes the same texts of it. What GBNF has no word for is written as what
 * comes closest, with a comment before the rule:
 *
 * - a marker is its letters, or, where its text is `<…>`, that token or its letters;
 * - `until` and `free` are rules for the texts alone, without control tokens or bytes that are no UTF-8;
 * - of several tokens that are not allowed only the first is not, and one whose text is not `<…>` is its letters.
 *
 * @param grammar One that `checkGrammar` has passed. Characters of names that GBNF does not know become dashes.
 */
export function writeGbnf(grammar: Grammar): string {
  return new GbnfWriter(grammar).write();
}

class GbnfWriter {
  readonly #rules: Grammar["rules"];
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  /** The rules made for `until` and `free`, by what they are. */
  readonly #searches = new Map<string, string>();
  readonly #searchLines: string[] = [];
  #comments = new Set<string>();

  constructor(grammar: Grammar) {
    this.#rules = grammar.rules;
    const names = Object.keys(grammar.rules).sort((a, b) => Number(b === ROOT) - Number(a === ROOT));
    for (const name of names) this.#names.set(name, this.#unused(name.replaceAll(/[^a-zA-Z0-9-]/g, "-") || "rule"));
  }

  write(): string {
    const lines = [...this.#names].flatMap(([name, written]) => {
      const expression = this.#rules[name];
      return expression === undefined ? [] : this.#rule(written, expression);
    });
    return [...lines, ...this.#searchLines].map((line) => `${line}\n`).join("");
  }

  #rule(name: string, expression: Expression): string[] {
    this.#comments = new Set();
    const line = `${name} ::= ${this.#text(expression, "loose")}`;
    if (expression.kind !== "choice" || line.length <= LINE) return [...this.#comments, line];
    const options = expression.options.map((option) => this.#text(option, "loose"));
    return [...this.#comments, `${name} ::=\n  ${options.join(" |\n  ")}`];
  }

  #text(expression: Expression, binding: Binding): string {
    switch (expression.kind) {
      case "text":
        return gbnfLiteral(expression.text);
      case "chars":
        return gbnfClass(expression.ranges);
      case "sequence":
        return this.#sequence(expression.items, binding);
      case "choice":
        return alternatives(expression.options.map((option) => this.#text(option, "loose")), binding);
      case "repeat": {
        const repeated = `${this.#text(expression.item, "repeat")}${countText(expression)}`;
        return binding === "repeat" ? `(${repeated})` : repeated;
      }
      case "rule":
        return this.#names.get(expression.name) ?? expression.name;
      case "marker":
        return this.#marker(expression.text, binding);
      case "until":
      case "free":
        return this.#search(expression);
      case "token":
        return this.#token(expression, binding);
    }
  }

  #sequence(items: readonly Expression[], binding: Binding): string {
    const [only] = items;
    if (only === undefined) return '""';
    if (items.length === 1) return this.#text(only, binding);
    const parts = items.map((item) => this.#text(item, "sequence")).join(" ");
    return binding === "repeat" ? `(${parts})` : parts;
  }

  #marker(text: string, binding: Binding): string {
    if (TOKEN_TEXT.test(text)) return alternatives([text, gbnfLiteral(text)], binding);
    this.#comments.add(`# ${gbnfLiteral(text)}: these letters, or the control token of this text`);
    return gbnfLiteral(text);
  }

  #token({ tokens, except }: Extract<Expression, { kind: "token" }>, binding: Binding): string {
    const texts = tokens.map((token) => typeof token === "number" ? `<[${token}]>` : token);
    const named = tokens.flatMap((token, i) =>
      typeof token === "number" || TOKEN_TEXT.test(token) ? texts[i] ?? [] : []
    );
    const comment = texts.map((text) => named.includes(text) ? text : gbnfLiteral(text)).join(" ");
    if (except === true) {
      if (named.length !== 1 || texts.length !== 1) this.#comments.add(`# any token but these: ${comment}`);
      return named.length === 0 ? "." : `!${named[0]}`;
    }
    if (named.length !== texts.length) this.#comments.add(`# these tokens, not their letters: ${comment}`);
    return alternatives(texts.map((text) => named.includes(text) ? text : gbnfLiteral(text)), binding);
  }

  /** The name of a rule for everything up to texts, or without them. */
  #search(expression: Search): string {
    const key = JSON.stringify(expression);
    const known = this.#searches.get(key);
    if (known !== undefined) return known;
    const name = this.#unused(expression.kind, true);
    this.#searches.set(key, name);
    const comments = this.#comments;
    const texts = (expression.kind === "until" ? expression.ends : expression.without).map(gbnfLiteral).join(" ");
    const what = expression.kind === "until" ? "anything up to and with the first of" : "anything without";
    this.#searchLines.push(`# ${what}: ${texts}`);
    for (const [rule, derives] of Object.entries(searchRules(expression, name))) {
      this.#names.set(rule, rule);
      this.#searchLines.push(...this.#rule(rule, derives));
    }
    this.#comments = comments;
    return name;
  }

  /** A name that is no other rule's, and where `alone` says so not the beginning of one. */
  #unused(name: string, alone = false): string {
    const clashes = (candidate: string): boolean =>
      alone ? [...this.#taken].some((taken) => taken.startsWith(candidate)) : this.#taken.has(candidate);
    let [candidate, number] = [name, 1];
    while (clashes(candidate)) candidate = `${name}-${++number}`;
    this.#taken.add(candidate);
    return candidate;
  }
}

function alternatives(options: readonly string[], binding: Binding): string {
  return options.length === 1 || binding === "loose" ? options.join(" | ") : `(${options.join(" | ")})`;
}

function countText({ min, max }: { min: number; max?: number }): string {
  if (max === undefined) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === 0 && max === 1) return "?";
  return min === max ? `{${min}}` : `{${min},${max}}`;
}
