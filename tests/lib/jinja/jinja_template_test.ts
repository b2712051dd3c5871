import assert from "node:assert/strict";
import { JinjaTemplate } from "../../../lib/jinja/mod.ts";

const NOW = new Date("2026-03-05T09:07");

function render(source: string, variables: Record<string, unknown> = {}): string {
  return new JinjaTemplate(source).render(variables, { now: NOW });
}

/** What each writes with {@linkcode VARIABLES}; Jinja2 says the same unless a line says otherwise. */
const VARIABLES = {
  text: "  Köln\n",
  list: [3, 1, 2],
  pairs: [{ name: "b", kind: "x" }, { name: "a", kind: "y" }],
  map: { items: 1, b: [true, null], "it's": 0.5 },
  nothing: null,
  yes: true,
};
const CASES: [source: string, text: string][] = [
  ["{{ yes }} {{ 1 == 1.0 }} {{ nothing }}{{ missing }}", "True True "],
  ["{{ list }} {{ map }}", `[3, 1, 2] {'items': 1, 'b': [True, None], "it's": 0.5}`],
  ["{{ (1, 'a') | string }}{{ list | string }}", "(1, 'a')[3, 1, 2]"],
  ["{{ yes | string }}", "True"],
  // llama.cpp has nothing for none here, where Jinja2 fails; templates are written for both.
  ["{{ 'a' + nothing }}{{ missing ~ 'b' }}", "ab"],
  ["{{ 'n' ~ 1 }}{{ 'ab' * 2 }}{{ 2 * '-' }}", "n1abab--"],
  [
    "{{ 1 == '1' }}{{ nothing == missing }}{{ '' == 0 }}{{ 0 == false }}{{ [1, [2]] == [1, [2]] }}",
    "FalseFalseFalseTrueTrue",
  ],
  [
    "{{ 2 in list }}{{ 'K' in text }}{{ 'b' in map }}{{ [1] in [[1]] }}{{ 'x' not in missing }}",
    "TrueTrueTrueTrueTrue",
  ],
  [
    "[{{ text.strip() }}][{{ 'xxaxx'.strip('x') }}][{{ '..a'.lstrip('.') }}][{{ text.rstrip('\\n') }}]",
    "[Köln][a][a][  Köln]",
  ],
  ["{{ 'a,b,c'.rsplit(',', 1) }}{{ 'a-b'.split('-')[-1] }}", "['a,b', 'c']b"],
  ["{{ '{} of {}'.format(1, 'two') }}{{ '-'.join(['a', 'b']) }}", "1 of twoa-b"],
  ["{{ 'hELLO wORLD' | title }} {{ 'hELLO'.capitalize() }} {{ 'a' | upper }}", "Hello World Hello A"],
  ["{{ 'a.b' | replace('.', '$&') }}{{ 12 | replace(1, 3) }}", "a$&b32"],
  ["{{ map.items() | length }}{{ map['items'] }}{{ map.b | length }}", "312"],
  [
    "{% for k, v in map.items() %}{{ k }};{% endfor %}{% for k in map %}{{ k }};{% endfor %}",
    "items;b;it's;items;b;it's;",
  ],
  ["{% for x in missing %}{{ x }}{% else %}none{% endfor %}", "none"],
  ["{% for a, b in [(1, 2), [3, 4]] %}{{ a + b }};{% endfor %}", "3;7;"],
  ["{% for x in list if x > 1 %}{{ x }}{% if loop.last %}.{% endif %}{% endfor %}", "32."],
  [
    "{{ pairs | map(attribute='name') | join(', ') }} {{ list | map('string') | list | tojson }}",
    'b, a ["3", "1", "2"]',
  ],
  ["{{ pairs | selectattr('kind', 'equalto', 'y') | map(attribute='name') | first }}", "a"],
  [
    "{% set k = 'x' %}{{ pairs | rejectattr('kind', 'eq', k) | list | length }}{{ list | select('ne', 1) | list }}",
    "1[3, 2]",
  ],
  ["{{ pairs | selectattr('name') | list | length }}{{ [] | first }}{{ [1, 2] | last }}", "22"],
  ["{{ list | min }}{{ list | max }}{{ list | sort }}", "13[1, 2, 3]"],
  ["{{ missing | default('d') }}{{ '' | default('e', true) }}{{ missing | length }}{{ missing | trim }}", "de0"],
  ["{{ {1: 'a', 10: 'c', 2: 'b'} | dictsort }}", "[[1, 'a'], [2, 'b'], [10, 'c']]"],
  ["{% set t = {1: 'a', 2: 'b'} %}{{ t[2] }}{% for k in t %}{{ k + 1 }}{% endfor %}", "b23"],
  ["{% set l = [] %}{{ l.append(1) and '' }}{% set _ = l.append(2) %}{{ l }}{{ l.pop(0) }}{{ l }}", "[1, 2]1[2]"],
  [
    "{{ map is mapping }}{{ map is sequence }}{{ text is iterable }}{{ 1 is number }}{{ yes is number }}",
    "TrueFalseTrueTrueFalse",
  ],
  ["{% filter upper %}a{{ 1 }}b{% endfilter %}", "A1B"],
  ["{% set x %}a{{ yes }}{% endset %}{{ x }}{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}", "aTrue12"],
  ["{{ map | tojson }}", `{"items": 1, "b": [true, null], "it's": 0.5}`],
  ["{{ {'a': [1], 'b': {}} | tojson(indent=2) }}", '{\n  "a": [\n    1\n  ],\n  "b": {}\n}'],
  ["{{ range(3) | list }}{{ list[::-1] }}{{ 'abc'[1:] }}{{ list[-1] }}", "[0, 1, 2][2, 1, 3]bc2"],
  ["{{ strftime_now('%d %b %Y, %-d %B %y %H:%M %j %A %% %Q') }}", "05 Mar 2026, 5 March 26 09:07 064 Thursday % %Q"],
  ["a\r\n{%- if yes %}\r\nb{% endif %}", "ab"],
];

Deno.test("JinjaTemplate writes what Jinja2 and llama.cpp write, where the package alone would not", () => {
  for (const [source, text] of CASES) assert.equal(render(source, VARIABLES), text, source);
});

Deno.test("JinjaTemplate evaluates each operand once", () => {
  const source = "{% set l = [] %}{% macro f() %}{% set _ = l.append(1) %}x{% endmacro %}" +
    "{{ f() + f() + f() + f() }}{{ (f() | upper)[0:1] }}{{ f() is string }}{% for a in [f()] %}{{ a }}{% endfor %}{{ l | length }}";
  assert.equal(render(source), "xxxxXTruex7");
});

Deno.test("JinjaTemplate throws what a template raises, and what cannot be done", () => {
  for (
    const [source, message] of [
      ["{{ raise_exception('No system role') }}", /^Error: No system role$/],
      ["{{ undefined_function() }}", /not a function/],
      ["{{ 'a' | constructor }}", /Unknown StringValue filter/],
      ["{{ 'a'.toString() }}", /not a function/],
      ["{{ 1 is valueOf }}", /Unknown test/],
      ["{{ 1 in 2 }}", /Cannot tell whether/],
      ["{{ '{}'.format() }}", /more places/],
      ["{{ [].pop() }}", /finds nothing/],
      ["{{ [1] | selectattr('a') }}", /takes a list of dictionaries/],
      ["{{ [1] | select('nonsense') }}", /no test "nonsense"/],
      ["{{ range(1000000000000) }}", /at most 1000000/],
      ["{{ range(1, 2, 0) }}", /at most/],
    ] as const
  ) assert.throws(() => render(source), (error) => message.test(String(error)), source);
});

Deno.test("JinjaTemplate never takes what a variable holds for Jinja", () => {
  const text = "{{ 1 + 1 }}{% raw %}{#";
  assert.equal(render("{{ a }}{{ [a] | join }}{{ {'a': a}.a }}", { a: text }), text.repeat(3));
});

Deno.test("JinjaTemplate takes variables whose names are those of objects' own properties", () => {
  const variables = JSON.parse('{"__proto__": {"x": 1}, "constructor": "c", "m": {"__proto__": 2, "toString": 3}}');
  assert.equal(render("{{ constructor }}{{ m.toString }}{{ m['__proto__'] }}{{ hasOwnProperty }}", variables), "c32");
});
