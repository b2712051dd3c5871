import assert from "node:assert/strict";

const LIMIT_MS = 10_000;

/** Waits for what must happen soon, and fails the test, instead of hanging it, when it does not. */
export async function within<Value>(promise: Promise<Value>): Promise<Value> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(() => resolve("late"), LIMIT_MS);
  try {
    const result = await Promise.race([promise.then((value) => ({ value })), late]);
    return result === "late" ? assert.fail(`Not within ${LIMIT_MS} ms`) : result.value;
  } finally {
    clearTimeout(timer);
  }
}
