import { EngineError, toEngineError } from "../lib/errors.ts";
import type { ServeOptions } from "../lib/options.ts";
import { BUILT_IN_TEMPLATES } from "../lib/text/template_source.ts";

/**
 * The chat template that the options of `serve` name instead of the model's own.
 *
 * @throws {EngineError} `usage` where both options do; `io` for a file that cannot be read.
 */
export function chatTemplateOf(
  { chatTemplate, chatTemplateFile }: Pick<ServeOptions, "chatTemplate" | "chatTemplateFile">,
): string | undefined {
  if (chatTemplate !== undefined && chatTemplateFile !== undefined) {
    throw new EngineError("usage", "--chat-template and --chat-template-file are both given; leave one of them out");
  }
  if (chatTemplateFile !== undefined) return readFile(chatTemplateFile);
  return chatTemplate === undefined ? undefined : BUILT_IN_TEMPLATES[chatTemplate] ?? chatTemplate;
}

function readFile(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw toEngineError(error, `Cannot read the chat template "${path}" (--chat-template-file)`);
  }
}
