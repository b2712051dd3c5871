import { fileURLToPath } from "node:url";
import { providePython, type PythonVenv } from "../python_venv.ts";

/** schemathesis (https://schemathesis.io) at its pinned version; undefined where there is no Python. */
export function provideSchemathesis(): Promise<PythonVenv | undefined> {
  return providePython("schemathesis", fileURLToPath(new URL("./schemathesis/requirements.txt", import.meta.url)));
}
