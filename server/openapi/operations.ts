import { ANTHROPIC_OPERATIONS } from "./anthropic_operations.ts";
import { LLAMA_OPERATIONS } from "./llama_operations.ts";
import { OLLAMA_OPERATIONS } from "./ollama_operations.ts";
import { OPENAI_OPERATIONS } from "./openai_operations.ts";
import type { Operation } from "./operation.ts";
import { OWN_OPERATIONS } from "./own_operations.ts";
import { RESPONSES_OPERATIONS } from "./responses_operations.ts";

/** Every operation of every API that is served, in the order in which they are shown. */
export const OPERATIONS: Operation[] = [
  ...OPENAI_OPERATIONS,
  ...RESPONSES_OPERATIONS,
  ...ANTHROPIC_OPERATIONS,
  ...LLAMA_OPERATIONS,
  ...OLLAMA_OPERATIONS,
  ...OWN_OPERATIONS,
];
