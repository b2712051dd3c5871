import { findParting, gapOf, type Parting } from "./compare.ts";
import { type Answer, type Ask, END } from "./completion.ts";
import type { TextPrompt } from "./prompts.ts";
import type { TokenTable } from "./token_table.ts";

/**
 * Two tokens that lie within this of the likeliest one's log-probability are a near tie: which of them is chosen depends on the kernels.
 * llama-server's own log-probability of one token moved by up to 0.42 between a pool with and without idle cells of other requests
 * (SmolLM2, November 2026).
 */
export const TOLERANCE = 0.5;

/** A token that ends no answer and is whole characters: forced to come next, it lets both servers tell what was likely in its place. */
const PLAIN = ".";

/** Answers to one prompt that part, in the words of the report. */
export interface Difference extends Parting {
  prompt: TextPrompt;
  /** The common tokens, and those that differ, for people. */
  tail: string;
  texts: [string, string];
  /** Which runs, each `A ≠ B`. */
  between: string[];
  /** How near a tie ours and llama-server say it is, when given the prompt and the common tokens as one prompt. */
  ours: number;
  theirs: number;
  explained: boolean;
}

/** Differences between the answers of runs, each place once. */
export class Differences {
  readonly #table: TokenTable;
  readonly #found = new Map<string, { difference: Difference; prefix: number[] }>();

  constructor(table: TokenTable) {
    this.#table = table;
  }

  /** Takes two answers to a prompt, and says whether they are the same. */
  add(prompt: TextPrompt, [a, b]: readonly [Answer, Answer], between: string): boolean {
    const parting = findParting(a, b);
    if (parting === undefined) return true;
    const common = a.tokens.slice(0, parting.at).map(({ bytes }) => bytes);
    // Which of the two is the first of them does not matter.
    const key = JSON.stringify([prompt.name, common, parting.tokens.toSorted()]);
    const known = this.#found.get(key);
    if (known !== undefined) {
      known.difference.between.push(between);
      return false;
    }
    const prefix = [...this.#table.tokenize(prompt.text), ...common.map((bytes) => this.#table.id(bytes))];
    this.#found.set(key, {
      prefix,
      difference: {
        ...parting,
        prompt,
        tail: toText(common.slice(-6).join("")),
        texts: [toText(parting.tokens[0]), toText(parting.tokens[1])],
        between: [between],
        ours: Infinity,
        theirs: Infinity,
        explained: false,
      },
    });
    return false;
  }

  /** Asks both servers how near a tie each place is. */
  async explain(ours: Ask, theirs: Ask): Promise<Difference[]> {
    const differences: Difference[] = [];
    const forced = this.#table.id(new TextEncoder().encode(PLAIN).toHex());
    for (const { difference, prefix } of this.#found.values()) {
      const asked = { ...difference, forced };
      const gaps = { ours: await askGap(ours, prefix, asked), theirs: await askGap(theirs, prefix, asked) };
      differences.push({ ...difference, ...gaps, explained: Math.max(gaps.ours, gaps.theirs) <= TOLERANCE });
    }
    return differences;
  }
}

async function askGap(
  ask: Ask,
  prompt: readonly number[],
  { tokens, forced }: Parting & { forced: number },
): Promise<number> {
  const { tokens: [next] } = await ask({ prompt, tokens: 1, forced });
  return gapOf(next?.top ?? [], tokens);
}

/** Text for people: of bytes that are no whole characters, of none, and of the end. */
function toText(bytes: string): string {
  return bytes === END ? "(end)" : JSON.stringify(new TextDecoder().decode(Uint8Array.fromHex(bytes)));
}
