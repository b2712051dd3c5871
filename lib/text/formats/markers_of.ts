import {
  type CallFormat,
  type Item,
  looksLikeToken,
  type SpeechFormat,
  splitTokens,
  type ThoughtFormat,
} from "./format.ts";

/** The control tokens, by their texts, that the parser of these must see. */
export function markersOf(
  { thoughts, speech, calls }: {
    thoughts: ThoughtFormat | undefined;
    speech: SpeechFormat | undefined;
    calls: CallFormat | undefined;
  },
): string[] {
  const items = (calls?.forms ?? []).flatMap(({ open = [], call, between = [], close = [] }) => [
    ...open,
    ...call,
    ...between,
    ...close,
  ]);
  const texts = [thoughts?.start, thoughts?.end, speech?.start, speech?.also, speech?.end, ...items.flatMap(textsOf)];
  return [...new Set(texts.flatMap((text) => splitTokens(text ?? "")).filter(looksLikeToken))];
}

function textsOf(item: Item): string[] {
  switch (item.kind) {
    case "literal":
      return [item.text];
    case "id":
    case "optional":
      return item.items.flatMap(textsOf);
    case "parameters":
      return [item.before, item.behind, item.close, ...Object.values(item.typed ?? {})];
    case "notation":
      return item.notation === "gemma" ? ['<|"|>'] : [];
    default:
      return [];
  }
}
