import { ANY_CHAR, type CharRange, commonRanges, joinRanges, withoutRanges } from "./char_ranges.ts";
import { findGrammarProblem } from "./find_grammar_problem.ts";
import { GbnfCursor } from "./gbnf_cursor.ts";
import type { Expression, Grammar } from "./grammar.ts";
import { choice, repeat, rule, sequence, text } from "./expressions.ts";
import { GrammarError } from "./grammar_error.ts";
import { DEEPEST_NESTING, LONGEST_GRAMMAR, MOST_REPETITIONS } from "./grammar_limits.ts";

/**
 * Reads a grammar in llama.cpp's notation GBNF. Beyond it, names may have underscores, and a `|` may begin a line. A rule that is given twice is what
 * the last one says, as there.
 *
 * @throws {GrammarError} with the line and the column of what can't be read, or of the rule that {@linkcode checkGrammar} would refuse.
 */
export function parseGbnf(source: string): Grammar {
  if (source.length > LONGEST_GRAMMAR) {
    throw new GrammarError(`it has ${source.length} characters; at most ${LONGEST_GRAMMAR} are allowed`);
  }
  return new GbnfParser(source).parse();
}

/** Where a choice may go on: everywhere up to a bracket, or up to the end of a line that does not end in `|`. */
type Nesting = "brackets" | "rule";

const NAME = /[a-zA-Z0-9_-]+/y;

class GbnfParser {
  readonly #cursor: GbnfCursor;
  readonly #rules = new Map<string, Expression>();
  /** Where rules are defined, and where they are named first. */
  readonly #defined = new Map<string, number>();
  readonly #named = new Map<string, number>();
  #depth = 0;

  constructor(source: string) {
    this.#cursor = new GbnfCursor(source);
  }

  parse(): Grammar {
    this.#cursor.skip(true);
    while (!this.#cursor.isOver) this.#rule();
    const grammar = { rules: Object.fromEntries(this.#rules) };
    const found = findGrammarProblem(grammar);
    if (found === undefined) return grammar;
    const at = found.missing === undefined ? this.#defined.get(found.rule ?? "") : this.#named.get(found.missing);
    throw new GrammarError(found.problem, at === undefined ? undefined : this.#cursor.position(at));
  }

  #rule(): void {
    const start = this.#cursor.at;
    const name = this.#cursor.match(NAME);
    if (name === "") this.#cursor.fail("the name of a rule");
    this.#cursor.skip(false);
    if (!this.#cursor.take("::=")) this.#cursor.fail(`"::=" behind the name ${JSON.stringify(name)}`);
    this.#cursor.skip(true);
    const expression = this.#choice("rule");
    if (!this.#cursor.isOver && !this.#cursor.sees("\n") && !this.#cursor.sees("\r")) {
      this.#cursor.fail('more of the rule, "|" or the end of the line');
    }
    this.#rules.set(name, expression);
    this.#defined.set(name, start);
    this.#cursor.skip(true);
  }

  #choice(nesting: Nesting): Expression {
    if (++this.#depth > DEEPEST_NESTING) this.#cursor.fail(`at most ${DEEPEST_NESTING} brackets within each other`);
    const options = [this.#sequence(nesting)];
    while (this.#goesOn()) {
      this.#cursor.skip(true);
      options.push(this.#sequence(nesting));
    }
    this.#depth--;
    return choice(...options);
  }

  /** Goes behind a `|`, of this line or at the beginning of another. */
  #goesOn(): boolean {
    const before = this.#cursor.at;
    this.#cursor.skip(true);
    if (this.#cursor.take("|")) return true;
    this.#cursor.at = before;
    return false;
  }

  #sequence(nesting: Nesting): Expression {
    const items: Expression[] = [];
    for (let item = this.#item(); item !== undefined; item = this.#item()) {
      this.#cursor.skip(nesting === "brackets");
      items.push(this.#repeated(item, nesting));
    }
    return items.length === 0 ? text("") : sequence(...items);
  }

  #item(): Expression | undefined {
    const cursor = this.#cursor;
    const start = cursor.at;
    if (cursor.take('"')) return this.#literal(start);
    if (cursor.take("[")) return this.#class(start);
    if (cursor.take(".")) return { kind: "chars", ranges: ANY_CHAR.map(([first, last]) => [first, last]) };
    if (cursor.sees("<") || cursor.sees("!")) return this.#token();
    if (cursor.take("(")) {
      cursor.skip(true);
      const inside = this.#choice("brackets");
      if (!cursor.take(")")) cursor.fail(`")" for the "(" of line ${cursor.position(start).line}`);
      return inside;
    }
    const name = cursor.match(NAME);
    if (name !== "") {
      if (!this.#named.has(name)) this.#named.set(name, start);
      return rule(name);
    }
    if (/[*+?{]/.test(cursor.text[start] ?? "")) cursor.fail("something that is repeated before it");
    return undefined;
  }

  #literal(start: number): Expression {
    const units: string[] = [];
    while (!this.#cursor.take('"')) {
      if (this.#cursor.isOver) this.#cursor.fail(`'"' for the one of line ${this.#cursor.position(start).line}`);
      units.push(String.fromCodePoint(this.#cursor.character()));
    }
    const all = units.join("");
    if (!all.isWellFormed()) this.#cursor.fail("whole characters instead of half of a surrogate pair", start);
    return text(all);
  }

  #class(start: number): Expression {
    const cursor = this.#cursor;
    const negated = cursor.take("^");
    const ranges: CharRange[] = [];
    while (!cursor.take("]")) {
      if (cursor.isOver) cursor.fail(`"]" for the "[" of line ${cursor.position(start).line}`);
      const from = cursor.at;
      const first = cursor.character();
      const isRange = cursor.sees("-") && cursor.text[cursor.at + 1] !== "]";
      if (isRange) cursor.at++;
      if (cursor.isOver) cursor.fail(`"]" for the "[" of line ${cursor.position(start).line}`);
      const last = isRange ? cursor.character() : first;
      if (last < first) cursor.fail("a range that begins with its smaller character", from);
      ranges.push([first, last]);
    }
    const kept = negated ? withoutRanges(ANY_CHAR, ranges) : commonRanges(joinRanges(ranges), ANY_CHAR);
    if (kept.length === 0) cursor.fail("a set of one character at least", start);
    return { kind: "chars", ranges: kept };
  }

  #token(): Expression {
    const cursor = this.#cursor;
    const except = cursor.take("!");
    const start = cursor.at;
    if (!cursor.take("<")) cursor.fail('"<" behind "!"');
    let token: number | string;
    if (cursor.take("[")) {
      token = this.#integer("the id of a token", 2 ** 31 - 1);
      if (!cursor.take("]>")) cursor.fail('"]>" behind the id of a token');
    } else {
      cursor.match(/[^>]*/y);
      if (!cursor.take(">")) cursor.fail('">" at the end of a token', start);
      token = cursor.text.slice(start, cursor.at);
    }
    return { kind: "token", tokens: [token], ...(except ? { except } : {}) };
  }

  #repeated(item: Expression, nesting: Nesting): Expression {
    const cursor = this.#cursor;
    let repeated = item;
    for (let times = 0;; times++) {
      if (times > DEEPEST_NESTING) cursor.fail(`at most ${DEEPEST_NESTING} repetitions of the same`);
      if (cursor.take("*")) repeated = repeat(repeated, 0);
      else if (cursor.take("+")) repeated = repeat(repeated, 1);
      else if (cursor.take("?")) repeated = repeat(repeated, 0, 1);
      else if (cursor.take("{")) repeated = this.#counted(repeated, nesting);
      else return repeated;
      cursor.skip(nesting === "brackets");
    }
  }

  #counted(item: Expression, nesting: Nesting): Expression {
    const cursor = this.#cursor;
    const skip = (): void => cursor.skip(nesting === "brackets");
    skip();
    const start = cursor.at;
    const min = this.#integer("how often at least", MOST_REPETITIONS);
    skip();
    if (cursor.take("}")) return repeat(item, min, min);
    if (!cursor.take(",")) cursor.fail('"," or "}"');
    skip();
    const max = cursor.sees("}") ? undefined : this.#integer('how often at most, or "}"', MOST_REPETITIONS);
    skip();
    if (!cursor.take("}")) cursor.fail('"}"');
    if (max !== undefined && max < min) cursor.fail(`no more than ${max}`, start);
    return repeat(item, min, max);
  }

  #integer(what: string, most: number): number {
    const start = this.#cursor.at;
    const digits = this.#cursor.match(/\d+/y);
    if (digits === "") this.#cursor.fail(`a number: ${what}`);
    if (Number(digits) > most) this.#cursor.fail(`a number up to ${most}`, start);
    return Number(digits);
  }
}
