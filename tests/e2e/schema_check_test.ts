import assert from "node:assert/strict";
import { join } from "node:path";
import { runPackllama } from "../built.ts";

Deno.test("packllama schema check shows the grammar, what is held, and what not; or one line that says what is wrong", async (test) => {
  const folder = await Deno.makeTempDir();
  const check = async (schema: unknown, ...options: string[]): ReturnType<typeof runPackllama> => {
    const file = join(folder, "my schema.json");
    await Deno.writeTextFile(file, typeof schema === "string" ? schema : JSON.stringify(schema));
    return await runPackllama(["schema", "check", file, ...options]);
  };
  try {
    const schema = {
      type: "object",
      properties: { kind: { const: "a" }, tags: { type: "array", items: { type: "string" }, uniqueItems: true } },
      required: ["kind"],
    };
    await test.step("a schema", async () => {
      const { code, stdout, stderr } = await check(schema);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^# Grammar \(GBNF\)\nroot ::= /);
      assert.match(stdout, /"\{\\"kind\\": /);
      assert.match(
        stdout,
        /# Held by the grammar\n {2}"" {2}type, properties, required\n {2}\/properties\/kind {2}const\n/,
      );
      assert.match(
        stdout,
        /validated afterwards\n {2}\/properties\/tags {2}uniqueItems: the items are not of a list of values\n$/,
      );
    });
    await test.step("one of which everything is held", async () => {
      const { code, stdout } = await check({ type: "integer" }, "--strict");
      assert.equal(code, 0);
      assert.match(stdout, /afterwards\n {2}nothing\n$/);
    });
    const refused = async (what: unknown, about: RegExp, ...options: string[]): Promise<void> => {
      const { code, stderr, stdout } = await check(what, ...options);
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(stderr, /^error: [^\n]*my schema\.json[^\n]*\n$/);
      assert.match(stderr, about);
    };
    await test.step("bad ones", async () => {
      await refused({ properties: { a: { type: "strin" } } }, /at "\/properties\/a": "type" is "strin", expected/);
      await refused("{", /is no JSON/);
      await refused("[]", /expected a schema/);
      await refused({ type: "integer", minimum: 2, maximum: 1 }, /nothing can fit it because of "minimum"/);
      await refused(schema, /at "\/properties\/tags": "uniqueItems" can't be held/, "--strict");
    });
    await test.step("no file", async () => {
      const { code, stderr } = await runPackllama(["schema", "check", join(folder, "none.json")]);
      assert.equal(code, 1);
      assert.match(stderr, /^error: [^\n]*none\.json[^\n]*\n$/);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
