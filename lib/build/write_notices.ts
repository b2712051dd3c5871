// deno task notices: writes lib/notices.ts, the licences of what an executable carries, from the packages that main.ts imports.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { npmFolders } from "./deno_info.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The part of the program that is not an npm package, with who holds the rights to it. */
const BUILT_IN = [
  {
    name: "Deno 2.7.14 (the runtime, with V8 and the Rust crates that its own repository lists)",
    holder: "Copyright 2018-2026 the Deno authors",
    license: "MIT",
  },
  { name: "V8 (inside Deno)", holder: "Copyright 2014, the V8 project authors", license: "BSD-3-Clause" },
  {
    name: "llama.cpp and ggml v0.4.0 (libllama, libggml)",
    holder: "Copyright (c) 2023-2026 The ggml authors",
    license: "MIT",
  },
  {
    name: "tinyBLAS of llamafile (inside libggml-cpu)",
    holder: "Copyright 2024 Mozilla Foundation",
    license: "MIT",
  },
  { name: "node-llama-cpp 3.21.1 (which built the libraries)", holder: "Copyright (c) 2023 Gilad S.", license: "MIT" },
];

/** The npm packages that the executable's bundle holds. */
export const BUNDLED_PACKAGES = [
  "@cfworker/json-schema",
  "@huggingface/jinja",
  "@logtape/logtape",
  "commander",
  "hono",
  "zod",
];

/** The text that `--licenses` prints: each part with its licence, Packllama's own first. */
export async function composeNotices(): Promise<string> {
  const { packages } = await npmFolders(join(ROOT, "main.ts"), ROOT);
  const sections = BUILT_IN.map(({ name, holder, license }) => `${name}\n${holder}\nLicence: ${license}, see below`);
  for (const name of BUNDLED_PACKAGES) {
    const found = [...packages].find(([id]) => id.startsWith(`${name}@`));
    if (found === undefined) throw new Error(`main.ts does not import "${name}"`);
    const [id, folder] = found;
    sections.push(`${id}\n${await licenseIn(folder)}`);
  }
  const rule = "\n\n" + "-".repeat(72) + "\n\n";
  const own = "Packllama: Apache License 2.0, Copyright 2026 the Packllama authors.\n" +
    "A model packed into this file has its own licence; `inspect` names it.\n\nIt carries the following:";
  return [own, ...sections, MIT, BSD].join(rule) + "\n";
}

/** A package's licence; of one that brings no file of it, what its package.json says. */
async function licenseIn(folder: string): Promise<string> {
  try {
    return (await Deno.readTextFile(join(folder, "LICENSE"))).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const { author, license } = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
  if (license !== "MIT" || typeof author !== "string") {
    throw new Error(`${folder} states no licence that is known here`);
  }
  return `Copyright (c) ${author.replace(/ <.*/, "")}\nLicence: MIT, see below`;
}

const MIT = `MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files
(the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge,
publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so,
subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH
THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const BSD = `BSD 3-Clause License

Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following conditions are
met: (1) Redistributions of source code must retain the above copyright notice, this list of conditions and the following disclaimer.
(2) Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following disclaimer in the
documentation and/or other materials provided with the distribution. (3) Neither the name of the copyright holder nor the names of its
contributors may be used to endorse or promote products derived from this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT
LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT
HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT
LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY
THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF
THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.`;

if (import.meta.main) {
  const text = JSON.stringify(await composeNotices());
  const module = "// Written by `deno task notices`; a test compares it with the packages themselves.\n\n" +
    "/** The licences of what an executable carries, as plain text. */\n// deno-fmt-ignore\nexport const THIRD_PARTY_NOTICES: string =\n  " +
    `${text};\n`;
  await Deno.writeTextFile(join(ROOT, "lib/notices.ts"), module);
}
