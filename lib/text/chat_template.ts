import { Template } from "@huggingface/jinja";
import type { Chat } from "../engine/conversation.ts";
import { EngineError } from "../errors.ts";

/** The texts of a model's special tokens, empty where it has none. */
export interface SpecialTexts {
  bosText: string;
  eosText: string;
}

/** For models without a template: ChatML, which llama.cpp falls back to as well. */
const CHATML =
  "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** A model's chat template, which turns messages into one prompt. */
export class ChatTemplate {
  readonly #template: Template;
  readonly #special: SpecialTexts;

  /**
   * @param source The Jinja source of the GGUF; undefined takes ChatML.
   * @throws {EngineError} `bad_model` when the source is not valid Jinja.
   */
  constructor(source: string | undefined, special: SpecialTexts) {
    try {
      this.#template = new Template(source ?? CHATML);
    } catch (error) {
      throw new EngineError("bad_model", `The model's chat template is not valid: ${messageOf(error)}`, {
        cause: error,
      });
    }
    this.#special = special;
  }

  /**
   * Renders a conversation, ready for the assistant's next words.
   *
   * @throws {EngineError} `invalid_value` when the template refuses it, e.g. roles that do not alternate.
   */
  render({ messages }: Chat): string {
    try {
      return this.#template.render({
        messages,
        add_generation_prompt: true,
        bos_token: this.#special.bosText,
        eos_token: this.#special.eosText,
      });
    } catch (error) {
      const message = `The model's chat template refuses these messages: ${messageOf(error)}`;
      throw new EngineError("invalid_value", message, { param: "messages", cause: error });
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
