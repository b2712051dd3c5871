import assert from "node:assert/strict";

const MODULE = new URL("../../lib/user_cache_dir.ts", import.meta.url).href;

Deno.test({
  name: "userCacheDir follows XDG_CACHE_HOME and HOME",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    assert.equal(await cacheDirWith({ XDG_CACHE_HOME: "/c", HOME: "/h" }), "/c/packllama");
    assert.equal(await cacheDirWith({ XDG_CACHE_HOME: "relative", HOME: "/h" }), "/h/.cache/packllama");
    assert.equal(await cacheDirWith({ HOME: "/h" }), "/h/.cache/packllama");
    assert.match(await cacheDirWith({ HOME: "" }), /^io: There is no cache folder/);
  },
});

/** In a process of its own, as the environment is shared by all tests. */
async function cacheDirWith(env: Record<string, string>): Promise<string> {
  const code = `import { userCacheDir } from "${MODULE}";
    try { console.log(userCacheDir()); } catch (error) { console.log(error.code + ": " + error.message); }`;
  const all = { PATH: Deno.env.get("PATH") ?? "", DENO_DIR: "/nonexistent", ...env };
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", code],
    clearEnv: true,
    env: all,
  })
    .output();
  return new TextDecoder().decode(stdout).trim();
}
