import { ANTHROPIC_CHECKS } from "./anthropic_checks.ts";
import type { Check } from "./check.ts";
import { ERROR_CHECKS } from "./error_checks.ts";
import { LLAMA_CHECKS } from "./llama_checks.ts";
import { OLLAMA_CHECKS } from "./ollama_checks.ts";
import { OPENAI_CHECKS } from "./openai_checks.ts";
import { RESPONSES_CHECKS } from "./responses_checks.ts";

/** What every server is checked for, in the order of the table. */
export const CHECKS: readonly Check[] = [
  ...OPENAI_CHECKS,
  ...RESPONSES_CHECKS,
  ...ANTHROPIC_CHECKS,
  ...LLAMA_CHECKS,
  ...OLLAMA_CHECKS,
  ...ERROR_CHECKS,
];
