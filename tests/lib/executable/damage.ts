import assert from "node:assert/strict";
import fc from "fast-check";
import { EngineError } from "../../../lib/errors.ts";

/** Runs `parse`, and fails unless it succeeds or refuses the file as damaged. */
export function parsesOrRefuses(parse: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    parse(bytes);
  } catch (error) {
    assert.ok(error instanceof EngineError, `${error} came out`);
    assert.equal(error.code, "bad_file");
    assert.doesNotMatch(error.message, /\n|undefined|NaN/);
  }
}

/** Feeds `parse` with `file` cut short and with bytes of it changed, most of them in the first `head` bytes. */
export function checkDamaged(parse: (bytes: Uint8Array) => unknown, file: Uint8Array, head = file.length): void {
  fc.assert(fc.property(fc.nat(file.length), (length) => parsesOrRefuses(parse, file.slice(0, length))), {
    numRuns: 200,
  });
  const value = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
  const place = fc.oneof({ weight: 4, arbitrary: fc.nat(head - 1) }, { weight: 1, arbitrary: fc.nat(file.length - 1) });
  const changes = fc.array(fc.record({ place, value, length: fc.constantFrom(1, 1, 2, 4, 8) }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(changes, (list) => {
      const changed = file.slice();
      for (const { place, value, length } of list) changed.fill(value, place, place + length);
      parsesOrRefuses(parse, changed);
    }),
    { numRuns: 1000 },
  );
}
