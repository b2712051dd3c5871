import { EngineError } from "../../lib/errors.ts";
import { type Grammar, ROOT } from "../../lib/grammar/grammar.ts";
import type { JsonSchema } from "../../lib/engine/mod.ts";
import type { ConstraintParameters } from "../schemas/mod.ts";
import { type Constraint, relaxedAt } from "../constraint.ts";
import { isGiven } from "./to_sampling.ts";

/** What an answer may be, as any of the APIs says it. */
export type AnswerFormat =
  | { type: "text" }
  /** A JSON object of any kind. */
  | { type: "json_object" }
  /** JSON of a schema; `strict` refuses what of it cannot be held, `param` is what the request calls it. */
  | { type: "json_schema"; schema: JsonSchema; strict?: boolean | null | undefined; param: string };

/**
 * What a request holds its answer to, of which it must say no more than one. What makes grammars is loaded when one is asked for.
 *
 * @throws {EngineError} `invalid_value` for what is no schema, grammar or pattern, or cannot be held and must.
 */
export async function toConstraint(request: ConstraintParameters): Promise<Constraint> {
  const { response_format: format, json_schema: schema, grammar, regex, choice } = request;
  if (isGiven(format) && format.type !== "text") return await formatConstraint(toFormat(format));
  if (isGiven(schema)) return await formatConstraint({ type: "json_schema", schema, param: "json_schema" });
  if (grammar) return held(await gbnfGrammar(grammar));
  if (isGiven(regex)) return held(await patternGrammar(regex));
  if (isGiven(choice)) return held(await choiceGrammar(choice));
  return held(undefined);
}

/**
 * What a format holds an answer to.
 *
 * @throws {EngineError} `invalid_value` for what is no schema, or cannot be held and must.
 */
export async function formatConstraint(format: AnswerFormat): Promise<Constraint> {
  if (format.type === "text") return held(undefined);
  const { jsonGrammar, schemaToGrammar } = await import("../../lib/schema/mod.ts");
  if (format.type === "json_object") return held(jsonGrammar());
  const { schema, strict, param } = format;
  const { grammar, relaxed } = schemaToGrammar(schema, { strict: strict ?? false, param });
  const constraint = held(grammar);
  if (relaxed.length === 0) return constraint;
  return {
    ...constraint,
    relaxed: relaxedAt(param, relaxed),
    unheld: { content: { schema, param }, arguments: new Map() },
  };
}

function toFormat(format: NonNullable<ConstraintParameters["response_format"]>): AnswerFormat {
  if (format.type === "text") return format;
  if (format.type === "json_schema" && isGiven(format.json_schema?.schema)) {
    const { schema, strict } = format.json_schema;
    return { type: "json_schema", schema, strict, param: "response_format.json_schema.schema" };
  }
  if (!isGiven(format.schema)) {
    if (format.type === "json_object") return { type: "json_object" };
    const param = "response_format.json_schema.schema";
    throw new EngineError("invalid_value", `Invalid "${param}": expected a schema, found none`, { param });
  }
  return { type: "json_schema", schema: format.schema, param: "response_format.schema" };
}

function held(grammar: Grammar | undefined): Constraint {
  return {
    ...(grammar === undefined ? {} : { grammar }),
    relaxed: [],
    unheld: { arguments: new Map() },
  };
}

async function gbnfGrammar(source: string): Promise<Grammar> {
  const { parseGbnf } = await import("../../lib/grammar/mod.ts");
  return parseGbnf(source);
}

/** One of these texts. */
async function choiceGrammar(texts: string[]): Promise<Grammar> {
  const { textChoice } = await import("../../lib/schema/mod.ts");
  return { rules: { [ROOT]: textChoice(texts) } };
}

/** The texts that a pattern matches from their beginning to their end. */
async function patternGrammar(pattern: string): Promise<Grammar> {
  expectPattern(pattern);
  const { compilePattern, TooLarge, toRules, UnsupportedPattern } = await import("../../lib/grammar/mod.ts");
  try {
    const { rules, start } = toRules(compilePattern(`^(?:${pattern})$`), { prefix: "regex", encode: "plain" });
    const isEmpty = start.kind === "choice" && start.options.length === 0;
    if (isEmpty) throw new UnsupportedPattern(pattern, "matches no text at all");
    return { rules: { [ROOT]: start, ...rules } };
  } catch (error) {
    throw error instanceof UnsupportedPattern || error instanceof TooLarge ? refused("regex", error) : error;
  }
}

/** Makes sure that it is one by itself: within other text, what is none may become one. */
function expectPattern(pattern: string): void {
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    if (!isOlderPattern(pattern)) throw refused("regex", error instanceof Error ? error : new Error(String(error)));
  }
}

/** Whether it is one by the older rules, without the flag "u", as JSON Schema allows it. */
function isOlderPattern(pattern: string): boolean {
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false; // The stricter rules say better what is wrong.
  }
}

function refused(param: string, cause: Error): EngineError {
  return new EngineError("invalid_value", `Invalid "${param}": ${cause.message}`, { param, cause });
}
