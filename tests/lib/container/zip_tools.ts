import assert from "node:assert/strict";

/** Runs a program that must succeed, and returns what it wrote to standard output. */
export async function runTool(program: string, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args }).output();
  assert.equal(code, 0, `${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Name, size and header offset of each entry, as Python's zipfile sees them. */
export async function listWithPython(path: string): Promise<[string, number, number][]> {
  const script = "import sys,json,zipfile\n" +
    "print(json.dumps([[i.filename,i.file_size,i.header_offset] for i in zipfile.ZipFile(sys.argv[1]).infolist()]))";
  return JSON.parse(await runTool("python3", ["-c", script, path]));
}

/** Has unzip, zipinfo and Python's zipfile check every entry of a file. */
export async function checkWithTools(path: string): Promise<void> {
  assert.match(await runTool("unzip", ["-tq", path]), /No errors detected/);
  await runTool("zipinfo", ["-l", path]);
  const script = "import sys,zipfile\nassert zipfile.ZipFile(sys.argv[1]).testzip() is None";
  await runTool("python3", ["-c", script, path]);
}
