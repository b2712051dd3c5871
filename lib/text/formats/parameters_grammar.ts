import type { JsonSchema } from "../../engine/conversation.ts";
import { embedGrammar } from "../../grammar/embed_grammar.ts";
import { choice, optional, repeat, sequence, text, until } from "../../grammar/expressions.ts";
import type { Expression } from "../../grammar/grammar.ts";
import { isObject } from "../../schema/mod.ts";
import type { ParameterStyle } from "./format.ts";
import { literalGrammar, type ToolRules } from "./item_grammar.ts";
import { type ParameterType, parameterType } from "./parameter_type.ts";
import { propertiesOf, propertyGrammar } from "./property_list.ts";
import { rawStrings } from "./raw_strings.ts";

/**
 * What derives the parameters of a tool one by one, in the order of its schema; those that are not required may be left out. A string is any
 * text up to what closes it, within its schema's `enum`, `pattern`, `format` and lengths.
 */
export function parametersGrammar(style: ParameterStyle, to: ToolRules): Expression {
  const { parameters } = to.tool;
  const properties = propertiesOf(parameters);
  if (properties.length === 0 && takesAny(parameters)) return anyParameters(style);
  return sequence(...properties.map(({ name, schema, required }, index) => {
    const type = parameterType(schema, parameters);
    const value = valueGrammar(style, { schema, prefix: `${to.prefix}parameter${index}-`, to });
    const start = literalGrammar(style.before + name + style.behind);
    const all = sequence(start, kindGrammar(style, type), text(style.pad), value, text(style.gap));
    return required ? all : optional(all);
  }));
}

/** What says of what kind a value is, where the form does. */
function kindGrammar({ typed }: ParameterStyle, type: ParameterType): Expression {
  if (typed === undefined) return text("");
  if (type === "string") return literalGrammar(typed.string);
  const others = new Set(Object.values(typed).filter((kind) => kind !== typed.string));
  return choice(...[...others].map((kind) => literalGrammar(kind)));
}

/** A value and what closes it. */
function valueGrammar(
  { pad, close, typed }: ParameterStyle,
  { schema, prefix, to }: { schema: JsonSchema | undefined; prefix: string; to: ToolRules },
): Expression {
  const { tool: { parameters }, rules } = to;
  const type = parameterType(schema, parameters);
  const end = literalGrammar(pad + close);
  const listed = type === "string" ? stringsOf(schema) : undefined;
  if (listed !== undefined) return sequence(choice(...listed.map((each) => text(each))), end);
  const strings = type === "string" ? rawStrings(schema, close, { prefix, rules }) : undefined;
  if (strings !== undefined) return sequence(strings, end);
  // Where the form says that a value is no string, it has to be JSON.
  if (type === "string" || (type === "either" && typed === undefined)) return until(close);
  const grammar = propertyGrammar(schema ?? true, parameters) ?? propertyGrammar(true, undefined);
  if (grammar === undefined) return until(close);
  return sequence(embedGrammar(rules, grammar, prefix), end);
}

/** The strings of an `enum` or `const`. */
function stringsOf(schema: JsonSchema | undefined): string[] | undefined {
  if (!isObject(schema)) return undefined;
  const listed = Array.isArray(schema.enum) ? schema.enum : schema.const === undefined ? [] : [schema.const];
  const strings = listed.filter((each) => typeof each === "string");
  return strings.length === 0 ? undefined : strings;
}

/** Whether an object without listed properties may have some. */
function takesAny(schema: JsonSchema | undefined): boolean {
  return schema === true ||
    (isObject(schema) && schema.properties === undefined && schema.additionalProperties !== false);
}

function anyParameters({ before, behind, typed, close, gap }: ParameterStyle): Expression {
  const name = repeat({ kind: "chars", ranges: [[48, 57], [65, 90], [95, 95], [97, 122]] }, 1, 64);
  const tag = literalGrammar(typed?.string ?? "");
  const each = sequence(
    literalGrammar(before),
    name,
    literalGrammar(behind),
    tag,
    until(close),
    text(gap),
  );
  return repeat(each, 0);
}
