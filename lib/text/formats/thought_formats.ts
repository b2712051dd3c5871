import type { ThoughtFormat } from "./format.ts";

/** By far the most usual one. */
export const THINK: ThoughtFormat = {
  start: "<think>",
  end: "</think>",
  pad: { start: "\n", end: "\n", behind: "\n\n" },
};

/** How models mark what they think. */
export const THOUGHT_FORMATS: readonly ThoughtFormat[] = [
  {
    start: "Here are my reasoning steps:",
    end: "[BEGIN FINAL RESPONSE]",
    pad: { start: "\n", end: "\n", behind: "\n" },
  },
  THINK,
  { start: "<think:opensource>", end: "</think:opensource>" },
  { start: "<mm:think>", end: "</mm:think>" },
  { start: "<|open|>think<|sep|>", end: "<|close|>think<|sep|>" },
  { start: " to=self<|message|>", end: "<|eom|>" },
  { start: "<|channel>thought", end: "<channel|>", pad: { start: "\n", end: "\n", behind: "" } },
  { start: "<|think|>", end: "<|end|>" },
  { start: "[THINK]", end: "[/THINK]" },
  { start: "<seed:think>", end: "</seed:think>", pad: { start: "", end: "", behind: "\n" } },
  { start: "<|START_THINKING|>", end: "<|END_THINKING|>" },
  { start: "<|inner_prefix|>", end: "<|inner_suffix|>" },
  { start: "<thinking>", end: "</thinking>", pad: { start: "", end: "", behind: "\n" } },
];
