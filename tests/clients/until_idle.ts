import assert from "node:assert/strict";

const LIMIT_MS = 3000;
const PAUSE_MS = 10;

/**
 * Waits until no slot of a server is at work, and fails where one still is after 3 s: an answer that nobody reads any more must have been ended by
 * then, and not only have come to its end.
 */
export async function untilIdle(url: string): Promise<void> {
  for (const end = performance.now() + LIMIT_MS;;) {
    const slots: { is_processing: boolean }[] = await (await fetch(`${url}/slots`)).json();
    if (slots.every((slot) => !slot.is_processing)) return;
    assert.ok(performance.now() < end, `A slot is still at work after ${LIMIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
