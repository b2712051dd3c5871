const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Letters and digits, drawn. */
function drawSigns(length: number): string {
  let drawn = "";
  while (drawn.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // 248 = 4 · 62: beyond it some signs would be drawn more often.
      if (byte < 248 && drawn.length < length) drawn += SIGNS.charAt(byte % SIGNS.length);
    }
  }
  return drawn;
}

/** An id for a call of a tool; some models want one of 9 signs, without a prefix. */
export function drawCallId(kind: "call" | "nine" = "call"): string {
  return kind === "nine" ? drawSigns(9) : `call_${drawSigns(24)}`;
}
