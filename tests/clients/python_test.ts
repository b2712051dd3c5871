import assert from "node:assert/strict";
import { LLAMAFILE } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { findPython, type PythonVenv } from "../python_venv.ts";
import { provideInstructor, providePythonClients, PYTHON_TESTS } from "./python_clients.ts";

/** A module of `python/` for each client; all that one asserts is in there. */
const MODULES = {
  openai: "test_openai",
  "langchain-openai": "test_langchain",
  langchain: "test_langchain_tools",
  litellm: "test_litellm",
  llm: "test_llm",
};

/** instructor has an environment of its own. */
const INSTRUCTOR = "test_instructor";

/** Nothing listens there: whoever looks for something beyond this machine fails at once. */
const NO_NETWORK = "http://127.0.0.1:9";

Deno.test({
  name: "the packed llamafile is driven by Python's openai, langchain, litellm, llm and instructor",
  // A machine without Python builds and serves; what it cannot do is run these.
  ignore: findPython() === undefined,
  fn: async (test) => {
    const [clients, instructor] = [await providePythonClients(), await provideInstructor()];
    assert.ok(clients && instructor);
    await using server = await startLlamafile(LLAMAFILE, { args: ["-c", "4096"] });
    const run = (name: string, module: string, venv: PythonVenv): Promise<boolean> =>
      test.step(name, async () => {
        const { success, report } = await runModule(module, { clients: venv, url: server.url });
        assert.ok(success, report);
        assert.match(report, /^Ran [1-9]\d* tests? in /m);
        assert.match(report, /^OK$/m, "nothing was skipped");
      });
    for (const [name, module] of Object.entries(MODULES)) await run(name, module, clients);
    await run("instructor", INSTRUCTOR, instructor);
  },
});

/** Runs the tests of one module with nothing of the user's own settings, keys and caches. */
async function runModule(
  module: string,
  { clients: { python, compiled }, url }: { clients: PythonVenv; url: string },
): Promise<{ success: boolean; report: string }> {
  const home = await Deno.makeTempDir();
  try {
    const { success, stdout, stderr } = await new Deno.Command(python, {
      args: ["-W", "ignore", "-m", "unittest", "-v", module],
      cwd: PYTHON_TESTS,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: home,
        PYTHONPYCACHEPREFIX: compiled,
        HTTP_PROXY: NO_NETWORK,
        HTTPS_PROXY: NO_NETWORK,
        NO_PROXY: "127.0.0.1",
        PACKLLAMA_URL: url,
      },
    }).output();
    const text = new TextDecoder();
    return { success, report: text.decode(stdout) + text.decode(stderr) };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
