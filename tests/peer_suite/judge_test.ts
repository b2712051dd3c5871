import assert from "node:assert/strict";
import { judge } from "./judge.ts";
import type { NotApplying } from "./not_applying.ts";
import type { CaseResult } from "./run_cases.ts";
import { suiteMarkdown } from "./suite_markdown.ts";

function result(name: string, outcome: CaseResult["outcome"] = "passed"): CaseResult {
  return { name, outcome, message: outcome === "passed" ? "" : "because", letPass: [] };
}

Deno.test("judge finds cases that fail without a reason, and reasons without a case", () => {
  const ours = [result("a.py::one"), result("a.py::two[x|y]", "failed"), result("a.py::three", "failed")];
  const list: NotApplying[] = [{ cases: "a.py::two*", kind: "not yet", why: "no" }, {
    cases: "a.py::thre",
    kind: "not yet",
    why: "never",
  }];
  const { cases, failures, surprises } = judge({ ours, peer: [result("a.py::one")], list });
  assert.deepEqual(failures, ["a.py::three fails: because", '"a.py::thre" is listed, and no such case fails']);
  assert.deepEqual(surprises, []);
  assert.deepEqual(cases.map(({ reason, peer }) => [reason?.why, peer?.outcome]), [[undefined, "passed"], [
    "no",
    undefined,
  ], [
    undefined,
    undefined,
  ]]);
});

Deno.test("judge tells of listed cases that pass", () => {
  const ours = [result("a.py::one[1]"), result("a.py::one[2]", "failed")];
  const { failures, surprises } = judge({
    ours,
    peer: [],
    list: [{ cases: "a.py::one*", kind: "by choice", why: "no" }],
  });
  assert.deepEqual([failures, surprises], [[], ["a.py::one[1] is listed and passed"]]);
});

Deno.test("suite page counts and lists every case", () => {
  const passed: CaseResult = { ...result("a.py::one"), letPass: ["text", "tokens"] };
  const cases = [
    { ours: passed, peer: passed },
    {
      ours: result("a.py::two[x|y]", "failed"),
      reason: { cases: "a.py::two*", kind: "by choice", why: "no" } as const,
    },
    { ours: result("b.py::three", "skipped"), peer: result("b.py::three", "failed") },
  ];
  const page = suiteMarkdown({ cases, date: "2026-01-02", versions: { ours: "ours 1", peer: "peer 2" } });
  for (
    const line of [
      "| `a.py` | 2 | 1 | 0 | 1 | 0 | 0 | 1 |",
      "| `b.py` | 1 | 0 | 0 | 0 | 0 | 1 | 0 |",
      "| all | 3 | 1 | 0 | 1 | 0 | 1 | 1 |",
      "| `one` | passes, but for text, tokens | passes, but for text, tokens |  |",
      "| `two[x\\|y]` | by choice | not run | no |",
      "| `three` | skipped | fails | because |",
    ]
  ) assert.ok(page.includes(`\n${line}\n`), `${line}\n${page}`);
});
