import assert from "node:assert/strict";
import { JinjaTemplate } from "../../../lib/jinja/mod.ts";
import { capabilitiesOf, type TemplateCapabilities } from "../../../lib/text/template_capabilities.ts";

const PLAIN = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";
const NOTHING: TemplateCapabilities = {
  stringContent: true,
  typedContent: false,
  systemRole: true,
  tools: false,
  toolCalls: false,
  parallelToolCalls: false,
  objectArguments: false,
  preservesReasoning: false,
  reasoningEffort: false,
};

function found(source: string): Partial<TemplateCapabilities> {
  const capabilities = capabilitiesOf(new JinjaTemplate(source));
  // What is as in a template that only writes contents need not be repeated.
  return Object.fromEntries(
    Object.entries(capabilities).filter(([name, value]) =>
      Object.entries(NOTHING).some(([k, v]) => k === name && v !== value)
    ),
  );
}

Deno.test("capabilitiesOf a template that writes roles and contents", () => assert.deepEqual(found(PLAIN), {}));

Deno.test("capabilitiesOf a template that refuses system messages", () => {
  assert.deepEqual(found(`{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}${PLAIN}`), {
    systemRole: false,
  });
});

Deno.test("capabilitiesOf templates whose contents are lists", () => {
  const loop = "{% for m in messages %}{% for part in m.content %}{{ part.text }}{% endfor %}{% endfor %}";
  assert.deepEqual(found(loop), { stringContent: false, typedContent: true });
  const both = "{% for m in messages %}{{ m.content if m.content is string else m.content[0].text }}{% endfor %}";
  assert.deepEqual(found(both), {}, "a list is not reached by a text");
});

Deno.test("capabilitiesOf a template that writes tools and calls", () => {
  const tools = "{% for t in tools %}{{ t.function.name }}{% endfor %}";
  const calls = PLAIN.replace(
    "{% endfor %}",
    "{% for c in m.tool_calls %}{{ c.function.name }}ARGS{% endfor %}{% endfor %}",
  );
  const object = { objectArguments: true };
  const several = { toolCalls: true, parallelToolCalls: true };
  assert.deepEqual(found(tools + PLAIN), { tools: true });
  assert.deepEqual(found(calls), several);
  assert.deepEqual(found(tools + calls.replace("ARGS", "{{ c.function.arguments | tojson }}")), {
    tools: true,
    ...several,
    ...object,
  });
  const pairs = "{% for k, v in c.function.arguments.items() %}{{ v }}{% endfor %}";
  assert.deepEqual(found(calls.replace("ARGS", pairs)), { ...several, ...object });
  const first = calls.replace("for c in m.tool_calls", "for c in (m.tool_calls or [])[:1]").replace("ARGS", pairs);
  assert.deepEqual(found(first), { toolCalls: true, ...object });
  const text = calls.replace(
    "ARGS",
    "{{ raise_exception('text!') if c.function.arguments is mapping }}{{ c.function.arguments }}",
  );
  assert.deepEqual(found(tools + text), { tools: true, ...several });
});

Deno.test("capabilitiesOf templates that know thoughts of earlier turns, and efforts", () => {
  const thoughts = PLAIN.replace("{{ m.role }}", "{{ m.reasoning_content if not clear_thinking }}{{ m.role }}");
  assert.deepEqual(found(thoughts), { preservesReasoning: true });
  const last = PLAIN.replace("{{ m.role }}", "{{ m.reasoning_content if loop.last }}{{ m.role }}");
  assert.deepEqual(found(last), {});
  assert.deepEqual(found(`{{ reasoning_effort }}${PLAIN}`), { reasoningEffort: true });
  assert.deepEqual(found(`{{ reasoning_strength }}${PLAIN}`), { reasoningEffort: true });
});

Deno.test("capabilitiesOf a template that refuses everything throws nothing", () => {
  const { systemRole, stringContent, tools } = capabilitiesOf(new JinjaTemplate("{{ raise_exception('no') }}"));
  assert.deepEqual({ systemRole, stringContent, tools }, { systemRole: false, stringContent: false, tools: false });
});
