/** Jinja as chat templates are written in it: the package's parser and interpreter, and what they lack. */
export { GLOBAL_NAMES, JinjaTemplate, type RenderOptions } from "./jinja_template.ts";
export { strftime } from "./strftime.ts";
export { UseLog } from "./use_log.ts";
export { isList, isMap, type Value } from "./values.ts";
