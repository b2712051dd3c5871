import type { Json, JsonSchema } from "../../engine/conversation.ts";
import { embedGrammar } from "../../grammar/embed_grammar.ts";
import { chars, choice, marker, optional, repeat, rule, sequence, text, until } from "../../grammar/expressions.ts";
import type { Expression } from "../../grammar/grammar.ts";
import { isObject } from "../../schema/mod.ts";
import type { ToolRules } from "./item_grammar.ts";
import { membersGrammar } from "./members_grammar.ts";
import { propertiesOf, propertyGrammar } from "./property_list.ts";
import { GEMMA_QUOTE, writeGemma } from "./write_notation.ts";

/** Deeper objects are any objects. */
const DEEPEST = 12;

/** What derives the arguments of a tool in a notation that is not JSON. */
export function notationGrammar(notation: "python" | "gemma", to: ToolRules): Expression {
  const { parameters } = to.tool;
  if (notation === "gemma") return gemmaObject(parameters, { to, path: `${to.prefix}gemma`, depth: 0 });
  const members = propertiesOf(parameters).map(({ name, schema, required }, index) => {
    const grammar = propertyGrammar(schema ?? true, parameters) ?? propertyGrammar(true, undefined);
    if (grammar === undefined) throw new TypeError("A schema that allows everything has no grammar");
    const value = embedGrammar(to.rules, grammar, `${to.prefix}python${index}-`);
    return { expression: sequence(text(`${name}=`), value), required };
  });
  const all = membersGrammar(members, { comma: ", ", rules: to.rules, prefix: `${to.prefix}python-` });
  return sequence(text("("), all, text(")"));
}

/** Where a schema stands: `path` begins the names of its rules. */
interface Place {
  to: ToolRules;
  path: string;
  depth: number;
}

function gemmaValue(schema: JsonSchema | undefined, at: Place): Expression {
  const { to, path, depth } = at;
  if (!isObject(schema) || depth > DEEPEST) return anyGemma(to);
  const listed = Array.isArray(schema.enum) ? schema.enum : schema.const === undefined ? undefined : [schema.const];
  if (listed !== undefined && listed.length > 0) return choice(...listed.map((value) => written(value)));
  const below = (name: string): Place => ({ to, path: `${path}-${name}`, depth: depth + 1 });
  switch (schema.type) {
    case "string":
      return STRING;
    case "object":
      return isObject(schema.properties) ? gemmaObject(schema, at) : anyObject(to);
    case "array": {
      const item = gemmaValue(isObject(schema.items) ? schema.items : undefined, below("item"));
      return gemmaList(item, schema);
    }
    case "number":
    case "integer":
    case "boolean":
    case "null": {
      const grammar = propertyGrammar(schema, to.tool.parameters);
      return grammar === undefined ? anyGemma(to) : embedGrammar(to.rules, grammar, `${path}-json-`);
    }
    default:
      return anyGemma(to);
  }
}

function gemmaObject(schema: JsonSchema | undefined, { to, path, depth }: Place): Expression {
  const members = propertiesOf(schema).map(({ name, schema, required }, index) => ({
    expression: sequence(text(`${name}:`), gemmaValue(schema, { to, path: `${path}-${index}`, depth: depth + 1 })),
    required,
  }));
  return sequence(text("{"), membersGrammar(members, { comma: ",", rules: to.rules, prefix: `${path}-` }), text("}"));
}

function gemmaList(item: Expression, { minItems, maxItems }: { [key: string]: Json }): Expression {
  const min = typeof minItems === "number" ? minItems : 0;
  const max = typeof maxItems === "number" ? maxItems : undefined;
  if (max === 0) return text("[]");
  const more = repeat(sequence(text(","), item), Math.max(0, min - 1), max === undefined ? undefined : max - 1);
  const items = sequence(item, more);
  return sequence(text("["), min > 0 ? items : optional(items), text("]"));
}

/** Exactly this value. */
function written(value: Json): Expression {
  return text(writeGemma(value));
}

const STRING = sequence(marker(GEMMA_QUOTE), until(GEMMA_QUOTE));

function anyGemma(to: ToolRules): Expression {
  anyObject(to);
  return rule("call-gemma-value");
}

/** An object of anything; its rules are added once. */
function anyObject({ rules }: ToolRules): Expression {
  const row = (item: Expression) => optional(sequence(item, repeat(sequence(text(","), item), 0)));
  const digits = repeat(chars(["0", "9"]), 1, 20);
  rules["call-gemma-key"] = repeat(chars(["0", "9"], ["A", "Z"], "_", ["a", "z"]), 1, 64);
  rules["call-gemma-object"] = sequence(
    text("{"),
    row(sequence(rule("call-gemma-key"), text(":"), rule("call-gemma-value"))),
    text("}"),
  );
  rules["call-gemma-value"] = choice(
    STRING,
    rule("call-gemma-object"),
    sequence(text("["), row(rule("call-gemma-value")), text("]")),
    sequence(
      optional(text("-")),
      choice(text("0"), sequence(chars(["1", "9"]), repeat(chars(["0", "9"]), 0, 19))),
      optional(sequence(text("."), digits)),
    ),
    text("true"),
    text("false"),
    text("null"),
  );
  return rule("call-gemma-object");
}
