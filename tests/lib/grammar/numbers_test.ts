import assert from "node:assert/strict";
import fc from "fast-check";
import type { Automaton } from "../../../lib/grammar/automaton.ts";
import { type IntegerBounds, integersBetween } from "../../../lib/grammar/integers_between.ts";
import { numbersBetween } from "../../../lib/grammar/numbers_between.ts";
import { TooLarge } from "../../../lib/grammar/too_large.ts";

function check(automaton: Automaton, { yes, no }: { yes: string[]; no: string[] }): void {
  for (const text of yes) assert.ok(automaton.accepts(text), `${text} is refused`);
  for (const text of no) assert.ok(!automaton.accepts(text), `${text} is accepted`);
}

function fits(value: number, bounds: IntegerBounds): boolean {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = bounds;
  return value >= minimum && value <= maximum && value > exclusiveMinimum && value < exclusiveMaximum;
}

/** Texts of an automaton, each way taken with the same chance. */
function samples(automaton: Automaton, random: () => number, count: number): string[] {
  return Array.from({ length: automaton.isEmpty ? 0 : count }, () => {
    let [text, state] = ["", 0];
    for (;;) {
      const ways = automaton.ways(state).flatMap(({ ranges, target }) =>
        ranges.flatMap(([first, last]) =>
          Array.from({ length: last - first + 1 }, (_, i) => ({ point: first + i, target }))
        )
      );
      const way = ways[Math.floor(random() * (ways.length + (automaton.ends(state) ? 1 : 0)))];
      if (way === undefined) return text;
      text += String.fromCodePoint(way.point);
      state = way.target;
    }
  });
}

Deno.test("integersBetween takes JSON's integers, and has bounds that are exact", () => {
  check(integersBetween(), {
    yes: ["0", "7", "-1", "999999999999999", "-999999999999999"],
    no: ["-0", "00", "01", "+1", "1.0", "1e3", "", "-", "1000000000000000"],
  });
  check(integersBetween({ minimum: -7, maximum: 12 }), { yes: ["-7", "0", "9", "12"], no: ["-8", "13", "100", "-10"] });
  check(integersBetween({ exclusiveMinimum: 1, exclusiveMaximum: 4 }), { yes: ["2", "3"], no: ["1", "4", "0"] });
  check(integersBetween({ minimum: 0.1, maximum: 2.9 }), { yes: ["1", "2"], no: ["0", "3"] });
  check(integersBetween({ minimum: -2.5, exclusiveMaximum: -1e-7 }), { yes: ["-2", "-1"], no: ["-3", "0", "-0"] });
  check(integersBetween({ minimum: 1, exclusiveMinimum: 5, maximum: 9, exclusiveMaximum: 8 }), {
    yes: ["6", "7"],
    no: ["5", "8"],
  });
  check(integersBetween({ minimum: 1e21 }), {
    yes: ["1000000000000000000000", "9999999999999999999999"],
    no: ["999999999999999999999", "1e21", "10000000000000000000000"],
  });
  check(integersBetween({ maximum: -(2 ** 53) }), { yes: ["-9007199254740992"], no: ["-9007199254740991", "0", "5"] });
  check(integersBetween({ exclusiveMinimum: 2 ** 53 }), {
    yes: ["9007199254740994"],
    no: ["9007199254740993", "9007199254740992"],
  });
  for (
    const empty of [{ minimum: 3, maximum: 2 }, { exclusiveMinimum: 1, exclusiveMaximum: 2 }, { minimum: Infinity }, {
      exclusiveMinimum: Number.MAX_VALUE,
    }]
  ) {
    assert.ok(integersBetween(empty).isEmpty);
  }
});

Deno.test("integersBetween takes multiples", () => {
  check(integersBetween({ multipleOf: 7 }), {
    yes: ["0", "7", "-14", "700000000000000"],
    no: ["8", "-1", "700000000000001"],
  });
  check(integersBetween({ multipleOf: 86_400, minimum: 0 }), {
    yes: ["0", "86400", "8640000000000"],
    no: ["86401", "-86400", "86500"],
  });
  check(integersBetween({ multipleOf: 1000, minimum: 1 }), { yes: ["1000", "12345000"], no: ["0", "100", "1001"] });
  check(integersBetween({ multipleOf: 1_000_003, maximum: 5e8, minimum: 2 }), {
    yes: ["1000003", "2000006"],
    no: ["0", "1000004"],
  });
  check(integersBetween({ multipleOf: 10, minimum: 0, maximum: 1e20 }), {
    yes: ["9007199254740990"],
    no: ["9007199254741000"],
  });
  assert.ok(integersBetween({ multipleOf: 10, minimum: 1, maximum: 9 }).isEmpty);
  assert.throws(() => integersBetween({ multipleOf: 1_000_003 }), TooLarge);
  for (const multipleOf of [0, -1, 0.5, NaN]) assert.throws(() => integersBetween({ multipleOf }), RangeError);
});

const bound = fc.oneof(
  fc.integer({ min: -150, max: 150 }),
  fc.integer({ min: -1500, max: 1500 }).map((tenths) => tenths / 10),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0.1,
    -2.5,
    1e-7,
    1e21,
    -1e21,
    2 ** 53,
    1e15,
    1e-20,
    5e-324,
    123456789012345680000,
    0.30000000000000004,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const bounds = fc.record(
  { minimum: bound, maximum: bound, exclusiveMinimum: bound, exclusiveMaximum: bound },
  { requiredKeys: [] },
);
const seed = fc.integer({ min: 1, max: 2 ** 31 - 2 });

/** The same numbers from 0 to 1 for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => (state = state * 48_271 % (2 ** 31 - 1)) / (2 ** 31 - 1);
}

Deno.test("integersBetween has each small integer that fits, and none that does not", () => {
  fc.assert(
    fc.property(bounds, fc.integer({ min: 1, max: 30 }), seed, (given, multipleOf, start) => {
      const automaton = integersBetween({ ...given, multipleOf });
      for (let value = -310; value <= 310; value++) {
        const expected = fits(value, given) && value % multipleOf === 0;
        assert.equal(automaton.accepts(String(value)), expected, String(value));
      }
      for (const text of samples(automaton, randomOf(start), 20)) {
        assert.match(text, /^(?:0|-?[1-9]\d*)$/);
        assert.ok(fits(Number(text), given), text);
        assert.ok(BigInt(text) % BigInt(multipleOf) === 0n, text);
      }
    }),
    // The same bounds each time: beside subnormal numbers (0 < x < 1e-323) a decimal may be read as the bound.
    { numRuns: 300, seed: 6 },
  );
});

Deno.test("numbersBetween takes JSON's numbers, and has bounds that are exact", () => {
  check(numbersBetween(), {
    yes: ["0", "-1.5", "1e5", "2.5E-09", "0.000001"],
    no: ["-0", "-0.0", "01", ".5", "1.", "1e", "1e100"],
  });
  check(numbersBetween({ minimum: 0.1 }), {
    yes: ["0.1", "0.10", "0.2", "1", "99"],
    no: ["0.09", "0", "0.0999999999999", "1e5", "-1"],
  });
  check(numbersBetween({ exclusiveMinimum: 0.1, maximum: 1 }), {
    yes: ["0.11", "1", "1.00"],
    no: ["0.1", "0.100", "1.01"],
  });
  check(numbersBetween({ minimum: -2.5, exclusiveMaximum: 0 }), {
    yes: ["-2.5", "-0.001", "-2"],
    no: ["-2.51", "0", "-0", "-0.0", "0.0"],
  });
  check(numbersBetween({ exclusiveMinimum: 0, exclusiveMaximum: 1e-7 }), {
    yes: ["0.00000009", "0.0000000000001"],
    no: ["0", "0.0000001", "0.00"],
  });
  check(numbersBetween({ minimum: 1e21, maximum: 2e21 }), {
    yes: ["1000000000000000000000", "1500000000000000000000"],
    no: ["1", "3000000000000000000000"],
  });
  check(numbersBetween({ minimum: 1e-20, maximum: 2e-20 }), {
    yes: ["0.00000000000000000001"],
    no: ["0", "0.00000000000000000003"],
  });
  check(numbersBetween({ minimum: 0.30000000000000004, maximum: 0.30000000000000004 }), {
    yes: ["0.30000000000000004"],
    no: ["0.3"],
  });
  check(numbersBetween({ exclusiveMinimum: 0.1, exclusiveMaximum: 0.10000000000000003 }), {
    yes: ["0.10000000000000002"],
    no: ["0.1"],
  });
  for (
    const empty of [{ minimum: 3, maximum: 2 }, { exclusiveMinimum: 1, maximum: 1 }, { maximum: -Infinity }, {
      exclusiveMaximum: -Number.MAX_VALUE,
    }]
  ) {
    assert.ok(numbersBetween(empty).isEmpty);
  }
});

Deno.test("numbersBetween has nothing that a reader would find beyond a bound, and what is within", () => {
  const decimal = fc.tuple(fc.integer({ min: -2000, max: 2000 }), fc.integer({ min: 0, max: 6 }))
    .map(([value, places]) => (value / 10 ** places).toFixed(places)).filter((text) => !/^-0(?:\.0*)?$/.test(text));
  fc.assert(
    fc.property(bounds, fc.array(decimal, { maxLength: 20 }), seed, (given, tried, start) => {
      const automaton = numbersBetween(given);
      for (const text of tried) assert.equal(automaton.accepts(text), fits(Number(text), given), text);
      for (const text of samples(automaton, randomOf(start), 30)) {
        assert.ok(fits(JSON.parse(text), given), text);
        assert.ok(!/^-0(?:\.0*)?(?:e.*)?$/i.test(text), text);
      }
    }),
    // The same bounds each time: beside subnormal numbers (0 < x < 1e-323) a decimal may be read as the bound.
    { numRuns: 300, seed: 6 },
  );
});
