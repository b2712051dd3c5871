import assert from "node:assert/strict";
import { join } from "node:path";
import { buildCacheDir } from "../../lib/build/build_cache_dir.ts";
import { LLAMAFILE, ROOT } from "../built.ts";
import { startLlamafile } from "../server_process.ts";

/** Exactly this one: another draws other requests. */
const SCHEMATHESIS = "schemathesis==4.32.5";

/** A short context, so that no answer takes long, whatever limit a request sets. */
const SMALL = ["-c", "256", "-n", "4", "-t", "2"];

/** 501 is llama-server's word for what a server was started without, and described as such. */
const CONFIG = `[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "501"]
`;

const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_schema_conformance",
];

Deno.test("schemathesis gets no 5xx but 501, and no JSON or event that /openapi.json does not tell of", async () => {
  const python = await provideVenv();
  const folder = await Deno.makeTempDir({ prefix: "packllama-schemathesis-" });
  try {
    await using server = await startLlamafile(LLAMAFILE, { args: SMALL });
    const config = join(folder, "schemathesis.toml");
    await Deno.writeTextFile(config, CONFIG);
    const { success, stdout, stderr } = await new Deno.Command(python, {
      args: [
        ...["-m", "schemathesis.cli", "--config-file", config, "run", `${server.url}/openapi.json`],
        ...["--checks", CHECKS.join(","), "--phases", "examples,fuzzing,stateful", "--max-examples", "20"],
        ...["--seed", "1", "--generation-database", "none", "--request-timeout", "60", "--no-color"],
      ],
      cwd: folder,
      // The server is on this machine: no proxy is asked for it.
      env: { NO_PROXY: "*" },
    }).output();
    const text = new TextDecoder();
    assert.ok(success, text.decode(stdout) + text.decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Python with schemathesis, in an environment of its own that is made once; the path of its interpreter. */
async function provideVenv(): Promise<string> {
  const folder = join(await buildCacheDir(join(ROOT, "dist")), SCHEMATHESIS.replace("==", "-"));
  const python = join(folder, "bin", "python");
  const check = new Deno.Command(python, { args: ["-c", "import schemathesis"], stdout: "null", stderr: "null" });
  try {
    if ((await check.output()).success) return python;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await run("python3", ["-m", "venv", "--clear", folder]);
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS]);
  return python;
}

async function run(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdout: "null", stderr: "piped" }).output();
  assert.ok(success, `${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
