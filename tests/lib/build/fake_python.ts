import { delimiter, join } from "node:path";
import { makeZip } from "../container/make_zip.ts";

/**
 * Puts a `python3` in front of PATH that, asked to download, leaves a wheel with `files` in the folder that `--dest` names; without files it
 * fails as pip does where there is no network. `use` gets an empty folder. The tests that use it are not for Windows.
 */
export async function withFakePython(
  files: Record<string, Uint8Array>,
  use: (folder: string, calls: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "packllama-test-" });
  const path = Deno.env.get("PATH") ?? "";
  try {
    const bin = join(folder, "bin");
    const empty = join(folder, "empty");
    await Deno.mkdir(bin);
    await Deno.mkdir(empty);
    const wheel = join(folder, "wheel");
    const entries = Object.entries(files).map(([name, data]) => ({ name, data, deflated: true }));
    if (entries.length > 0) await Deno.writeFile(wheel, makeZip(entries));
    const script = `#!/bin/sh
echo "$@" >> "${folder}/calls"
while [ "$1" != --dest ]; do shift; done
[ -f "${wheel}" ] || { echo "WARNING: retrying" >&2; echo "ERROR: No matching distribution found" >&2; exit 1; }
cp "${wheel}" "$2/some-1.0-py3-none-any.whl"
`;
    await Deno.writeTextFile(join(bin, "python3"), script, { mode: 0o755 });
    Deno.env.set("PATH", [bin, path].join(delimiter));
    await use(empty, () => Deno.readTextFile(join(folder, "calls")));
  } finally {
    Deno.env.set("PATH", path);
    await Deno.remove(folder, { recursive: true });
  }
}
