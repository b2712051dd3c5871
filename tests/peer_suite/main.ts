// deno task peer-tests [--only FILES] [--no-peer]: llama-server's own tests against the packed file and, when PEER_BIN names its folder,
// against llama-server; writes docs/llama-server-tests.md. Exit code 1 when a case fails without a listed reason.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { versionsOf } from "../bench/machine.ts";
import { defaultModelFile, LLAMAFILE, PACKLLAMA, ROOT } from "../built.ts";
import { findPeer } from "../parity/peer.ts";
import { judge } from "./judge.ts";
import { NOT_APPLYING } from "./not_applying.ts";
import { providePython } from "./provide_python.ts";
import { provideSuite } from "./provide_suite.ts";
import { type CaseResult, type Program, runCases } from "./run_cases.ts";
import { suiteMarkdown } from "./suite_markdown.ts";

/** What needs only HTTP and a model. */
const FILES = [
  "test_tokenize.py",
  "test_ignore_eos.py",
  "test_completion.py",
  "test_chat_completion.py",
  "test_compat_oai_responses.py",
  "test_compat_anthropic.py",
  "test_template.py",
  "test_tool_call.py",
  "test_embedding.py",
];

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { only: { type: "string" }, "no-peer": { type: "boolean" } } });
  const files = values.only?.split(",") ?? FILES;
  const unknown = files.filter((file) => !FILES.includes(file));
  if (unknown.length > 0) throw new RangeError(`Unknown ${unknown.join(", ")}: expected some of ${FILES.join(", ")}`);
  const peerBin = values["no-peer"] ? undefined : findPeer();
  const suite = await provideSuite();
  const python = await providePython(suite);
  const run = async (name: string, program: Program): Promise<CaseResult[]> => {
    const results: CaseResult[] = [];
    for (const file of files) {
      const cases = await runCases(file, { program, suite, python });
      console.error(
        `${name}: ${file}: ${cases.filter(({ outcome }) => outcome === "passed").length} of ${cases.length}`,
      );
      results.push(...cases);
    }
    return results;
  };
  const ours = await run("packllama", { executable: LLAMAFILE });
  const peer = peerBin === undefined ? [] : await run("llama-server", peerProgram(peerBin));
  const list = NOT_APPLYING.filter(({ cases }) => files.some((file) => cases.startsWith(file)));
  const { cases, failures, surprises } = judge({ ours, peer, list });
  for (const text of surprises) console.error(`Surprise: ${text}`);
  for (const text of failures) console.error(`FAILED: ${text}`);
  // A page of some files, or of one program, would hide what the whole one says.
  if (files === FILES && peerBin !== undefined && failures.length === 0) {
    const { packllama, llamaServer } = versionsOf({ base: PACKLLAMA, peerBin });
    const date = new Date().toISOString().slice(0, 10);
    const versions = {
      ours: `packllama ${packllama}`,
      ...(llamaServer === undefined ? {} : { peer: `llama-server ${llamaServer}` }),
    };
    await Deno.writeTextFile(join(ROOT, "docs/llama-server-tests.md"), suiteMarkdown({ cases, date, versions }));
  }
  const passed = ours.filter(({ outcome }) => outcome === "passed").length;
  console.log(`${passed} of ${ours.length} cases pass, ${cases.filter(({ reason }) => reason).length} cannot apply`);
  return failures.length === 0 ? 0 : 1;
}

function peerProgram(bin: string): Program {
  return { executable: join(bin, "llama-server"), model: defaultModelFile(), env: { LD_LIBRARY_PATH: bin } };
}
