import fc from "fast-check";
import type { FinishReason, GenerateEvent } from "../../lib/engine/mod.ts";
import { DONE, fakeLogprob, type Script } from "./fake_engine.ts";

/** A piece of an answer: a text, a thought, or a whole call with the pieces of its arguments. */
export type Piece = { say: string } | { think: string } | { call: string; id: string; args: string[] };

/** Gives the pieces, each with its log-probability where they are asked for, and ends as they ask for. */
export function parts(pieces: Piece[], finishReason?: FinishReason): Script {
  return async function* (input): AsyncGenerator<GenerateEvent> {
    let position = 0;
    const logprobs = (text: string): object =>
      input.logprobs === undefined ? {} : { logprobs: [fakeLogprob(text, { index: 0, position: position++ })] };
    let call = 0;
    for (const piece of pieces) {
      if ("say" in piece) yield { type: "text", index: 0, text: piece.say, ...logprobs(piece.say) };
      else if ("think" in piece) yield { type: "reasoning", index: 0, text: piece.think, ...logprobs(piece.think) };
      else {
        yield { type: "toolCall", index: 0, call, id: piece.id, name: piece.call, ...logprobs(piece.call) };
        for (const text of piece.args) yield { type: "arguments", index: 0, call, text, ...logprobs(text) };
        call++;
      }
    }
    const reason = finishReason ?? (call > 0 ? "tool_calls" : "stop");
    yield { type: "finish", index: 0, finishReason: reason, completionTokens: pieces.length };
    yield DONE;
  };
}

/** Pieces of any kind in any order; calls are of objects, but for the last one of an answer that may be cut off. */
export function anyPieces(): fc.Arbitrary<{ pieces: Piece[]; finishReason: FinishReason }> {
  const text = fc.string({ unit: "binary", maxLength: 12 });
  const object = fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
  const piece = fc.oneof(
    text.map((say) => ({ say })),
    text.map((think) => ({ think })),
    fc.tuple(object, fc.integer({ min: 1, max: 7 })).map(([value, size]) => ({
      call: "get_weather",
      id: "",
      args: cut(JSON.stringify(value), size),
    })),
  );
  return fc.record({ pieces: fc.array(piece, { maxLength: 7 }), keep: fc.nat(20), isCut: fc.boolean() }).map(
    ({ pieces, keep, isCut }) => {
      const named = pieces.map((each, i): Piece => "call" in each ? { ...each, id: `call_${i}` } : each);
      const last = named.at(-1);
      if (!isCut || last === undefined) {
        return { pieces: named, finishReason: named.some((each) => "call" in each) ? "tool_calls" : "stop" };
      }
      const rest = "call" in last ? { ...last, args: cut(last.args.join("").slice(0, keep), 5) } : last;
      return { pieces: [...named.slice(0, -1), rest], finishReason: "length" };
    },
  );
}

function cut(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size));
}
