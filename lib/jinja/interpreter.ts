import { type Environment, Interpreter } from "@huggingface/jinja";
import { ownValue } from "../own_value.ts";
import { type ApplyFilter, filterName, filterOfNothing, FILTERS } from "./filters.ts";
import { memberOf, methodOf } from "./members.ts";
import { changed, isNode, known, type Node, type NodeOf } from "./syntax_tree.ts";
import { isIn, TESTS } from "./tests.ts";
import type { Arguments } from "./text_methods.ts";
import type { UseLog } from "./use_log.ts";
import {
  areEqual,
  entriesOf,
  isList,
  isMap,
  isNone,
  isNumber,
  isText,
  isTruthy,
  isUndefined,
  listOf,
  noteKeys,
  textOf,
  type Value,
  valueOf,
} from "./values.ts";

/**
 * The package's interpreter, with what chat templates need and it lacks. The package hands every node to `evaluate`; it gets nodes back whose
 * operands are known already, so that nothing is evaluated twice.
 */
export class ChatInterpreter extends Interpreter {
  readonly #uses: UseLog | undefined;

  /** @param uses Is told what the template looks at. */
  constructor(environment: Environment, uses?: UseLog) {
    super(environment);
    this.#uses = uses;
  }

  override evaluate(node: Node | undefined, environment: Environment): Value {
    if (node === undefined) return super.evaluate(node, environment);
    if (isNode(node, "Known")) return node.known;
    if (isNode(node, "Output")) return valueOf(outputOf(this.evaluate(node.expression, environment)));
    if (isNode(node, "Identifier")) {
      const value = super.evaluate(node, environment);
      this.#uses?.note(value);
      return value;
    }
    if (isNode(node, "BinaryExpression")) return this.#binary(node, environment);
    if (isNode(node, "FilterExpression")) {
      return this.#filter(this.evaluate(node.operand, environment), node.filter, environment);
    }
    if (isNode(node, "FilterStatement")) {
      const body: NodeOf<"Program"> = { type: "Program", body: node.body };
      return this.#filter(this.evaluate(body, environment), node.filter, environment);
    }
    if (isNode(node, "TestExpression")) return this.#test(node, environment);
    if (isNode(node, "MemberExpression")) return this.#member(node, environment);
    if (isNode(node, "ObjectLiteral")) return this.#dictionary(node, environment);
    if (isNode(node, "For")) return super.evaluate(this.#loop(node, environment), environment);
    return super.evaluate(node, environment);
  }

  /** A dictionary whose keys may be numbers (ByteDance's Seed has a table of budgets), which the package refuses. */
  #dictionary(node: NodeOf<"ObjectLiteral">, environment: Environment): Value {
    const keys = node.value.keys().map((key) => this.evaluate(key, environment)).toArray();
    const items = node.value.values().map((
      item,
      i,
    ): [Node, Node] => [known(valueOf(textOf(keys[i] ?? valueOf(i)))), item]);
    const made = super.evaluate(changed(node, { value: new Map(items) }), environment);
    if (!keys.every(isText)) noteKeys(made, keys);
    return made;
  }

  #binary(node: NodeOf<"BinaryExpression">, environment: Environment): Value {
    const operator = node.operator.value;
    const left = this.evaluate(node.left, environment);
    if (operator === "and") return isTruthy(left) ? this.evaluate(node.right, environment) : left;
    if (operator === "or") return isTruthy(left) ? left : this.evaluate(node.right, environment);
    const right = this.evaluate(node.right, environment);
    if (operator === "==" || operator === "!=") return valueOf(areEqual(left, right) === (operator === "=="));
    if ((operator === "+" || operator === "~") && (isText(left) || isText(right))) {
      // Where Jinja2 fails, or writes "None", llama.cpp has nothing: templates are written for both.
      return valueOf([left, right].map((each) => isNone(each) ? "" : textOf(each)).join(""));
    }
    if ((operator === "in" || operator === "not in") && !isUndefined(left)) {
      return valueOf(isIn(left, right) === (operator === "in"));
    }
    if (operator === "*" && (isText(left) || isText(right)) && (isNumber(left) || isNumber(right))) {
      const [text, times] = isText(left) ? [left, right] : [right, left];
      return valueOf(textOf(text).repeat(Math.max(Number(times.value), 0)));
    }
    return super.evaluate(changed(node, { left: known(left), right: known(right) }), environment);
  }

  #filter(value: Value, filter: Node, environment: Environment): Value {
    const callee = isNode(filter, "CallExpression") ? filter.callee : filter;
    if (!isNode(callee, "Identifier")) throw new TypeError(`A filter is no name but a ${callee.type}`);
    const name = filterName(callee.value);
    this.#uses?.note(value, name);
    if (name === "tojson" || name === "string") this.#uses?.noteDeeply(value);
    const nothing = filterOfNothing(name, value);
    if (nothing !== undefined) return nothing;
    const ours = ownValue(FILTERS, name)?.(value, this.#arguments(filter, environment), this.#applyFilter(environment));
    return ours ?? super.evaluate(filterNode(value, filter), environment);
  }

  #applyFilter(environment: Environment): ApplyFilter {
    return (name, value, { positional }) => {
      const callee: NodeOf<"Identifier"> = { type: "Identifier", value: name };
      const call: NodeOf<"CallExpression"> = { type: "CallExpression", callee, args: positional.map(known) };
      return this.#filter(value, positional.length > 0 ? call : callee, environment);
    };
  }

  #arguments(filter: Node, environment: Environment): Arguments {
    const positional: Value[] = [];
    const named = new Map<string, Value>();
    for (const node of isNode(filter, "CallExpression") ? filter.args : []) {
      if (isNode(node, "KeywordArgumentExpression") && isNode(node.key, "Identifier")) {
        named.set(node.key.value, this.evaluate(node.value, environment));
      } else positional.push(this.evaluate(node, environment));
    }
    return { positional, named };
  }

  #test(node: NodeOf<"TestExpression">, environment: Environment): Value {
    const value = this.evaluate(node.operand, environment);
    const test = isNode(node.test, "Identifier") ? ownValue(TESTS, node.test.value) : undefined;
    if (test === undefined) return super.evaluate(changed(node, { operand: known(value) }), environment);
    return valueOf(test(value, valueOf(undefined)) !== node.negate);
  }

  #member(node: NodeOf<"MemberExpression">, environment: Environment): Value {
    const object = this.evaluate(node.object, environment);
    if (node.computed && node.property.type === "SliceExpression") {
      this.#uses?.note(object, "slice");
      return super.evaluate(changed(node, { object: known(object) }), environment);
    }
    if (!node.computed && isNode(node.property, "Identifier")) {
      const name = node.property.value;
      this.#uses?.note(object, name);
      return methodOf(object, name) ?? this.#noted(object, valueOf(name));
    }
    return this.#noted(object, this.evaluate(node.property, environment));
  }

  #noted(object: Value, key: Value): Value {
    const value = memberOf(object, key);
    this.#uses?.note(object, isText(key) ? "object_access" : "array_access");
    this.#uses?.note(value);
    return value;
  }

  /** A loop over what is known: nothing for what is undefined, pairs where a dictionary is taken apart. */
  #loop(node: NodeOf<"For">, environment: Environment): Node {
    const { iterable } = node;
    const over = isNode(iterable, "SelectExpression") ? iterable.lhs : iterable;
    const value = this.evaluate(over, environment);
    this.#uses?.note(value, "array_access");
    const items = known(itemsOf(value, node.loopvar.type === "TupleLiteral"));
    return changed(node, {
      iterable: isNode(iterable, "SelectExpression") ? changed(iterable, { lhs: items }) : items,
    });
  }
}

function filterNode(operand: Value, filter: Node): NodeOf<"FilterExpression"> {
  return { type: "FilterExpression", operand: known(operand), filter };
}

function itemsOf(value: Value, takenApart: boolean): Value {
  if (isUndefined(value)) return listOf([]);
  if (isMap(value)) return listOf(entriesOf(value).map((entry) => takenApart ? listOf(entry) : entry[0]));
  if (!takenApart) return value;
  // The package takes lists apart, but no tuples.
  return isList(value) ? listOf(value.value.map((item) => isList(item) ? listOf(item.value) : item)) : value;
}

/** What `{{ value }}` writes. */
function outputOf(value: Value): string {
  return isNone(value) || isUndefined(value) ? "" : textOf(value);
}
