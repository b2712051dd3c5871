import assert from "node:assert/strict";
import { Batch, Context } from "../../ffi/mod.ts";
import { openRealModel, type RealModel } from "../real_engine.ts";

function open({ model }: RealModel, threads: number): Context {
  return new Context(model, {
    contextLength: 256,
    batchSize: 64,
    ubatchSize: 64,
    sequences: 1,
    threads,
    batchThreads: threads,
    unified: true,
  });
}

/** Threads of this process, where the OS tells. */
function threadCount(): number {
  return [...Deno.readDirSync("/proc/self/task")].length;
}

function logits(context: Context): number[] {
  const batch = new Batch(8);
  for (let i = 0; i < 8; i++) batch.add(100 + i, { sequence: 0, position: i, output: i === 7 });
  context.clear();
  assert.equal(context.decode(batch), "ok");
  return [...context.logits(7).slice(0, 16)];
}

Deno.test({ name: "contexts of one library share their threads", ignore: Deno.build.os !== "linux" }, async () => {
  using real = await openRealModel();
  using first = open(real, 2);
  const expected = logits(first);
  {
    const before = threadCount();
    using second = open(real, 2);
    // Of its own it would have one more.
    assert.ok(threadCount() <= before);
    // One after the other, also after one of them went over to another pool and back.
    for (const threads of [2, 1, 2]) {
      first.setThreads(threads, threads);
      assert.deepEqual(logits(first), expected);
      assert.deepEqual(logits(second), expected);
    }
  }
  assert.deepEqual(logits(first), expected);
});
