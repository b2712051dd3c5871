import assert from "node:assert/strict";
import { EngineError } from "../../lib/errors.ts";
import { checkOptions, type GivenOption } from "../../lib/option_line.ts";
import { BUILT_IN_TEMPLATES } from "../../lib/text/template_source.ts";
import { expectTemplate, templateOfOptions } from "../../server/template_of_options.ts";

function settings(...given: GivenOption[]): ReturnType<typeof templateOfOptions> {
  return templateOfOptions(checkOptions(given));
}

async function withTemplate(text: string, use: (path: string) => Promise<void> | void): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".jinja" });
  try {
    await Deno.writeTextFile(path, text);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("templateOfOptions leaves all to the model and to requests where nothing is given", () => {
  assert.deepEqual(settings(), { variables: {}, reasoning: {} });
});

Deno.test("templateOfOptions takes Jinja, the name of a built-in or a file", async () => {
  assert.equal(settings(["chatTemplate", "{{ x }}"]).source, "{{ x }}");
  assert.equal(settings(["chatTemplate", "chatml"]).source, BUILT_IN_TEMPLATES.chatml);
  await withTemplate("{{ messages }}\n", (path) => {
    assert.equal(settings(["chatTemplateFile", path]).source, "{{ messages }}\n");
  });
});

Deno.test("templateOfOptions says how a model thinks", () => {
  assert.deepEqual(settings(["reasoning", "off"], ["reasoningBudget", "0"]).reasoning, { enabled: false, budget: 0 });
  assert.deepEqual(settings(["reasoning", true], ["reasoningFormat", "none"]).reasoning, {
    enabled: true,
    inline: true,
  });
  assert.deepEqual(settings(["reasoningEffort", "high"]).reasoning, { effort: "high" });
  assert.deepEqual(settings(["reasoningEffort", "none"], ["reasoning", "on"]).reasoning, { enabled: false });
  assert.deepEqual(settings(["reasoningPreserve", false], ["chatTemplateKwargs", '{"a": {"b": [1]}}']).variables, {
    preserve_reasoning: false,
    a: { b: [1] },
  });
});

Deno.test("a template that is given twice, is missing or is no Jinja is told in one line", async () => {
  const refused = async (given: GivenOption[], code: string, message: RegExp): Promise<void> => {
    await assert.rejects(expectTemplate(checkOptions(given)), (error) => {
      assert.ok(error instanceof EngineError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  };
  const missing = /^Cannot read the chat template "\/no\/such\.jinja": /;
  await refused([["chatTemplate", "x"], ["chatTemplateFile", "y"]], "usage", /name two templates; give one$/);
  await refused([["chatTemplateFile", "/no/such.jinja"]], "io", missing);
  for (const name of ["llama3", "command-r", "dir/my.jinja"]) {
    await refused([["chatTemplate", name]], "usage", /^There is no chat template ".+": expected Jinja or chatml; /);
  }
  await expectTemplate(checkOptions([["chatTemplate", "chatml"]]));
  await expectTemplate(checkOptions([["chatTemplate", "Not a chat template"]]));
  await refused([["chatTemplate", "{% if %}"]], "usage", /^The chat template --chat-template is not valid Jinja: ./);
  await withTemplate("{{ x", async (path) => {
    await refused([["chatTemplateFile", path]], "usage", /^The chat template ".*\.jinja" is not valid Jinja: ./);
  });
  await expectTemplate(checkOptions([["chatTemplate", "{{ x }}"]]));
  await expectTemplate(checkOptions([]));
});
