import assert from "node:assert/strict";
import { projectFlags } from "../../lib/build/deno_info.ts";
import { BUNDLED_PACKAGES, composeNotices } from "../../lib/build/write_notices.ts";
import { THIRD_PARTY_NOTICES } from "../../lib/notices.ts";
import { ROOT, runPackllama } from "../built.ts";

Deno.test("--licenses prints the licence of each part of the executable", async () => {
  const { code, stdout } = await runPackllama(["--licenses"]);
  assert.equal(code, 0);
  assert.equal(stdout.trim(), THIRD_PARTY_NOTICES.trim());
  assert.equal(THIRD_PARTY_NOTICES, await composeNotices(), "run deno task notices");
});

Deno.test("the notices name every npm package that the bundle imports", async () => {
  const args = ["info", "--json", ...projectFlags(ROOT), `${ROOT}main.ts`];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  const used = modules.flatMap((module: { kind: string; npmPackage?: string }) =>
    module.kind === "npm" && module.npmPackage ? [module.npmPackage.replace(/@[^@]*$/, "")] : []
  );
  assert.deepEqual([...new Set<string>(used)].sort(), BUNDLED_PACKAGES);
});
