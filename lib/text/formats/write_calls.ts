import type { Tool } from "../../engine/conversation.ts";
import type { CallForm, Field, Item, ParameterStyle, ValueKind } from "./format.ts";
import { parameterType, propertySchema } from "./parameter_type.ts";
import { writeJson } from "./write_json.ts";
import { writeNotation } from "./write_notation.ts";

/** A call to be written. */
export interface WrittenCall {
  name: string;
  /** JSON text of an object. */
  arguments: string;
  /** What a form with ids has for it; a counter, or letters and digits. */
  id: string;
}

/**
 * Writes calls as a model does.
 *
 * @param tools By name: what is written for a parameter may depend on its schema.
 */
export function writeCalls(form: CallForm, calls: readonly WrittenCall[], tools: ReadonlyMap<string, Tool>): string {
  const none = { name: "", arguments: "{}", id: "" };
  const write = (items: readonly Item[] = [], call: WrittenCall = none) =>
    items.map((item) => writeItem(item, call, tools)).join("");
  const written = calls.map((call) => write(form.call, call));
  return write(form.open) + written.join(write(form.between)) + write(form.close);
}

function writeItem(item: Item, call: WrittenCall, tools: ReadonlyMap<string, Tool>): string {
  switch (item.kind) {
    case "literal":
      return item.text;
    case "space":
      return item.usual;
    case "name":
      return call.name;
    case "signs":
      return call.id;
    case "id":
      return item.items.map((each) => writeItem(each, call, tools)).join("");
    case "optional":
      return "";
    case "arguments":
      return call.arguments;
    case "object":
      return `{${item.fields.map((field) => writeField(field, call)).join(", ")}}`;
    case "parameters":
      return writeParameters(item, call, tools.get(call.name));
    case "notation":
      return writeNotation(item.notation, call.arguments);
  }
}

function writeField({ key, is }: Field, call: WrittenCall): string {
  const value = is === "arguments" ? call.arguments : JSON.stringify(is === "name" ? call.name : call.id);
  return `${JSON.stringify(key)}: ${value}`;
}

function writeParameters(style: ParameterStyle, { arguments: json }: WrittenCall, tool: Tool | undefined): string {
  const { before, behind, typed, pad, close, gap } = style;
  const values: Record<string, unknown> = JSON.parse(json);
  return Object.entries(values).map(([name, value]) => {
    const type = parameterType(propertySchema(tool?.parameters, name), tool?.parameters);
    const isString = typeof value === "string" && type !== "other";
    const tag = typed?.[isString ? "string" : kindOf(value)] ?? "";
    return before + name + behind + tag + pad + (isString ? value : writeJson(value)) + pad + close + gap;
  }).join("");
}

function kindOf(value: unknown): ValueKind {
  if (Array.isArray(value)) return "array";
  const kind = typeof value;
  if (kind === "string" || kind === "number" || kind === "boolean") return kind;
  return value === null ? "null" : "object";
}
