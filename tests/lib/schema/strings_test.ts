import { checkRows } from "./check_rows.ts";

Deno.test("schemaToGrammar holds minLength and maxLength in code points", () => {
  checkRows([
    { schema: { type: "string", minLength: 2 }, yes: ["ab", "é😀", "abc"], no: ["", "a", "😀"] },
    { schema: { type: "string", maxLength: 2 }, yes: ["", "a", "😀😀", '\n"'], no: ["abc"] },
    { schema: { type: "string", minLength: 1, maxLength: 3 }, yes: ["a", "abc"], no: ["", "abcd"] },
    { schema: { type: "string", maxLength: 100_000 }, yes: ["", "a".repeat(1000)], no: [1] },
    { schema: { type: "string", maxLength: 0 }, yes: [""], no: ["a"] },
  ]);
});

Deno.test("schemaToGrammar holds pattern, with lengths and formats beside it", () => {
  checkRows([
    { schema: { type: "string", pattern: "^[a-z]+$" }, yes: ["a", "abc"], no: ["", "A", "a1"] },
    { schema: { type: "string", pattern: "b" }, yes: ["b", "abc", '\n"b'], no: ["", "ac"] },
    { schema: { type: "string", pattern: "^\\d{3}-\\d{4}$" }, yes: ["555-1234"], no: ["5555-123", "555-12345"] },
    { schema: { type: "string", pattern: '^(a|bc)*"\\\\$' }, yes: ['"\\', 'abc"\\'], no: ['b"\\', '"'] },
    {
      schema: { type: "string", pattern: "^a+$", minLength: 2, maxLength: 4 },
      yes: ["aa", "aaaa"],
      no: ["a", "aaaaa", "ab"],
    },
    {
      schema: { type: "string", pattern: "^(abc)+$", maxLength: 7 },
      yes: ["abc", "abcabc"],
      no: ["abcabca", "abcabcabc"],
    },
    { schema: { allOf: [{ pattern: "^a" }, { pattern: "z$" }], type: "string" }, yes: ["az", "abz"], no: ["a", "z"] },
    { schema: { type: "string", pattern: "^2", format: "date" }, yes: ["2020-01-31"], no: ["1999-01-01", "2020"] },
    { schema: { type: "string", pattern: "^.{2}$" }, yes: ["ab", "😀é"], no: ["a", "a\n"] },
    {
      schema: { type: "object", properties: { a: { type: "string", pattern: "^(a|b)\\1$" }, b: { type: "integer" } } },
      yes: [{ a: "aa", b: 1 }],
      no: [{ a: 1 }, { b: "" }],
      loose: [{ a: "xa" }],
      relaxed: ["/properties/a pattern"],
    },
    {
      schema: { type: "string", pattern: "(.)\\1", maxLength: 3 },
      yes: ["aab"],
      no: ["aabb"],
      loose: ["b"],
      relaxed: [" pattern"],
    },
  ]);
});

Deno.test("schemaToGrammar holds formats, and takes unknown ones as annotations", () => {
  checkRows([
    {
      schema: { type: "string", format: "date" },
      yes: ["2020-02-28", "1999-12-31"],
      no: ["2020-13-01", "2020-1-1", "2020-01-32", ""],
    },
    {
      schema: { type: "string", format: "time" },
      yes: ["12:30:00Z", "23:59:59.5+01:00"],
      no: ["24:00:00Z", "12:30", "noon"],
    },
    {
      schema: { type: "string", format: "date-time" },
      yes: ["2020-02-28T12:30:00Z"],
      no: ["2020-02-28", "2020-02-28 x"],
    },
    { schema: { type: "string", format: "uuid" }, yes: ["123e4567-e89b-12d3-a456-426614174000"], no: ["123e4567", ""] },
    { schema: { type: "string", format: "email" }, yes: ["a@b.co"], no: ["a", "@b.co", "a@"] },
    { schema: { type: "string", format: "ipv4" }, yes: ["1.2.3.4", "255.255.255.255"], no: ["1.2.3", "256.1.1.1"] },
    { schema: { type: "string", format: "ipv6" }, yes: ["::1", "2001:db8::8a2e:370:7334"], no: ["1.2.3", ":::"] },
    { schema: { type: "string", format: "uri" }, yes: ["https://example.com/a?b#c"], no: ["not a uri", "/relative"] },
    { schema: { type: "string", format: "no-such-format" }, yes: ["", "anything"], no: [1] },
    { schema: { type: ["string", "null"], format: "date", nullable: true }, yes: [null, "2020-01-01"], no: ["x"] },
  ]);
});
