/** The texts of a model's first and last token, and whether its tokenizer adds them to a text by itself. */
export interface AddedTokens {
  /** Empty where the model has none. */
  bosText: string;
  /** Empty where the model has none. */
  eosText: string;
  addsBos: boolean;
  addsEos: boolean;
}

/**
 * Takes the special tokens out of a rendered template's start and end that the tokenizer is going to add as well; llama-server does so, too.
 * One of each goes: a template that writes two wants two.
 */
export function withoutDoubledTokens(text: string, { addsBos, addsEos, bosText, eosText }: AddedTokens): string {
  const start = addsBos && bosText !== "" && text.startsWith(bosText) ? bosText.length : 0;
  const rest = text.slice(start);
  return addsEos && eosText !== "" && rest.endsWith(eosText) ? rest.slice(0, -eosText.length) : rest;
}
