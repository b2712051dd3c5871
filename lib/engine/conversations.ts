import type { Grammar } from "../grammar/grammar.ts";
import type { AnswerPlan } from "../text/answer_plan.ts";
import { ChatTemplate, type SpecialTexts } from "../text/chat_template.ts";
import { planAnswer, prepareChat, type TemplateFacts, templateFacts } from "../text/formats/mod.ts";
import type { TemplateSettings } from "../text/template_settings.ts";
import { type AddedTokens, withoutDoubledTokens } from "../text/without_doubled_tokens.ts";
import type { Chat } from "./conversation.ts";

/** What conversations with a model are like: how they are written as a prompt, and how answers to them are. */
export class Conversations {
  readonly #template: ChatTemplate;
  readonly #facts: TemplateFacts;
  readonly #model: AddedTokens;

  /**
   * @param source The Jinja source of the template; undefined takes ChatML.
   * @param settings What is otherwise than the model says.
   * @throws {EngineError} `bad_model` when the source is not valid Jinja.
   */
  constructor(source: string | undefined, model: AddedTokens & SpecialTexts, settings: TemplateSettings = {}) {
    this.#template = new ChatTemplate(settings.source ?? source, model, settings);
    this.#facts = templateFacts(this.#template.source);
    this.#model = model;
  }

  /**
   * A conversation as the prompt that the model is given; the tokenizer adds its own tokens.
   *
   * @throws {EngineError} `invalid_value` where the template refuses it.
   */
  render(chat: Chat): string {
    return withoutDoubledTokens(this.#template.render(prepareChat(chat, this.#facts)), this.#model);
  }

  /**
   * The same, and how the answer is to be written and read.
   *
   * @param grammar What the model may say at last.
   * @throws {EngineError} As {@linkcode Conversations.render}.
   */
  plan(chat: Chat, grammar: Grammar | undefined): { prompt: string; plan: AnswerPlan } {
    const prompt = this.render(chat);
    const given = { template: this.#facts, prompt, ...(grammar === undefined ? {} : { grammar }) };
    return { prompt, plan: planAnswer({ ...chat, reasoning: this.#template.reasoningOf(chat) }, given) };
  }
}
