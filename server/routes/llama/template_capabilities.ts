import type { ModelInfo } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import type { Props } from "../../schemas/llama/mod.ts";

type Capabilities = NonNullable<Props["chat_template_caps"]>;

/** Of the templates that were looked at: it takes a few renderings. */
const KNOWN = new WeakMap<ModelInfo, Promise<Capabilities | undefined>>();

/** What a model's chat template can do, under llama-server's names; undefined for one that is not valid. */
export function templateCapabilities(model: ModelInfo): Promise<Capabilities | undefined> {
  const known = KNOWN.get(model) ?? findOut(model);
  KNOWN.set(model, known);
  return known;
}

async function findOut({ chatTemplate, bosText, eosText }: ModelInfo): Promise<Capabilities | undefined> {
  const { ChatTemplate } = await import("../../../lib/text/chat_template.ts");
  try {
    const { capabilities } = new ChatTemplate(chatTemplate, { bosText, eosText });
    return {
      supports_string_content: capabilities.stringContent,
      supports_typed_content: capabilities.typedContent,
      supports_tools: capabilities.tools,
      supports_tool_calls: capabilities.toolCalls,
      supports_parallel_tool_calls: capabilities.parallelToolCalls,
      supports_system_role: capabilities.systemRole,
      supports_preserve_reasoning: capabilities.preservesReasoning,
      supports_reasoning_effort: capabilities.reasoningEffort,
      supports_object_arguments: capabilities.objectArguments,
    };
  } catch (error) {
    // Whoever asks for an answer is told what is wrong with it.
    if (error instanceof EngineError && error.code === "bad_model") return undefined;
    throw error;
  }
}
