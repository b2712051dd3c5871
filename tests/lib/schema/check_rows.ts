import assert from "node:assert/strict";
import { Ajv } from "ajv/dist/ajv.js";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Json, JsonSchema } from "../../../lib/engine/conversation.ts";
import { checkGrammar } from "../../../lib/grammar/mod.ts";
import { Matcher } from "../../../lib/grammar/matcher.ts";
import { schemaToGrammar } from "../../../lib/schema/mod.ts";
import { pythonJson } from "./python_json.ts";

/** A schema and what is derived. Ajv says of each value whether it fits, so that the rows themselves are checked. */
export interface Row {
  schema: JsonSchema;
  /** Fit, and are written. */
  yes?: Json[];
  /** Do not fit, and are not written. */
  no?: Json[];
  /** Would fit, but are not written, as {@linkcode schemaToGrammar} says. */
  unwritten?: Json[];
  /** Are written and don't fit: what was relaxed. */
  loose?: Json[];
  /** Places and keywords of what is relaxed; nothing when absent. */
  relaxed?: string[];
  /** The schema is of draft 7. */
  old?: boolean;
}

/** A validator by Ajv, which knows what the grammar does not come from. */
export function validator(schema: JsonSchema, old = false): ValidateFunction {
  const options = { strict: false, validateFormats: true };
  const ajv = old ? new Ajv(options) : new Ajv2020(options);
  formats.default(ajv);
  return ajv.compile(schema);
}

/** Checks that the grammar of each schema derives what it should. */
export function checkRows(rows: Row[]): void {
  for (const { schema, yes = [], no = [], unwritten = [], loose = [], relaxed = [], old = false } of rows) {
    const shown = JSON.stringify(schema);
    const { grammar, relaxed: found } = schemaToGrammar(schema);
    assert.deepEqual(found.map(({ pointer, keyword }) => `${pointer} ${keyword}`), relaxed, `relaxed of ${shown}`);
    checkGrammar(grammar);
    const matcher = new Matcher(grammar);
    const validate = validator(schema, old);
    const check = (values: Json[], fits: boolean, written: boolean): void => {
      for (const value of values) {
        const text = pythonJson(value);
        assert.equal(validate(value), fits, `ajv on ${text} for ${shown}`);
        const what = written ? "is not derived" : "is derived";
        assert.equal(matcher.accepts(text), written, `${text} ${what} for ${shown}`);
      }
    };
    check(yes, true, true);
    check(no, false, false);
    check(unwritten, true, false);
    check(loose, false, true);
  }
}
