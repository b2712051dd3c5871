import assert from "node:assert/strict";
import { withoutFolders } from "../../server/without_folders.ts";

Deno.test("withoutFolders leaves the names of files, and all that is no path", () => {
  const cases = [
    ['Cannot read "/home/a b/m.gguf": gone', 'Cannot read "m.gguf": gone'],
    ["open '/srv/slots/.a.part'", "open '.a.part'"],
    ['Cannot read "C:\\\\models\\\\m.gguf"', 'Cannot read "m.gguf"'],
    ["failed to open /home/a/m.gguf: no", "failed to open m.gguf: no"],
    ["140 tok/s and/or 1 / 2 of a 1/4", "140 tok/s and/or 1 / 2 of a 1/4"],
    ["no such architecture", "no such architecture"],
  ] as const;
  for (const [message, expected] of cases) assert.equal(withoutFolders(message.replaceAll("\\\\", "\\")), expected);
});
