import type { Answer, Ask } from "./completion.ts";
import type { TextPrompt } from "./prompts.ts";

/** In what state, and beside what, a prompt is answered. */
export const MODES = {
  "cold": "alone, nothing reused",
  "warm": "alone, the same prompt asked before",
  "prefix": "alone, a prompt that shares three quarters of it asked before",
  "batch": "in a batch of 8, nothing reused",
  "batch warm": "in a batch of 8, the same batch asked before",
} as const;

/** The name of a mode. */
export type Mode = keyof typeof MODES;

/** Requests at once in the modes with a batch, and slots of the servers. */
export const BATCH = 8;

/** What is asked in each mode. */
export interface Questions {
  prompts: readonly TextPrompt[];
  /** Tokens of each answer at most. */
  tokens: number;
}

/** Has all prompts answered in a mode. */
export function runMode(ask: Ask, mode: Mode, { prompts, tokens }: Questions): Promise<Answer[]> {
  const texts = prompts.map(({ text }) => text);
  switch (mode) {
    case "cold":
      return each(texts, (prompt) => ask({ prompt, tokens }));
    case "warm":
      return each(texts, async (prompt) => {
        await ask({ prompt, tokens: 1, cache: true });
        return await ask({ prompt, tokens, cache: true });
      });
    case "prefix":
      return each(texts, async (prompt) => {
        await ask({ prompt: sibling(prompt), tokens: 1, cache: true });
        return await ask({ prompt, tokens, cache: true });
      });
    case "batch":
      return inBatches(texts, (batch) => together(batch, (prompt) => ask({ prompt, tokens })));
    case "batch warm":
      return inBatches(texts, async (batch) => {
        await together(batch, (prompt) => ask({ prompt, tokens: 1, cache: true }));
        return await together(batch, (prompt) => ask({ prompt, tokens, cache: true }));
      });
  }
}

async function each(texts: readonly string[], answer: (text: string) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const text of texts) answers.push(await answer(text));
  return answers;
}

function together(texts: readonly string[], answer: (text: string) => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(texts.map(answer));
}

/** The last batch is filled up with the first texts, so that each one is full. */
async function inBatches(
  texts: readonly string[],
  answer: (batch: readonly string[]) => Promise<Answer[]>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < texts.length; i += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, k) => texts[(i + k) % texts.length] ?? "");
    answers.push(...(await answer(batch)).slice(0, texts.length - i));
  }
  return answers;
}

/** A text that begins as this one, and goes on otherwise. */
function sibling(text: string): string {
  const characters = [...text];
  return `${characters.slice(0, Math.ceil(characters.length * 3 / 4)).join("")} § quite another way to go on`;
}
