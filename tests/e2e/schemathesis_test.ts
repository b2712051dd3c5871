import assert from "node:assert/strict";
import { join } from "node:path";
import { LLAMAFILE } from "../built.ts";
import { findPython } from "../python_venv.ts";
import { startLlamafile } from "../server_process.ts";
import { provideSchemathesis } from "./provide_schemathesis.ts";

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

const skipped = findPython() === undefined ? " (skipped: no Python)" : "";

Deno.test({
  name: `schemathesis gets no 5xx but 501, and no JSON or event that /openapi.json does not tell of${skipped}`,
  ignore: skipped !== "",
  fn: async () => {
    const { python } = await provideSchemathesis() ?? assert.fail("there is no Python");
    const folder = await Deno.makeTempDir({ prefix: "packllama-schemathesis-" });
    try {
      await using server = await startLlamafile(LLAMAFILE, { args: [...SMALL, "--slot-save-path", folder] });
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
  },
});
