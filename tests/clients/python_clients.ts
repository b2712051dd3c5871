import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { providePython, type PythonVenv } from "../python_venv.ts";

/** Where the scripts lie that drive the clients. */
export const PYTHON_TESTS = fileURLToPath(new URL("./python/", import.meta.url));

/** The Python clients, each at its pinned version; undefined where there is no Python. */
export function providePythonClients(): Promise<PythonVenv | undefined> {
  return providePython("python-clients", join(PYTHON_TESTS, "requirements.txt"));
}

/** instructor with the openai that it wants; undefined where there is no Python. */
export function provideInstructor(): Promise<PythonVenv | undefined> {
  return providePython("python-instructor", join(PYTHON_TESTS, "instructor_requirements.txt"));
}
