import { join } from "node:path";
import { provideLlamaSource } from "../native_source.ts";

/** Where llama-server's own tests lie in its sources, and what they read beside them. */
const SUITE = "tools/server/tests";
const TEMPLATES = "models/templates";

/**
 * The folder of llama-server's own tests: in the sources that `PEER_SRC` names, or else fetched as those of the headers are.
 *
 * @throws {Error} When `PEER_SRC` has no tests.
 */
export async function provideSuite(): Promise<string> {
  const given = Deno.env.get("PEER_SRC");
  const folder = join(given ?? await provideLlamaSource("server-tests", [SUITE, TEMPLATES, "LICENSE"]), SUITE);
  try {
    await Deno.stat(join(folder, "unit"));
  } catch (error) {
    throw new Error(`PEER_SRC is ${JSON.stringify(given)}, which has no ${SUITE}/unit; unset it to fetch them`, {
      cause: error,
    });
  }
  return folder;
}
