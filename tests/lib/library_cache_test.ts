import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { EngineError } from "../../lib/errors.ts";
import { IN_MEMORY, libraryPlaces, type PackedLibrary, provideLibraries } from "../../lib/library_cache.ts";

const isRoot = Deno.build.os === "linux" && Deno.uid() === 0;
const NOBODY = 65534;

function library(name: string, text: string): PackedLibrary & { reads: number } {
  const bytes = new TextEncoder().encode(text);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return {
    name,
    size: bytes.length,
    sha256,
    reads: 0,
    read(): Uint8Array<ArrayBuffer> {
      this.reads++;
      return bytes;
    },
  };
}

async function withFolder(run: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: Deno.build.os === "linux" ? "/var/tmp" : undefined });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("provideLibraries unpacks once into a private folder and reuses it", () =>
  withFolder((folder) => {
    const libraries = [library("liba.so", "a"), library("libb.so", "b")];
    const place = join(folder, "packllama");
    const first = provideLibraries(libraries, { places: [place] }).libraries;
    const second = provideLibraries(libraries, { places: [place] }).libraries;
    assert.deepEqual(first, second);
    assert.deepEqual(libraries.map(({ reads }) => reads), [1, 1]);
    assert.deepEqual(first.map(({ path }) => Deno.readTextFileSync(path)), ["a", "b"]);
    assert.equal((Deno.statSync(place).mode ?? 0) & 0o777, 0o700);
  }));

Deno.test("provideLibraries replaces a file whose bytes have changed, at each start", () =>
  withFolder((folder) => {
    const libraries = [library("liba.so", "good")];
    const [first] = provideLibraries(libraries, { places: [folder] }).libraries;
    assert.ok(first);
    Deno.writeTextFileSync(first.path, "evil");
    const [second] = provideLibraries(libraries, { places: [folder] }).libraries;
    assert.equal(Deno.readTextFileSync(second?.path ?? ""), "good");
  }));

Deno.test("provideLibraries keeps another release's libraries apart and prunes those unused for a month", () =>
  withFolder((folder) => {
    const old = provideLibraries([library("liba.so", "old")], { places: [folder] }).libraries;
    const recent = provideLibraries([library("liba.so", "recent")], { places: [folder] }).libraries;
    const oldFolder = join(old[0]?.path ?? "", "..");
    const longAgo = new Date(Date.now() - 40 * 86_400_000);
    Deno.utimeSync(oldFolder, longAgo, longAgo);
    provideLibraries([library("liba.so", "new")], { places: [folder] }).libraries;
    assert.throws(() => Deno.statSync(oldFolder), Deno.errors.NotFound);
    assert.equal(Deno.readTextFileSync(recent[0]?.path ?? ""), "recent");
  }));

Deno.test("provideLibraries tries the next place and at last lists all that failed", () =>
  withFolder((folder) => {
    const file = join(folder, "file");
    Deno.writeTextFileSync(file, "");
    const libraries = [library("liba.so", "a")];
    const [found] = provideLibraries(libraries, { places: [join(file, "below"), join(folder, "good")] }).libraries;
    assert.ok(found?.path.startsWith(join(folder, "good")));
    assert.throws(
      () => provideLibraries(libraries, { places: [join(file, "x"), file] }).libraries,
      (error) =>
        error instanceof EngineError && error.code === "io" && error.message.includes(join(file, "x")) &&
        error.message.includes(file),
    );
  }));

Deno.test({
  name: "provideLibraries never uses a folder of another user, nor one inside such a folder",
  ignore: !isRoot,
  fn: () =>
    withFolder((folder) => {
      const libraries = [library("liba.so", "a")];
      const theirs = join(folder, "theirs");
      Deno.mkdirSync(join(theirs, "packllama"), { recursive: true });
      Deno.chownSync(theirs, NOBODY, NOBODY);
      assert.throws(() => provideLibraries(libraries, { places: [theirs] }).libraries, /belongs to user 65534/);
      assert.throws(
        () => provideLibraries(libraries, { places: [join(theirs, "packllama")] }).libraries,
        /folder of user 65534/,
      );
      const open = join(folder, "open");
      Deno.mkdirSync(open);
      Deno.chmodSync(open, 0o777);
      assert.throws(() => provideLibraries(libraries, { places: [join(open, "packllama")] }), /anybody may write/);
      Deno.chmodSync(open, 0o1777);
      provideLibraries(libraries, { places: [join(open, "packllama")] });
      const link = join(folder, "link");
      Deno.symlinkSync(theirs, link);
      assert.throws(() => provideLibraries(libraries, { places: [link] }).libraries, /not a folder/);
    }),
});

Deno.test({
  name: "provideLibraries leaves a file system that does not let code run",
  ignore: !isRoot,
  fn: () =>
    withFolder(async (folder) => {
      const mounted = await new Deno.Command("mount", {
        args: ["-t", "tmpfs", "-o", "noexec,size=1m,mode=700", "none", folder],
      }).output();
      assert.ok(mounted.success, new TextDecoder().decode(mounted.stderr));
      try {
        assert.throws(
          () => provideLibraries([library("liba.so", "a")], { places: [join(folder, "x")] }).libraries,
          /noexec/,
        );
      } finally {
        await new Deno.Command("umount", { args: [folder] }).output();
      }
    }),
});

Deno.test({
  name: "provideLibraries keeps libraries in memory where nothing else is left",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    const [found] = provideLibraries([library("liba.so", "in memory")], { places: [IN_MEMORY] }).libraries;
    assert.match(found?.path ?? "", /^\/proc\/self\/fd\/\d+$/);
    assert.equal(Deno.readTextFileSync(found?.path ?? ""), "in memory");
  },
});

Deno.test({
  name: "libraryPlaces follows the environment, shared memory and memory coming last",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    const before = Deno.env.toObject();
    try {
      Deno.env.set("XDG_CACHE_HOME", "/x");
      Deno.env.set("HOME", "/h");
      Deno.env.set("XDG_RUNTIME_DIR", "/r");
      const shared = `/dev/shm/packllama-${Deno.uid()}`;
      assert.deepEqual(libraryPlaces(), ["/x/packllama", "/h/.cache/packllama", "/r/packllama", shared, IN_MEMORY]);
      for (const name of ["XDG_CACHE_HOME", "HOME", "XDG_RUNTIME_DIR"]) Deno.env.delete(name);
      assert.deepEqual(libraryPlaces(), [shared, IN_MEMORY]);
    } finally {
      for (const name of ["XDG_CACHE_HOME", "HOME", "XDG_RUNTIME_DIR"]) {
        const value = before[name];
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
    }
  },
});

Deno.test({
  name: "provideLibraries opens and checks one CPU variant alone, once ggml has chosen it on this processor",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder((folder) => {
      const libraries = ["libggml-base.so", "libggml-cpu-x64.so", "libggml-cpu-haswell.so"].map((name) =>
        library(name, name)
      );
      const names = (cpuVariant?: string): string[] =>
        provideLibraries(libraries, { places: [folder], ...(cpuVariant === undefined ? {} : { cpuVariant }) })
          .libraries.map(({ name }) => name);
      const first = provideLibraries(libraries, { places: [folder] });
      assert.equal(first.libraries.length, 3);
      assert.equal(first.cpuVariant, undefined);
      first.remember("haswell");
      assert.deepEqual(names(), ["libggml-base.so", "libggml-cpu-haswell.so"]);
      assert.equal(provideLibraries(libraries, { places: [folder] }).cpuVariant, "haswell");
      assert.deepEqual(names("x64"), ["libggml-base.so", "libggml-cpu-x64.so"]);
      // What was asked for once is not what ggml would choose.
      provideLibraries(libraries, { places: [folder], cpuVariant: "x64" }).remember("x64");
      assert.equal(provideLibraries(libraries, { places: [folder] }).cpuVariant, "haswell");
      first.remember("unheard-of");
      assert.equal(names().length, 3);
      assert.equal(names("none").length, 3);
      // Another processor: its hash does not fit.
      const note = join(first.libraries[0]?.path ?? "", "..", "cpu_variant");
      Deno.writeTextFileSync(note, `${"0".repeat(64)}\nhaswell\n`);
      assert.equal(names().length, 3);
    }),
});
