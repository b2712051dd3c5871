import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../server_process.ts";

/** What the plugin lets pass. */
export type LetPass = "text" | "tokens" | "fingerprint" | "opening" | "debug";

/** How one case of the suite ended. */
export interface CaseResult {
  /** Without its folder: `test_tokenize.py::test_tokenize_with_bos`. */
  name: string;
  outcome: "passed" | "failed" | "skipped";
  /** Why it did not pass; empty where it did. */
  message: string;
  /** In what it differs from what the case expects, where that is another model's or a name. */
  letPass: LetPass[];
}

/** A program that the cases start. */
export interface Program {
  executable: string;
  /** A GGUF for it; without one it carries its own. */
  model?: string;
  env?: Record<string, string>;
}

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const PYTEST = ["-m", "pytest", "-p", "packllama_plugin", "-p", "no:cacheprovider", "--tb=line"];
const LAST_CHARACTERS = 4000;
/** What asks for a model's skills, and nothing of the server that other cases do not: which tool to call, what to say with its result. */
const LEFT_OUT = ["test_weather", "test_calc_result", "test_thoughts", "test_hello_world"]
  .flatMap((name) => ["--deselect", `unit/test_tool_call.py::${name}`]);

/**
 * Runs one file of llama-server's tests against a program.
 *
 * @param file Its name, e.g. `test_tokenize.py`.
 * @throws {Error} When pytest itself fails, or reports no case.
 */
export async function runCases(
  file: string,
  { program, suite, python }: { program: Program; suite: string; python: string },
): Promise<CaseResult[]> {
  const report = await Deno.makeTempFile({ prefix: "packllama-peer-suite-" });
  try {
    const { code, stdout, stderr } = await new Deno.Command(python, {
      args: [...PYTEST, ...LEFT_OUT, join("unit", file)],
      cwd: suite,
      env: {
        // The suite's own folder is not to be written to.
        PYTHONDONTWRITEBYTECODE: "1",
        PYTHONPATH: FOLDER,
        PORT: String(freePort()),
        PEER_SUITE_SERVER: program.executable,
        ...(program.model === undefined ? {} : { PEER_SUITE_MODEL: program.model }),
        PEER_SUITE_REPORT: report,
        ...program.env,
      },
      stdin: "null",
    }).output();
    const lines = (await Deno.readTextFile(report)).split("\n").filter((line) => line !== "");
    // 1 is that cases failed.
    if (code > 1 || lines.length === 0) {
      const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
      throw new Error(`pytest ended with code ${code} after ${lines.length} cases: ${text.slice(-LAST_CHARACTERS)}`);
    }
    return lines.map((line) => toResult(JSON.parse(line)));
  } finally {
    await Deno.remove(report);
  }
}

/** What the plugin writes. */
interface ReportLine {
  case: string;
  outcome: CaseResult["outcome"];
  message: string;
  letPass: LetPass[];
}

function toResult({ case: id, outcome, message, letPass }: ReportLine): CaseResult {
  return { name: id.replace(/^unit\//, ""), outcome, message, letPass };
}
