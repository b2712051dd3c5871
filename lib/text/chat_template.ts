import type { Chat, ChatMessage, Json, ReasoningUse } from "../engine/conversation.ts";
import { EngineError } from "../errors.ts";
import { GLOBAL_NAMES, JinjaTemplate, strftime } from "../jinja/mod.ts";
import { preparedMessages } from "./prepared_messages.ts";
import { capabilitiesOf, preservingReasoning, type TemplateCapabilities, withEffort } from "./template_capabilities.ts";
import { type AnswerOpening, familyOf, type TemplateFamily } from "./template_family.ts";
import { partsOf, type TemplateMessage, type TemplateTool, templateToolOf } from "./template_message.ts";
import type { TemplateSettings } from "./template_settings.ts";
import { patchedSource } from "./template_source.ts";
import { commonStart } from "./text_difference.ts";
import { findThoughtMarks, type ThoughtMarks } from "./thought_marks.ts";

/** The texts of a model's special tokens, empty where it has none. */
export interface SpecialTexts {
  bosText: string;
  eosText: string;
}

/** How a {@linkcode ChatTemplate} is made. */
export interface ChatTemplateOptions extends Pick<TemplateSettings, "variables" | "reasoning"> {
  /** The clock; the system's when absent. */
  now?: () => Date;
}

/** What a conversation is rendered with. */
interface Rendering {
  messages: TemplateMessage[];
  tools: TemplateTool[];
  variables: Record<string, Json>;
  addGenerationPrompt: boolean;
}

/** Variables that no request may set. */
const OWN_NAMES = new Set(["messages", "tools", "bos_token", "eos_token", "add_generation_prompt", ...GLOBAL_NAMES]);

/** A model's chat template, which turns a conversation into one prompt, as llama-server does. */
export class ChatTemplate {
  /** The Jinja source, as it is rendered. */
  readonly source: string;
  readonly #template: JinjaTemplate;
  readonly #special: SpecialTexts;
  readonly #options: ChatTemplateOptions;
  readonly #family: TemplateFamily | undefined;
  #capabilities: TemplateCapabilities | undefined;
  #marks: { found: ThoughtMarks | undefined } | undefined;

  /**
   * @param source Jinja, or the name of a built-in (`chatml`); undefined takes ChatML.
   * @throws {EngineError} `bad_model` when the source is not valid Jinja.
   */
  constructor(source: string | undefined, special: SpecialTexts, options: ChatTemplateOptions = {}) {
    this.source = patchedSource(source);
    this.#special = special;
    this.#options = options;
    this.#family = familyOf(this.source);
    try {
      this.#template = new JinjaTemplate(this.source);
    } catch (error) {
      throw new EngineError("bad_model", `The model's chat template is not valid: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** What it can do; found out when it is first asked for. */
  get capabilities(): TemplateCapabilities {
    return this.#capabilities ??= capabilitiesOf(this.#template);
  }

  /** The name of the family of templates that it belongs to; undefined where nothing is known of it but what it renders. */
  get family(): string | undefined {
    return this.#family?.name;
  }

  /** How it marks thoughts, where it belongs to no {@linkcode family}; undefined where it knows none. */
  get thoughtMarks(): ThoughtMarks | undefined {
    return (this.#marks ??= { found: this.#findMarks() }).found;
  }

  /** Whether its model thinks before it answers, or can be told to. */
  get thinks(): boolean {
    return this.#family?.thinks(this.source) ?? this.thoughtMarks !== undefined;
  }

  /**
   * Renders a conversation, ready for the assistant's next words.
   *
   * @throws {EngineError} `invalid_value` when the template refuses it, e.g. roles that do not alternate, or when it asks for what cannot be.
   */
  render(chat: Chat): string {
    const continued = this.#continued(chat);
    const given = continued === undefined ? chat.messages : chat.messages.slice(0, -1);
    const addGenerationPrompt = continued === undefined && (chat.template?.addGenerationPrompt ?? true);
    const prepared = preparedMessages(given, { source: this.source, capabilities: this.capabilities });
    const rendering: Rendering = {
      messages: this.#family?.prepare?.(prepared, this.source) ?? prepared,
      tools: chat.tools?.tools.map(templateToolOf) ?? [],
      variables: this.#variables(chat),
      addGenerationPrompt,
    };
    const prompt = this.#render(rendering);
    if (continued !== undefined) return prompt + this.#continuation(continued, prompt, rendering);
    return addGenerationPrompt ? prompt + (this.#family?.beginning?.(prompt) ?? "") : prompt;
  }

  /** How an answer is thought about: what a conversation says, else its variables, else what holds for all of them. */
  reasoningOf(chat: Chat): ReasoningUse {
    const { enable_thinking: enabled, reasoning_effort: effort } = this.#given(chat);
    return {
      ...this.#options.reasoning,
      ...chat.reasoning,
      ...(typeof enabled === "boolean" ? { enabled } : {}),
      ...(typeof effort === "string" ? { effort } : {}),
    };
  }

  /** The answer at the end that is to be continued, when one is. */
  #continued({ messages, template = {} }: Chat): ChatMessage | undefined {
    if (!template.continueFinal) return undefined;
    const last = messages.at(-1);
    if (last?.role !== "assistant") {
      throw refusal("An answer can only be continued where the last message is an assistant's");
    }
    if (last.toolCalls !== undefined && last.toolCalls.length > 0) {
      throw refusal("An answer that calls tools cannot be continued");
    }
    if (messages.at(-2)?.role === "assistant") {
      throw refusal("Two answers follow each other at the end: neither can be continued");
    }
    if (template.addGenerationPrompt) {
      throw refusal("An answer cannot both be continued (continue_final_message) and begin (add_generation_prompt)");
    }
    return last;
  }

  /** What stands behind the prompt of an answer that is continued. */
  #continuation(answer: ChatMessage, prompt: string, rendering: Rendering): string {
    // Parts of an answer are joined by two line breaks here, in messages by one: llama-server does so.
    const words = partsOf(answer)?.join("\n\n") ?? answer.content;
    const { reasoning = "" } = answer;
    if (words === "" && reasoning === "") return "";
    const generationPrompt = this.#generationPrompt(rendering);
    const { thoughts, words: between } = this.#opening({ prompt, generationPrompt, reasoning });
    if (thoughts === undefined) return between + words;
    return thoughts + reasoning + (words === "" ? "" : between + words);
  }

  #opening(continuation: Parameters<TemplateFamily["opening"]>[0]): AnswerOpening {
    if (this.#family !== undefined) return this.#family.opening(continuation, this.source);
    const { generationPrompt } = continuation;
    const { start = "", end = "" } = this.thoughtMarks ?? {};
    if (start === "") return { words: generationPrompt };
    const at = generationPrompt.indexOf(start);
    return { thoughts: (at < 0 ? generationPrompt : generationPrompt.slice(0, at)) + start, words: end };
  }

  /** What the template begins an answer with. */
  #generationPrompt(rendering: Rendering): string {
    const without = this.#render({ ...rendering, addGenerationPrompt: false });
    const text = this.#render({ ...rendering, addGenerationPrompt: true });
    return text.slice(commonStart(without, text));
  }

  /** The variables that somebody gave: those of all conversations, of this one, and what it says of thinking. */
  #given({ template: { variables = {} } = {}, reasoning }: Chat): Record<string, Json> {
    const { thinking, ...defaults } = variablesOf(this.#options.reasoning);
    return {
      ...defaults,
      // Whoever sets one of the two names alone means that one.
      ...(thinking === undefined || "enable_thinking" in variables ? {} : { thinking }),
      ...this.#options.variables,
      ...variables,
      ...variablesOf(reasoning),
    };
  }

  #variables(chat: Chat): Record<string, Json> {
    const now = this.#now();
    const given = this.#given(chat);
    const own = Object.keys(given).find((name) => OWN_NAMES.has(name));
    if (own !== undefined) {
      throw new EngineError("invalid_value", `The variable "${own}" of a chat template cannot be set`, {
        param: `chat_template_kwargs.${own}`,
      });
    }
    const { preserve_reasoning: preserve = true, reasoning_effort: effort } = given;
    return {
      enable_thinking: this.thinks,
      datetime: strftime(now, "%b %d %Y"),
      date_string: strftime(now, "%d %b %Y"),
      preserve_reasoning: preserve,
      ...given,
      ...(typeof preserve === "boolean" ? preservingReasoning(preserve) : {}),
      ...(typeof effort === "string" ? withEffort(effort) : {}),
    };
  }

  #render({ messages, tools, variables, addGenerationPrompt }: Rendering): string {
    try {
      return this.#template.render({
        ...variables,
        messages,
        bos_token: this.#special.bosText,
        eos_token: this.#special.eosText,
        ...(tools.length === 0 ? {} : { tools }),
        ...(addGenerationPrompt ? { add_generation_prompt: true } : {}),
      }, { now: this.#now() });
    } catch (error) {
      throw refusal(`The model's chat template refuses these messages: ${messageOf(error)}`, error);
    }
  }

  #findMarks(): ThoughtMarks | undefined {
    const { source } = this;
    return findThoughtMarks(({ messages, tools = [], enableThinking, addGenerationPrompt }) => {
      try {
        return this.#render({ messages, tools, variables: { enable_thinking: enableThinking }, addGenerationPrompt });
      } catch {
        return undefined; // Some templates refuse what others take.
      }
    }, { source, writesCalls: this.capabilities.toolCalls });
  }

  #now(): Date {
    return this.#options.now?.() ?? new Date();
  }
}

/** How templates are told to think; not all call it `enable_thinking`. */
function variablesOf({ effort, enabled }: ReasoningUse = {}): Record<string, Json> {
  return {
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(enabled === undefined ? {} : { enable_thinking: enabled, thinking: enabled }),
  };
}

function refusal(message: string, cause?: unknown): EngineError {
  return new EngineError("invalid_value", message, { param: "messages", cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
