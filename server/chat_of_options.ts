import type { ReasoningUse } from "../lib/engine/mod.ts";
import type { ServeOptions } from "../lib/options.ts";
import type { ChatDefaults } from "./app_input.ts";

/** How conversations are written and thought about where a request does not say, from the options of `serve`. */
export function chatOfOptions(options: ServeOptions): ChatDefaults {
  const { reasoning: on, reasoningEffort: effort, reasoningBudget: budget, reasoningFormat: format } = options;
  const enabled = effort === "none" ? false : on;
  const reasoning: ReasoningUse = {
    ...(enabled === undefined ? {} : { enabled }),
    ...(effort === "none" || effort === "default" ? {} : { effort }),
    ...(budget < 0 ? {} : { budget }),
    ...(format === "none" ? { inline: true } : {}),
  };
  return { variables: options.chatTemplateKwargs, reasoning, prefill: options.prefillAssistant };
}
