import type { TemplateSettings } from "../lib/text/template_settings.ts";
import { BUILT_IN_TEMPLATES } from "../lib/text/template_source.ts";
import { EngineError, toEngineError } from "../lib/errors.ts";
import { ownValue } from "../lib/own_value.ts";
import type { ServeOptions } from "../lib/options.ts";

type TemplateOptions = Pick<
  ServeOptions,
  | "chatTemplate"
  | "chatTemplateFile"
  | "chatTemplateKwargs"
  | "reasoning"
  | "reasoningBudget"
  | "reasoningEffort"
  | "reasoningFormat"
  | "reasoningPreserve"
>;

/**
 * How conversations become prompts where a request does not say, from the options of `serve`.
 *
 * @throws {EngineError} `usage` for two templates, `io` where the file cannot be read.
 */
export function templateOfOptions(options: TemplateOptions): TemplateSettings {
  const { reasoning, reasoningBudget: budget, reasoningEffort: effort } = options;
  const source = sourceOf(options);
  const enabled = effort === "none" ? false : reasoning;
  const variables = {
    ...(options.reasoningPreserve ? {} : { preserve_reasoning: false }),
    ...options.chatTemplateKwargs,
  };
  return {
    ...(source === undefined ? {} : { source }),
    variables,
    reasoning: {
      ...(effort === undefined || effort === "none" ? {} : { effort }),
      ...(enabled === undefined ? {} : { enabled }),
      ...(budget < 0 ? {} : { budget }),
      ...(options.reasoningFormat === "none" ? { inline: true } : {}),
    },
  };
}

/** A file's or another program's name for a template, which as Jinja would be what every prompt consists of. */
const NAME_ALONE = /^[^\s{]+$/;

/**
 * Makes sure that the template which the options name is Jinja: whoever starts a server is told at once, not the first client.
 *
 * @throws {EngineError} `usage` when it is not; as {@linkcode templateOfOptions}.
 */
export async function expectTemplate(options: TemplateOptions): Promise<void> {
  const source = sourceOf(options);
  if (source === undefined) return;
  const { chatTemplate: given, chatTemplateFile: file } = options;
  if (file === undefined && source === given && NAME_ALONE.test(source)) {
    const names = Object.keys(BUILT_IN_TEMPLATES).join(", ");
    throw new EngineError(
      "usage",
      `There is no chat template ${
        JSON.stringify(given)
      }: expected Jinja or ${names}; --chat-template-file reads a file`,
    );
  }
  const { JinjaTemplate } = await import("../lib/jinja/mod.ts");
  try {
    new JinjaTemplate(source);
  } catch (error) {
    const name = options.chatTemplateFile === undefined ? "--chat-template" : `"${options.chatTemplateFile}"`;
    const problem = error instanceof Error ? error.message : String(error);
    throw new EngineError("usage", `The chat template ${name} is not valid Jinja: ${problem}`, { cause: error });
  }
}

function sourceOf({ chatTemplate, chatTemplateFile: file }: TemplateOptions): string | undefined {
  if (file === undefined) return chatTemplate && (ownValue(BUILT_IN_TEMPLATES, chatTemplate) ?? chatTemplate);
  if (chatTemplate !== undefined) {
    throw new EngineError("usage", "--chat-template and --chat-template-file name two templates; give one");
  }
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    throw toEngineError(error, `Cannot read the chat template "${file}"`);
  }
}
