import type { JsonSchema } from "../../../lib/engine/conversation.ts";
import { checkRows } from "./check_rows.ts";

const INTEGER = { type: "integer" };

Deno.test("schemaToGrammar follows references in the document", () => {
  checkRows([
    { schema: { $ref: "#/$defs/a", $defs: { a: INTEGER } }, yes: [1], no: ["a"] },
    { schema: { $ref: "#/definitions/a", definitions: { a: INTEGER } }, yes: [1], no: ["a"] },
    { schema: { $ref: "#/$defs/a~1b~0c%25d", $defs: { "a/b~c%d": INTEGER } }, yes: [1], no: ["a"] },
    { schema: { $ref: "#/$defs/a/properties/b", $defs: { a: { properties: { b: INTEGER } } } }, yes: [1], no: ["a"] },
    { schema: { $ref: "#/allOf/0/anyOf/1", allOf: [{ anyOf: [{ type: "string" }, INTEGER] }] }, yes: [1], no: ["a"] },
    { schema: { $ref: "#here", $defs: { a: { $anchor: "here", ...INTEGER } } }, yes: [1], no: ["a"] },
    {
      schema: {
        $id: "https://example.com/root.json",
        $ref: "part.json",
        $defs: { a: { $id: "part.json", ...INTEGER } },
      },
      yes: [1],
      no: ["a"],
    },
    {
      schema: {
        $id: "https://example.com/root.json",
        $ref: "part.json#/$defs/b",
        $defs: { a: { $id: "part.json", $defs: { b: INTEGER } } },
      },
      yes: [1],
      no: ["a"],
    },
    {
      schema: {
        $id: "https://example.com/root.json",
        $ref: "https://example.com/root.json#/$defs/a",
        $defs: { a: INTEGER },
      },
      yes: [1],
      no: ["a"],
    },
    {
      schema: {
        $ref: "#/components/schemas/a",
        components: { schemas: { a: { $ref: "#/components/schemas/b" }, b: INTEGER } },
      },
      yes: [1],
      no: ["a"],
    },
    {
      schema: { $ref: "#/$defs/a", maximum: 5, $defs: { a: { type: "integer", minimum: 3 } } },
      yes: [3, 5],
      no: [2, 6],
    },
    {
      schema: {
        type: "object",
        properties: { a: { $ref: "#/$defs/x", description: "d" }, b: { $ref: "#/$defs/x" } },
        required: ["a", "b"],
        $defs: { x: { enum: ["p", "q"] } },
      },
      yes: [{ a: "p", b: "q" }],
      no: [{ a: "x", b: "p" }],
    },
  ]);
});

Deno.test("schemaToGrammar makes recursive rules of recursive references", () => {
  const tree = {
    type: "object",
    properties: { value: INTEGER, children: { type: "array", items: { $ref: "#" } } },
    required: ["value"],
  };
  const list: JsonSchema = {
    $ref: "#/$defs/node",
    $defs: {
      node: {
        type: "object",
        properties: { v: INTEGER, next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
        required: ["v", "next"],
      },
    },
  };
  checkRows([
    {
      schema: tree,
      yes: [{ value: 1 }, { value: 1, children: [{ value: 2, children: [] }, { value: 3 }] }],
      no: [{}, { value: 1, children: [{}] }, { value: 1, children: [1] }],
    },
    {
      schema: list,
      yes: [{ v: 1, next: null }, { v: 1, next: { v: 2, next: null } }],
      no: [{ v: 1 }, { v: 1, next: {} }, { v: 1, next: { v: 2 } }],
    },
    {
      schema: { anyOf: [INTEGER, { type: "array", items: { $ref: "#" } }] },
      yes: [1, [], [1, [2, []]]],
      no: ["a", [["a"]]],
    },
    {
      schema: {
        $ref: "#/$defs/json",
        $defs: {
          json: {
            anyOf: [{ type: "string" }, { type: "array", items: { $ref: "#/$defs/json" } }, {
              type: "object",
              additionalProperties: { $ref: "#/$defs/json" },
            }],
          },
        },
      },
      yes: ["a", ["a", { b: ["c"] }]],
      no: [1, [1], { a: [null] }],
    },
    // A property that can never come to an end is left out.
    {
      schema: {
        type: "object",
        properties: { a: INTEGER, b: { $ref: "#/$defs/endless" } },
        $defs: { endless: { type: "object", properties: { again: { $ref: "#/$defs/endless" } }, required: ["again"] } },
      },
      yes: [{}, { a: 1 }],
      no: [{ b: {} }],
    },
    {
      schema: {
        $dynamicAnchor: "node",
        type: "array",
        items: { $dynamicRef: "#node" },
      },
      yes: [[], [[[]]]],
      no: [1, [1]],
    },
  ]);
});
