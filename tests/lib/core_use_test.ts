import assert from "node:assert/strict";
import { join } from "node:path";
import { type CoreUse, makeCoreUse, TOO_SOON } from "../../lib/core_use.ts";

/** `/proc/stat` of a machine whose cores have been busy and idle for so many jiffies. */
function statOf(cores: { busy: number; idle: number }[]): string {
  const line = (name: string, { busy, idle }: { busy: number; idle: number }): string =>
    `${name} ${busy} 0 0 ${idle} 0 0 0 0 0 0`;
  const all = {
    busy: cores.reduce((sum, { busy }) => sum + busy, 0),
    idle: cores.reduce((sum, { idle }) => sum + idle, 0),
  };
  return [line("cpu ", all), ...cores.map((core, i) => line(`cpu${i}`, core)), "intr 1 2 3", ""].join("\n");
}

Deno.test({
  name: "makeCoreUse counts the cores that this process may use, and tells its own time from that of others (Linux)",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const places = { stat: join(folder, "stat"), status: join(folder, "status"), own: join(folder, "own") };
      const ownOf = (user: number, system: number): string => `7 (a (b) c) S ${"0 ".repeat(10)}${user} ${system} 0 0`;
      const read = async (allowed: string): Promise<CoreUse | typeof TOO_SOON | undefined> => {
        await Deno.writeTextFile(places.own, ownOf(5, 5));
        await Deno.writeTextFile(places.status, `Name:\tx\nCpus_allowed_list:\t${allowed}\n`);
        await Deno.writeTextFile(places.stat, statOf(Array.from({ length: 4 }, () => ({ busy: 100, idle: 100 }))));
        const coreUse = makeCoreUse(places);
        assert.equal(coreUse(), undefined, "nothing is known at first");
        assert.equal(coreUse(), TOO_SOON);
        // The first two were busy since then, the last two idle.
        const now = [{ busy: 200, idle: 100 }, { busy: 200, idle: 100 }, { busy: 100, idle: 200 }, {
          busy: 150,
          idle: 150,
        }];
        await Deno.writeTextFile(places.stat, statOf(now));
        await Deno.writeTextFile(places.own, ownOf(35, 25));
        return coreUse();
      };
      // 250 of 400 jiffies were busy, of which 50 were this process's.
      assert.deepEqual(await read("0-3"), { idle: 1.5, others: 2 });
      assert.deepEqual(await read("0-1"), { idle: 0, others: 1.5 });
      assert.deepEqual(await read("0,2-3"), { idle: 1.5, others: 1 });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
