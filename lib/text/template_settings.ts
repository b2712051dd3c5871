import type { Json, ReasoningUse } from "../engine/conversation.ts";

/** How all conversations with a model become prompts, where not as the model says. */
export interface TemplateSettings {
  /** Jinja instead of the model's own template, or the name of a built-in one (`chatml`). */
  source?: string;
  /** Variables of the template, unless a request has the same. */
  variables?: { [name: string]: Json };
  /** How the model thinks, unless a request says so. */
  reasoning?: ReasoningUse;
}
