import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Automaton } from "../../../lib/grammar/automaton.ts";
import { formatPattern, FORMATS } from "../../../lib/grammar/format_pattern.ts";
import { complement } from "../../../lib/grammar/text_automata.ts";
import { toRules } from "../../../lib/grammar/to_rules.ts";

function patternOf(name: string): Automaton {
  return formatPattern(name) ?? assert.fail(name);
}

/** A text on a random way, which is led to an end after some 40 characters. */
function sample(automaton: Automaton): string {
  let [text, state] = ["", 0];
  for (;;) {
    const ways = automaton.ways(state);
    if (automaton.ends(state) && (ways.length === 0 || Math.random() < (text.length > 40 ? 0.9 : 0.1))) return text;
    const way = ways[Math.floor(Math.random() * ways.length)];
    const [first, last] = way?.ranges[Math.floor(Math.random() * way.ranges.length)] ?? [0, 0];
    text += String.fromCodePoint(first + Math.floor(Math.random() * (last - first + 1)));
    state = way?.target ?? 0;
  }
}

const CASES: Record<string, { yes: string[]; no: string[] }> = {
  date: {
    yes: ["2026-02-28", "2024-02-29", "2000-02-29", "0001-12-31"],
    no: ["2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-01", "0000-01-01", "2026-1-1"],
  },
  time: {
    yes: ["23:59:59Z", "00:00:00.5+02:00"],
    no: ["24:00:00Z", "12:00:60Z", "12:00:00", "12:00Z", "12:00:00+24:00"],
  },
  "date-time": {
    yes: ["2026-11-24T17:35:24Z", "2024-02-29T00:00:00.123-05:30"],
    no: ["2026-11-24 17:35:24Z", "2026-02-29T00:00:00Z", "2026-11-24"],
  },
  duration: { yes: ["P1D", "PT5M", "P1Y2M3DT4H5M6S", "P2W"], no: ["P", "PT", "P1DT", "1D", "P1W1D"] },
  email: {
    yes: ["jane.doe+x@mail.example.org", "a@b.co"],
    no: ["a@b", "@b.co", "a..b@c.de", "a@-b.co", `${"a".repeat(65)}@b.co`],
  },
  hostname: {
    yes: ["localhost", "a.b.c.d.example.com", "x".repeat(63)],
    no: ["", "-a.com", "a-.com", "a..b", "x".repeat(64), "a_b"],
  },
  ipv4: { yes: ["0.0.0.0", "192.168.1.255"], no: ["256.1.1.1", "01.1.1.1", "1.1.1", "1.1.1.1.1"] },
  ipv6: {
    yes: ["::", "::1", "2001:db8::8a2e:370:7334", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1::2:3:4:5:6:7"],
    no: ["1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "g::", "::1.2.3"],
  },
  "json-pointer": { yes: ["", "/a/b~0~1/0", "/"], no: ["a", "/~", "/~2"] },
  uri: {
    yes: ["https://user@example.com:8080/a%20b?q=1#f", "mailto:a@b.co", "urn:isbn:123", "http://[::1]/"],
    no: ["example.com", "//x.y", "http://", "http://a b", "http://x/%zz", "1http://a"],
  },
  uuid: {
    yes: ["123e4567-e89b-12d3-a456-426614174000"],
    no: ["123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g"],
  },
};

Deno.test("formatPattern takes what its formats are, and not what they are not", () => {
  assert.deepEqual(Object.keys(CASES).sort(), [...FORMATS].sort());
  for (const [name, { yes, no }] of Object.entries(CASES)) {
    for (const text of yes) assert.ok(patternOf(name).accepts(text), `${name} ${text}`);
    for (const text of no) assert.ok(!patternOf(name).accepts(text), `${name} ${text}`);
  }
  for (const unknown of ["color", "toString", "__proto__"]) assert.equal(formatPattern(unknown), undefined);
});

Deno.test("formatPattern's automata are small, and what is left of all texts without them, too", () => {
  for (const name of FORMATS) {
    for (const automaton of [patternOf(name), complement(patternOf(name))]) {
      const { rules } = toRules(automaton, { prefix: "f", encode: "json" });
      assert.ok(Object.keys(rules).length < 1000, `${name}: ${Object.keys(rules).length} rules`);
    }
  }
});

Deno.test("formatPattern's texts are valid to ajv-formats, full and fast", () => {
  for (const mode of ["full", "fast"] as const) {
    const ajv = new Ajv2020();
    addFormats.default(ajv, { mode });
    for (const name of FORMATS) {
      const validate = ajv.compile({ type: "string", format: name });
      for (let i = 0; i < 500; i++) {
        const text = sample(patternOf(name));
        assert.ok(validate(text), `${name} (${mode}): ${text}`);
      }
    }
  }
});
