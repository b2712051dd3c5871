import { join } from "node:path";
import { silentProgress } from "../../../lib/progress.ts";
import type { PackOptions } from "../../../lib/container/mod.ts";
import type { Target } from "../../../lib/target.ts";
import { makeModel } from "../gguf/make_gguf.ts";
import { DENORT, makeBase } from "./make_base.ts";

/** The target that most tests pack for; its layout is the one that differs most from an appended ZIP. */
export const LINUX: Target = "x86_64-unknown-linux-gnu";

/** A folder that is removed with all that is in it. */
export interface Scratch extends Disposable {
  folder: string;
  /** The path of a name in it. */
  path(name: string): string;
  /** Writes a file in it and returns its path. */
  write(name: string, bytes: Uint8Array | string): string;
  /** Names in it, sorted. */
  names(): string[];
}

/** Makes a folder for one test. */
export function makeScratch(): Scratch {
  const folder = Deno.makeTempDirSync({ prefix: "packllama-test-" });
  const path = (name: string): string => join(folder, name);
  return {
    folder,
    path,
    write(name: string, bytes: Uint8Array | string): string {
      if (typeof bytes === "string") Deno.writeTextFileSync(path(name), bytes);
      else Deno.writeFileSync(path(name), bytes);
      return path(name);
    },
    names(): string[] {
      return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    },
    [Symbol.dispose](): void {
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

/** Options that pack two libraries, arguments, a model card and a tiny model into a fake base. */
export function packOptions(scratch: Scratch, changes: Partial<PackOptions> = {}): PackOptions {
  const target = changes.target ?? LINUX;
  return {
    base: scratch.write("base", makeBase(target)),
    target,
    output: scratch.path("out.llamafile"),
    libraries: [
      { name: "libone.so", path: scratch.write("one", "first library ".repeat(1000)) },
      { name: "libtwo.so", path: scratch.write("two", new Uint8Array(3000).fill(2)) },
    ],
    denort: DENORT,
    model: { path: scratch.write("tiny.gguf", makeModel()) },
    args: ["--temp", "0", "...", "--no-browser"],
    modelCard: scratch.write("card", "# Tiny\n"),
    startProgress: silentProgress,
    ...changes,
  };
}
