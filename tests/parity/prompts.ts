/** Conversations that both programs answer greedily: chat, system prompt, several turns, code, other scripts, a long prompt. */
export const CONVERSATIONS: { role: string; content: string }[][] = [
  [{ role: "user", content: "Name three colors." }],
  [{ role: "user", content: "What is the capital of France?" }],
  [{ role: "system", content: "You are a pirate." }, { role: "user", content: "Who are you?" }],
  [
    { role: "user", content: "My name is Ada." },
    { role: "assistant", content: "Hello Ada!" },
    { role: "user", content: "What is my name?" },
  ],
  [{ role: "user", content: "Write a Python function that adds two numbers." }],
  [{ role: "user", content: "Übersetze ins Deutsche: good morning 🌞" }],
  [{ role: "user", content: `Summarize: ${"The lighthouse keeper lit the lamp and watched the storm. ".repeat(40)}` }],
];

/** Tokens of each answer at most. */
export const MAX_TOKENS = 48;

/** A text that both programs continue. */
export interface TextPrompt {
  /** What it is, and its number. */
  name: string;
  text: string;
}

/** Sentences for prompts that are to be long: about fourteen tokens each. */
const SENTENCES = [
  "The harbour was empty when the ferry came in from the north.",
  "Nobody had told the baker that the flour would be late again.",
  "In 1987 the bridge was closed for nearly eleven months.",
  "She counted 42 boxes, wrote the number down and locked the door.",
  "A cold wind moved through the pines above the old quarry.",
  "The committee agreed on nothing except the date of its next meeting.",
  "Rain had washed the chalk marks off the warehouse wall.",
  "His grandfather kept bees, two goats and a very small tractor.",
  "At noon the bells rang three times, as they always did.",
  "The map showed a road that had never been built.",
];

/** Sentences in an order that `step`, coprime with their number, gives. */
function story(count: number, step: number): string {
  return Array.from({ length: count }, (_, i) => SENTENCES[(i * step + Math.floor(i / SENTENCES.length)) % 10]).join(
    " ",
  );
}

/** Rows as a program would write them. */
function rows(count: number, row: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => row(i)).join("\n") + "\n";
}

/** Of each kind a few; the chat markup of the second model is plain text to the first, and the other way round. */
const TEXTS: Record<string, string[]> = {
  "a sentence": [
    "The capital of France is",
    "Once upon a time, in a village by the sea,",
    "Water boils at",
    "The three most important things in life are",
    "Hello",
    "I opened the door and saw",
  ],
  "an explanation": [
    "Photosynthesis is the process by which plants",
    "The theory of relativity says that",
    "To bake a simple bread you need flour, water, salt and yeast. First,",
    "The difference between a virus and a bacterium is that",
  ],
  "code": [
    "def fibonacci(n):\n    ",
    "function debounce(callback, ms) {\n  let timer;\n  return",
    "#include <stdio.h>\n\nint main(void) {\n    for (int i = 0;",
    "SELECT name, COUNT(*) AS orders\nFROM customers\nJOIN",
    "use std::collections::HashMap;\n\nfn word_counts(text: &str) -> HashMap<String, usize> {\n    let mut counts",
    "<!DOCTYPE html>\n<html>\n<head>\n  <title>My page</title>\n",
  ],
  "a list": [
    "Colors of the rainbow:\n1. Red\n2. Orange\n3.",
    "Shopping list:\n- milk\n- eggs\n- bread\n-",
    "Days of the week: Monday, Tuesday,",
    "2, 4, 8, 16, 32,",
    '{"name": "Ada", "age": 36, "languages": ["English", "French"]}\n{"name": "Grace", "age":',
    "| City | Country |\n|---|---|\n| Paris | France |\n| Rome |",
  ],
  "another language": [
    "Die Hauptstadt von Deutschland ist",
    "Il était une fois une petite fille qui",
    "La receta tradicional de la tortilla española lleva",
    "Столица России — это город",
    "日本の首都は",
    "中国最长的河流是",
    "عاصمة مصر هي",
    "The emoji for the sun is 🌞 and the emoji for the moon is",
  ],
  "repetition": [
    "na na na na na na na na na na na na",
    "The cat sat on the mat. The cat sat on the mat. The cat sat on the mat. The cat sat on",
    `${"tick tock ".repeat(30)}tick`,
    "0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0",
  ],
  "chat markup": [
    "<|im_start|>user\nWho wrote Hamlet?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>system\nAnswer in one word.<|im_end|>\n<|im_start|>user\nWhat color is the sky?<|im_end|>\n<|im_start|>assistant\n",
    "<start_of_turn>user\nWrite a haiku about autumn.<end_of_turn>\n<start_of_turn>model\n",
    "User: What is 12 times 12?\nAssistant:",
  ],
  "of middle length": [
    `${story(8, 3)} Then`,
    `Question: What did she count?\n\nText: ${story(12, 7)}\n\nAnswer:`,
    `${rows(16, (i) => `${i + 1};item ${(i * 37) % 101};${(i * 13) % 50}.${i}0 EUR`)}17;`,
    `import unittest\n\nclass TestMath(unittest.TestCase):\n${
      rows(6, (i) => `    def test_add_${i}(self):\n        self.assertEqual(add(${i}, ${i * 3}), ${i * 4})\n`)
    }    def test_add_6`,
  ],
  "long": [
    `${story(60, 1)} In the end`,
    `${story(64, 3)}\n\nSummary:`,
    `${"The lighthouse keeper lit the lamp and watched the storm. ".repeat(70)}The lighthouse`,
    rows(
      40,
      (i) =>
        `2026-11-${String(i % 28 + 1).padStart(2, "0")} 12:0${i % 10}:00 INFO request ${i} took ${(i * 71) % 300} ms`,
    ),
    rows(45, (i) => `export const VALUE_${i} = { id: ${i}, name: "value ${i}", weight: ${(i * 7) % 11} };`),
    `${story(50, 7)} ${"und so weiter, ".repeat(40)}`,
    `<|im_start|>user\nSummarize this text:\n${story(55, 9)}<|im_end|>\n<|im_start|>assistant\n`,
    `<start_of_turn>user\nWhat happened at noon?\n${story(55, 7)}<end_of_turn>\n<start_of_turn>model\n`,
  ],
};

/** The fifty texts, kinds mixed so that the first few are of many kinds. */
export const PROMPTS: readonly TextPrompt[] = mixed(
  Object.entries(TEXTS).map(([kind, texts]) => texts.map((text, i) => ({ name: `${kind} ${i + 1}`, text }))),
);

function mixed(kinds: TextPrompt[][]): TextPrompt[] {
  const rounds = Math.max(...kinds.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, i) => kinds.flatMap((prompts) => prompts[i] ?? [])).flat();
}
