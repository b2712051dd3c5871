export { planAnswer } from "./plan_answer.ts";
export { prepareChat } from "./prepare_chat.ts";
export { type TemplateFacts, templateFacts } from "./template_facts.ts";
