export type { KeywordPlace, Relaxation, SchemaGrammar, SchemaOptions } from "./schema_types.ts";
export { JSON_CHARACTER } from "./json_texts.ts";
export { isObject } from "./schema_types.ts";
export { jsonGrammar } from "./json_grammar.ts";
export { reportSchema } from "./report_schema.ts";
export { schemaToGrammar } from "./schema_to_grammar.ts";
export { textChoice } from "./text_choice.ts";
