import { NAMED_FORMATS } from "./named_formats.ts";
import { OBJECT_FORMATS } from "./object_formats.ts";
import { PARAMETER_FORMATS } from "./parameter_formats.ts";

/** Ways to call tools, by their names. */
export const CALL_FORMATS = { ...OBJECT_FORMATS, ...NAMED_FORMATS, ...PARAMETER_FORMATS };
