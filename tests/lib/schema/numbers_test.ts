import fc from "fast-check";
import assert from "node:assert/strict";
import { Matcher } from "../../../lib/grammar/matcher.ts";
import { schemaToGrammar } from "../../../lib/schema/mod.ts";
import { checkRows } from "./check_rows.ts";

Deno.test("schemaToGrammar holds bounds of integers exactly", () => {
  checkRows([
    { schema: { type: "integer", minimum: 0 }, yes: [0, 1, 99, 123456], no: [-1] },
    {
      schema: { type: "integer", minimum: 7, maximum: 123 },
      yes: [7, 9, 10, 99, 100, 119, 123],
      no: [6, 124, 130, 1234, -7],
    },
    { schema: { type: "integer", minimum: -15, maximum: 4 }, yes: [-15, -9, -1, 0, 4], no: [-16, -20, 5, 10] },
    { schema: { type: "integer", exclusiveMinimum: 3, exclusiveMaximum: 6 }, yes: [4, 5], no: [3, 6] },
    { schema: { type: "integer", minimum: 1.5, maximum: 3.5 }, yes: [2, 3], no: [1, 4] },
    { schema: { type: "integer", maximum: -10 }, yes: [-10, -11, -100], no: [-9, 0, 10] },
    { schema: { type: "integer", minimum: 5, maximum: 5 }, yes: [5], no: [4, 6, 55] },
  ]);
});

Deno.test("schemaToGrammar takes exclusiveMinimum and exclusiveMaximum as draft 4 and OpenAPI 3.0 have them", () => {
  const schema = { type: "integer", minimum: 5, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: true };
  const matcher = new Matcher(schemaToGrammar(schema).grammar);
  assert.deepEqual(["5", "6", "8", "9"].map((text) => matcher.accepts(text)), [false, true, true, false]);
});

Deno.test("schemaToGrammar holds bounds of decimal numbers", () => {
  checkRows([
    { schema: { type: "number", minimum: 0, maximum: 1 }, yes: [0, 1, 0.5, 0.999], no: [-0.1, 1.1, 2] },
    { schema: { type: "number", exclusiveMinimum: 0 }, yes: [0.1, 1, 12.5], no: [0, -1] },
    {
      schema: { type: "number", minimum: -1.25, maximum: 2.5 },
      yes: [-1.25, -1.2, 0, 2.5, 2.49],
      no: [-1.26, -2, 2.51, 3],
    },
    { schema: { minimum: 1.5 }, yes: [1.5, 2], no: [1, 1.4] },
  ]);
});

Deno.test("schemaToGrammar holds multipleOf of integers, and relaxes it for other numbers", () => {
  checkRows([
    { schema: { type: "integer", multipleOf: 3 }, yes: [0, 3, -3, 12, 999], no: [1, 10, 100] },
    { schema: { type: "integer", multipleOf: 5, minimum: 7, maximum: 22 }, yes: [10, 15, 20], no: [5, 7, 25] },
    { schema: { type: "integer", multipleOf: 0.5 }, yes: [1, 2], no: [1.5] },
    { schema: { type: "integer", multipleOf: 1.5 }, yes: [3, 6], no: [1, 2] },
    { schema: { type: "number", multipleOf: 4 }, yes: [4, 8], no: [2, 4.5] },
    { schema: { allOf: [{ multipleOf: 4 }, { multipleOf: 6 }] }, yes: [12, 24, 0], no: [4, 6] },
    {
      schema: { type: "number", multipleOf: 0.5, minimum: 0 },
      yes: [0.5, 1],
      no: [-0.5],
      loose: [0.3],
      relaxed: [" multipleOf"],
    },
  ]);
});

Deno.test("schemaToGrammar holds any range of integers", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -3000, max: 3000 }),
      fc.nat(3000),
      fc.array(fc.integer({ min: -4000, max: 7000 }), { minLength: 20, maxLength: 20 }),
      (minimum, span, values) => {
        const maximum = minimum + span;
        const matcher = new Matcher(schemaToGrammar({ type: "integer", minimum, maximum }).grammar);
        for (const value of [...values, minimum, maximum, minimum - 1, maximum + 1]) {
          assert.equal(
            matcher.accepts(String(value)),
            value >= minimum && value <= maximum,
            `${value} in ${minimum} … ${maximum}`,
          );
        }
      },
    ),
    { numRuns: 50 },
  );
});
