import { Alphabet, type Interval } from "./alphabet.ts";
import { Automaton } from "./automaton.ts";

/**
 * The automaton over code points that takes the texts whose units of UTF-16 another one takes, as a pattern without the flag `u` means it. Texts
 * with half a pair are none.
 */
export function fromUtf16(units: Automaton): Automaton {
  const alphabet = new Alphabet([...basic(units.alphabet), ...paired(units.alphabet)]);
  const ways = alphabet.keys.map((key) => key.split(" ").map(Number));
  return Automaton.explore<number>({
    alphabet,
    start: 0,
    key: (state) => state,
    ends: (state) => units.ends(state),
    steps: (state, to) =>
      ways.forEach((way, id) => {
        const next = way.reduce((at, unit) => at < 0 ? at : units.step(at, unit), state);
        if (next >= 0) to(id, next);
      }),
  });
}

/** Code points that are one unit. */
function basic(alphabet: Alphabet): Interval[] {
  const key = (point: number): string | undefined => {
    const id = alphabet.classOf(point);
    return id < 0 ? undefined : String(id);
  };
  const firsts = alphabet.firsts.filter((first) => first < 0xd800 || first > 0xdfff && first < 0x10000);
  return [
    ...firsts.filter((first) => first < 0xd800).map((first) => ({ first, key: key(first) })),
    { first: 0xd800, key: undefined },
    { first: 0xe000, key: key(0xe000) },
    ...firsts.filter((first) => first > 0xe000).map((first) => ({ first, key: key(first) })),
  ];
}

/** Code points that are two units, by the classes of those. */
function paired(alphabet: Alphabet): Interval[] {
  const lows = [0xdc00, ...alphabet.firsts.filter((first) => first > 0xdc00 && first < 0xe000)];
  return Array.from({ length: 0x400 }, (_, i) => i).flatMap((i) => {
    const high = alphabet.classOf(0xd800 + i);
    return lows.map((unit): Interval => {
      const low = alphabet.classOf(unit);
      return { first: 0x10000 + i * 0x400 + unit - 0xdc00, key: high < 0 || low < 0 ? undefined : `${high} ${low}` };
    });
  });
}
