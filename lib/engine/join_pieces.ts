import type { Vocabulary } from "../../ffi/mod.ts";
import type { QueryAnswers } from "./protocol.ts";

/**
 * What tokens stand for, control tokens included: one array of bytes, for a message with an array for each token costs far more.
 *
 * @throws {RangeError} For a token that is not in the vocabulary.
 */
export function joinPieces(vocabulary: Pick<Vocabulary, "piece">, tokens: ArrayLike<number>): QueryAnswers["pieces"] {
  const pieces = Array.from(tokens, (token) => vocabulary.piece(token, true));
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  const ends = new Uint32Array(pieces.length);
  let end = 0;
  for (const [i, piece] of pieces.entries()) {
    bytes.set(piece, end);
    end += piece.length;
    ends[i] = end;
  }
  return { bytes, ends };
}
