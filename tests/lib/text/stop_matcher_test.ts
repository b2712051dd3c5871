import assert from "node:assert/strict";
import fc from "fast-check";
import { StopMatcher } from "../../../lib/text/stop_matcher.ts";
import { cutText } from "./cut.ts";

// Few letters, so that stop strings are found, overlap and nearly match.
const TEXT = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 40 });
const STOP = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 5 });

function run(
  stops: string[],
  pieces: string[],
): { text: string; stopped: boolean; stopString?: string | undefined; given: string[] } {
  const matcher = new StopMatcher(stops);
  const given: string[] = [];
  for (const piece of pieces) {
    const { text, stopped, stopString } = matcher.push(piece);
    given.push(text);
    if (stopped) return { text: given.join(""), stopped, stopString, given };
    assert.equal(stopString, undefined);
  }
  return { text: given.join("") + matcher.flush(), stopped: false, given };
}

Deno.test("StopMatcher finds one stop string where indexOf does, however the text is cut", () => {
  fc.assert(
    fc.property(cutText(TEXT), STOP, ({ text, pieces }, stop) => {
      const at = text.indexOf(stop);
      const found = run([stop], pieces);
      assert.equal(found.stopped, at >= 0);
      assert.equal(found.stopString, at >= 0 ? stop : undefined);
      assert.equal(found.text, at >= 0 ? text.slice(0, at) : text);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("StopMatcher stops at the stop string that is complete first, however the text is cut", () => {
  fc.assert(
    fc.property(cutText(TEXT), fc.array(STOP, { maxLength: 4 }), ({ text, pieces }, stops) => {
      const found = run(stops, pieces);
      // The shortest beginning of the text that ends with a stop string.
      const end = Array.from({ length: text.length + 1 }, (_, end) => end)
        .find((end) => stops.some((stop) => text.slice(0, end).endsWith(stop)));
      if (end === undefined) {
        assert.deepEqual([found.stopped, found.text], [false, text]);
        return;
      }
      const longest = Math.max(...stops.filter((stop) => text.slice(0, end).endsWith(stop)).map((stop) => stop.length));
      assert.deepEqual([found.stopped, found.text], [true, text.slice(0, end - longest)]);
      assert.equal(found.stopString, text.slice(end - longest, end));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("StopMatcher holds back no more than may begin a stop string", () => {
  fc.assert(
    fc.property(cutText(TEXT), fc.array(STOP, { maxLength: 4 }), ({ pieces }, stops) => {
      const matcher = new StopMatcher(stops);
      let [pushed, given] = ["", ""];
      for (const piece of pieces) {
        const { text, stopped } = matcher.push(piece);
        pushed += piece;
        given += text;
        if (stopped) return;
        const held = pushed.slice(given.length);
        assert.ok(pushed.startsWith(given));
        assert.ok(
          held === "" || stops.some((stop) => stop.length > held.length && stop.startsWith(held)),
          `held "${held}"`,
        );
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("StopMatcher without stop strings lets every piece through", () => {
  fc.assert(fc.property(fc.array(fc.string()), (pieces) => {
    assert.deepEqual(run([], pieces).given, pieces);
  }));
});

Deno.test("StopMatcher holds back the beginning of a stop string until it is clear what it is", () => {
  const matcher = new StopMatcher(["<|end|>"]);
  assert.deepEqual(matcher.push("a <|"), { text: "a ", stopped: false });
  assert.deepEqual(matcher.push("en"), { text: "", stopped: false });
  assert.deepEqual(matcher.push("ough"), { text: "<|enough", stopped: false });
  assert.deepEqual(matcher.push("<|end|> rest"), { text: "", stopped: true, stopString: "<|end|>" });
});

Deno.test("StopMatcher refuses an empty stop string", () => {
  assert.throws(() => new StopMatcher(["a", ""]), RangeError);
});
