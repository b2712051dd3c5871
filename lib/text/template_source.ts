import { ownValue } from "../own_value.ts";

/** ChatML, for models without a template; llama.cpp falls back to it as well. */
const CHATML =
  "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** Checks of a template that refuse conversations for no good reason; llama-server takes them out, too. */
const NEEDLESS_CHECKS = [
  // gpt-oss: an earlier answer whose text has the marks of a channel.
  /\{%- if "<\|channel\|>analysis<\|message\|>" in message\.content or "<\|channel\|>final<\|message\|>" in message\.content %\}/g,
  // Mistral: an assistant that said nothing, before a model that may go on.
  /\{%- if \(message\['content'\] is none or message\['content'\] == '' or message\['content'\]\|length == 0\) and \(message\['tool_calls'\] is not defined or message\['tool_calls'\] is none or message\['tool_calls'\]\|length == 0\) %\}/g,
];

/** Templates that `--chat-template` knows by name. */
export const BUILT_IN_TEMPLATES: Readonly<Record<string, string>> = { chatml: CHATML };

/** The source of a template as it is rendered: that of a built-in for its name or for nothing, and without needless refusals. */
export function patchedSource(source: string | undefined): string {
  const text = source === undefined || source === "" ? CHATML : ownValue(BUILT_IN_TEMPLATES, source) ?? source;
  return NEEDLESS_CHECKS.reduce((patched, check) => patched.replace(check, "{%- if false %}"), text);
}
