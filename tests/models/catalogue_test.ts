import assert from "node:assert/strict";
import { CATALOGUE, DEFAULT_MODEL } from "../../models/catalogue.ts";
import { catalogueEntrySchema } from "../../models/catalogue_entry.ts";
import { findModel } from "../../models/find_model.ts";

for (const entry of CATALOGUE) {
  Deno.test(`catalogue entry ${entry.name} is well-formed`, () => {
    assert.deepEqual(catalogueEntrySchema.parse(entry), entry);
  });
}

Deno.test("catalogue calls no two models the same", () => {
  const names = CATALOGUE.flatMap(({ name, aliases }) => [name, ...aliases]);
  assert.deepEqual(names, [...new Set(names)]);
  const files = CATALOGUE.map(({ file }) => file.toLowerCase());
  assert.deepEqual(files, [...new Set(files)]);
});

Deno.test("findModel knows the default model, aliases and either case", () => {
  const entry = findModel(DEFAULT_MODEL);
  assert.equal(findModel("SmolLM2"), entry);
  assert.equal(findModel("Gemma3").name, "gemma-3-270m");
});

Deno.test("findModel lists the names and suggests the nearest", () => {
  assert.throws(() => findModel("gema-3-270m"), {
    code: "not_found",
    message: /No model "gema-3-270m".*smollm2-135m-instruct, gemma-3-270m; did you mean "gemma-3-270m"\?$/,
  });
  assert.throws(() => findModel("mixtral-8x22b"), { code: "not_found", message: /gemma-3-270m$/ });
});
