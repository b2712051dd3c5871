// deno task test [FILTERS…]: builds what is to be tested, runs every test (or those in the files named) and ends with "N passed, N failed".
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { provideInstructor, providePythonClients } from "./clients/python_clients.ts";
import { provideSchemathesis } from "./e2e/provide_schemathesis.ts";
import { provideNativeSource } from "./native_source.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const build = ["--lock=deno.lock", "--frozen", join(root, "lib/build/main.ts")];

/** The closing line of `deno test`, e.g. `ok | 12 passed (3 steps) | 0 failed | 1 ignored (4s)`. */
const SUMMARY = /(\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(?: \| (\d+) ignored(?: \([^)]*\))?)?/g;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(files: string[]): Promise<number> {
  if (!await run(["run", "-A", ...build])) return 1;
  await provideNativeSource();
  const pythons = [await providePythonClients(), await provideInstructor(), await provideSchemathesis()];
  if (pythons.includes(undefined)) console.log("There is no Python here: what runs in it is not tested");
  const { success, output } = await runTests(files.length > 0 ? files : ["tests"]);
  const counts = [...output.matchAll(SUMMARY)].at(-1);
  if (counts === undefined) {
    console.log("0 passed, 1 failed");
    return 1;
  }
  const [, passed = "0", failed = "0", ignored = "0"] = counts;
  const skipped = ignored === "0" ? "" : `, ${ignored} skipped`;
  // A test file that does not even load counts as no failed test of its own.
  const broken = !success && failed === "0" ? "1" : failed;
  console.log(`${passed} passed, ${broken} failed${skipped}`);
  return success ? 0 : 1;
}

async function run(args: string[]): Promise<boolean> {
  return (await new Deno.Command(Deno.execPath(), { args, cwd: root }).spawn().status).success;
}

/** Shows what the tests print as it comes, and keeps it for the counts. */
async function runTests(files: string[]): Promise<{ success: boolean; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-prompt", "--lock=deno.lock", "--frozen", ...files],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdout: "piped",
  }).spawn();
  let output = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    Deno.stdout.writeSync(new TextEncoder().encode(text));
  }
  return { success: (await child.status).success, output };
}
