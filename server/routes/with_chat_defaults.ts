import type { Prompt, ReasoningUse } from "../../lib/engine/mod.ts";
import type { ChatDefaults } from "../app_input.ts";

/** A prompt with the server's defaults beneath what the request says; those that are no conversation stay as they are. */
export function withChatDefaults<Given extends Prompt>(prompt: Given, defaults: ChatDefaults | undefined): Given {
  if (prompt.kind !== "chat" || defaults === undefined) return prompt;
  const { template, reasoning } = prompt;
  const variables = { ...defaults.variables, ...template?.variables };
  const thinking = { ...withoutEffort(defaults.reasoning ?? {}, reasoning), ...reasoning };
  return {
    ...prompt,
    ...(Object.keys(variables).length === 0 ? {} : { template: { ...template, variables } }),
    ...(Object.keys(thinking).length === 0 ? {} : { reasoning: thinking }),
  };
}

/** Whoever turns thoughts off has no use for how far they are to go. */
function withoutEffort({ effort, ...rest }: ReasoningUse, asked: ReasoningUse | undefined): ReasoningUse {
  return asked?.enabled === false || effort === undefined ? rest : { effort, ...rest };
}
