import type { Prompt, ReasoningUse, TemplateUse } from "../../lib/engine/mod.ts";
import type { ChatDefaults } from "../app_input.ts";

/** A prompt with the server's defaults beneath what the request says; those that are no conversation stay as they are. */
export function withChatDefaults<Given extends Prompt>(prompt: Given, defaults: ChatDefaults = {}): Given {
  if (prompt.kind !== "chat") return prompt;
  const template = templateOf(prompt, defaults);
  const reasoning = { ...withoutEffort(defaults.reasoning ?? {}, prompt.reasoning), ...prompt.reasoning };
  return {
    ...prompt,
    ...(Object.keys(template).length === 0 ? {} : { template }),
    ...(Object.keys(reasoning).length === 0 ? {} : { reasoning }),
  };
}

function templateOf({ messages, template = {} }: Prompt & { kind: "chat" }, defaults: ChatDefaults): TemplateUse {
  const variables = { ...defaults.variables, ...template.variables };
  const last = messages.at(-1);
  const { addGenerationPrompt, ...rest } = template;
  // As llama-server has it; but calls never go on, and so a conversation that ends with some is no mistake.
  const prefill = (defaults.prefill ?? true) && (last?.toolCalls ?? []).length === 0;
  const continueFinal = template.continueFinal ?? (last?.role === "assistant" ? prefill : undefined);
  return {
    ...rest,
    ...(continueFinal || addGenerationPrompt === undefined ? {} : { addGenerationPrompt }),
    ...(continueFinal === undefined ? {} : { continueFinal }),
    ...(Object.keys(variables).length === 0 ? {} : { variables }),
  };
}

/** Whoever turns thoughts off has no use for how far they are to go. */
function withoutEffort({ effort, ...rest }: ReasoningUse, asked: ReasoningUse | undefined): ReasoningUse {
  return asked?.enabled === false || effort === undefined ? rest : { effort, ...rest };
}
