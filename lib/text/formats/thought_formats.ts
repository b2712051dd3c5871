import type { ThoughtFormat } from "./format.ts";

/** How models mark what they think. The first is by far the most usual. */
export const THOUGHT_FORMATS: readonly ThoughtFormat[] = [
  { start: "<think>", end: "</think>", pad: { start: "\n", end: "\n", behind: "\n\n" } },
  { start: "[THINK]", end: "[/THINK]" },
  { start: "<seed:think>", end: "</seed:think>", pad: { start: "", end: "", behind: "\n" } },
  { start: "<|START_THINKING|>", end: "<|END_THINKING|>" },
  { start: "<|inner_prefix|>", end: "<|inner_suffix|>" },
  { start: "<thinking>", end: "</thinking>", pad: { start: "", end: "", behind: "\n" } },
  { start: "<|channel>thought", end: "<channel|>", pad: { start: "\n", end: "\n", behind: "" } },
];
