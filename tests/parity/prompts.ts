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
