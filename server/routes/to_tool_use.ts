import type { JsonSchema, Tool, ToolUse } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { schemaToGrammar } from "../../lib/schema/mod.ts";
import { type Constraint, relaxedAt } from "../constraint.ts";

/** A function as any of the APIs has it. */
export interface ToolDefinition {
  name: string;
  description?: string | null | undefined;
  /** The JSON Schema of its arguments; an object without properties when absent. */
  parameters?: JsonSchema | null | undefined;
  /** Refuse what of the schema cannot be held. */
  strict?: boolean | null | undefined;
  /** What the request calls it, e.g. `tools.0.function`; its parts are called by this, a dot and their names. */
  param: string;
  /** The last part of what the request calls its schema; `parameters` when absent. */
  schemaKey?: string;
}

/** Which of the tools may be called. */
export interface ToolChoice extends Pick<ToolUse["choice"], "mode"> {
  /** Only these, of which each must be a tool; all when absent. */
  names?: string[];
  /** What the request calls the choice. */
  param: string;
  /** Whether several may be called; as the model's format has it when absent, but of a single function one. */
  parallel?: boolean | null | undefined;
}

/** Tools, and what of their schemas their grammars do not hold. */
export interface HeldTools {
  /** Undefined where there are none. */
  tools: ToolUse | undefined;
  held: Pick<Constraint, "relaxed" | "unheld">;
}

/** What a function takes that says nothing of it. */
const NO_PARAMETERS: JsonSchema = { type: "object", properties: {}, additionalProperties: false };

/**
 * Maps tools and a choice among them to what the engine takes.
 *
 * @throws {EngineError} `invalid_value` for a name that two tools have or that none has, and what `schemaToGrammar` refuses.
 */
export async function toToolUse(definitions: ToolDefinition[], choice: ToolChoice): Promise<HeldTools> {
  const held: HeldTools["held"] = { relaxed: [], unheld: { arguments: new Map() } };
  const tools = new Map<string, Tool>();
  if (definitions.length === 0 && choice.names === undefined) return { tools: undefined, held };
  const { schemaToGrammar } = await import("../../lib/schema/mod.ts");
  for (const definition of definitions) {
    const { name, param } = definition;
    if (tools.has(name)) {
      throw refused(`${param}.name`, `there is a tool ${JSON.stringify(name)} already; each needs a name of its own`);
    }
    tools.set(name, toTool(definition, { held, toGrammar: schemaToGrammar }));
  }
  for (const name of choice.names ?? []) {
    if (tools.has(name)) continue;
    const known = [...tools.keys()].slice(0, 8).map((each) => JSON.stringify(each)).join(", ");
    const expected = tools.size === 0 ? "there are none" : `expected one of ${known}${tools.size > 8 ? " …" : ""}`;
    throw refused(choice.param, `there is no tool ${JSON.stringify(name)}; ${expected}`);
  }
  const { mode, names } = choice;
  const parallel = choice.parallel ?? (mode === "required" && names?.length === 1 ? false : undefined);
  return {
    tools: {
      tools: [...tools.values()],
      choice: { mode, ...(names === undefined ? {} : { names }) },
      ...(parallel === undefined ? {} : { parallel }),
    },
    held,
  };
}

function toTool(
  { name, description, parameters, strict, param, schemaKey = "parameters" }: ToolDefinition,
  { held, toGrammar }: { held: HeldTools["held"]; toGrammar: typeof schemaToGrammar },
): Tool {
  const at = `${param}.${schemaKey}`;
  const schema = asObject(parameters ?? NO_PARAMETERS, at);
  const { grammar, relaxed } = namingTool(name, () => toGrammar(schema, { strict: strict ?? false, param: at }));
  held.relaxed.push(...relaxedAt(at, relaxed));
  if (relaxed.length > 0) held.unheld.arguments.set(name, { schema, param: at });
  return {
    name,
    ...(description === null || description === undefined ? {} : { description }),
    ...(parameters === null || parameters === undefined ? {} : { parameters }),
    grammar,
  };
}

/** Arguments are an object, also where their schema does not say so. */
function asObject(schema: JsonSchema, param: string): JsonSchema {
  if (typeof schema === "boolean") return schema ? { type: "object" } : schema;
  const { type } = schema;
  if (type === undefined || (Array.isArray(type) && type.includes("object"))) return { ...schema, type: "object" };
  if (type === "object") return schema;
  throw refused(param, `arguments are an object, which "type" does not allow: found ${JSON.stringify(type)}`);
}

/** Among many tools nobody wants to count: what is wrong with a schema says whose it is. */
function namingTool<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof EngineError) || error.param === undefined) throw error;
    const { code, message, param } = error;
    throw new EngineError(code, `Tool ${JSON.stringify(name)}: ${message}`, { param, cause: error });
  }
}

function refused(param: string, message: string): EngineError {
  return new EngineError("invalid_value", `Invalid "${param}": ${message}`, { param });
}
