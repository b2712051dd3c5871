/** A request's body for one message of a user. */
export type ChatBody = Record<string, unknown>;

/** Short words that are one token each in every vocabulary used, with the space before them. */
const WORDS =
  ("sea light storm wave night ship rock tower lamp wind bird salt glass stone door book letter fire coast river " +
    "field horse table window garden road house tree winter summer morning bread water music paper silver cloud island")
    .split(" ");

const TOPICS = [
  "a lighthouse keeper and the sea",
  "a train that never stops",
  "a baker in a small mountain village",
  "two sisters who build a boat",
  "a robot that learns to paint",
  "an old map found in a library",
  "a gardener on a distant island",
  "a winter without snow",
];

/** Words in an order that only this label gives: as many tokens, and no two prompts of a run begin alike. */
export function uniqueWords(count: number, label: string): string {
  let state = hash(label);
  return Array.from({ length: count }, () => {
    state = xorshift(state);
    return WORDS[state % WORDS.length];
  }).join(" ");
}

/** One message of a user, to be answered in up to `tokens` tokens without stopping early; `more` goes into the body. */
export function chat(content: string, { tokens, ...more }: { tokens: number } & Record<string, unknown>): ChatBody {
  return { messages: [{ role: "user", content }], max_tokens: tokens, ignore_eos: true, temperature: 0, ...more };
}

/** A request for free text, another topic each round. */
export function storyPrompt(round: number): string {
  return `Write a long story about ${TOPICS[round % TOPICS.length]}.`;
}

/** FNV-1a, 32 bits, never zero. @see {@link http://www.isthe.com/chongo/tech/comp/fnv/} */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value || 1;
}

/** Marsaglia's generator of 32 bits. @see {@link https://www.jstatsoft.org/article/view/v008i14} */
function xorshift(state: number): number {
  let next = state;
  next ^= next << 13;
  next ^= next >>> 17;
  next ^= next << 5;
  return next >>> 0;
}
