import type { Tool, ToolUse } from "../../engine/conversation.ts";
import { chars, choice, repeat, rule, sequence, text, until } from "../../grammar/expressions.ts";
import type { Expression } from "../../grammar/grammar.ts";
import type { CallForm, CallFormat, Item } from "./format.ts";
import { itemsGrammar, literalGrammar } from "./item_grammar.ts";
import { notBeginning, SPACES } from "./not_beginning.ts";
import { startsOf } from "./read_items.ts";
import { IGNORED_KEYS } from "./read_object.ts";

/** Calls in one answer: small models find no end. */
const MOST_CALLS = 32;

/** What derives calls, and text beside them. */
export interface CallsGrammar {
  /** One call at least. */
  required: Expression;
  /** Calls in a form that is for the beginning of an answer; absent where the format has none. */
  beginning?: Expression;
  /** Text, and then calls or none. */
  speech: Expression;
  /** The same at the beginning of an answer, where nothing may look like a call in a form for the beginning that is not one. */
  firstSpeech: Expression;
}

/** Makes the grammar of a format's calls. Its rules are added to `rules`, and their names begin with `call`. */
export function callsGrammar(format: CallFormat, use: ToolUse, rules: Record<string, Expression>): CallsGrammar {
  const forms = format.forms.map((form, index) => formGrammar(form, { index, use, rules }));
  const later = forms.filter(({ form }) => !form.atBeginning);
  const starts = [...new Set(later.map(({ start }) => start))];
  const speech = choice(
    { kind: "free", without: starts },
    ...later.map(({ start, rest }) => sequence(until(start), rest)),
  );
  const [first, ...others] = forms;
  if (first === undefined) throw new RangeError("A format without forms");
  if (!first.form.atBeginning) {
    return { required: choice(...forms.map(({ whole }) => whole)), speech, firstSpeech: speech };
  }
  const beginning = choice(first.whole, ...others.filter(({ form }) => form.atBeginning).map(({ whole }) => whole));
  const calls = later.map(({ start, rest }) => sequence(literalGrammar(start), rest));
  const firstSpeech = choice(textBesides(first.form, { starts, speech }), ...calls);
  return { required: first.whole, beginning, speech, firstSpeech };
}

/** `rest` is what is behind `start`, which the form begins with where it may be anywhere. */
function formGrammar(
  form: CallForm,
  { index, use, rules }: { index: number; use: ToolUse; rules: Record<string, Expression> },
): { form: CallForm; start: string; rest: Expression; whole: Expression } {
  const open = form.open ?? [];
  const start = form.atBeginning ? "" : startsOf([...open, ...form.call])[0] ?? "";
  const inCall = open.length === 0 && start !== "";
  const name = `call${index}`;
  rules[name] = choice(
    ...allowedTools(use).map(({ tool, index: at }) => {
      const items = inCall ? form.call.slice(1) : form.call;
      return itemsGrammar(items, { tool, prefix: `call-tool${at}-`, rules });
    }),
  );
  const noTool = { tool: NO_TOOL, prefix: "", rules };
  const write = (items: readonly Item[]) => itemsGrammar(items, noTool);
  const call = inCall ? sequence(literalGrammar(start), rule(name)) : rule(name);
  const more = form.between === undefined || !use.parallel
    ? text("")
    : repeat(sequence(write(form.between), call), 0, MOST_CALLS - 1);
  const end = sequence(more, write(form.close ?? []));
  const rest = sequence(write(start === "" ? open : open.slice(1)), rule(name), end);
  const whole = start === "" ? rest : sequence(literalGrammar(start), rest);
  return { form, start, rest, whole };
}

/** For what is around calls, and names none. */
const NO_TOOL: Tool = { name: "", grammar: { rules: {} } };

/** The tools that may be called, and their places among all. */
export function allowedTools({ tools, choice }: ToolUse): { tool: Tool; index: number }[] {
  return tools.map((tool, index) => ({ tool, index }))
    .filter(({ tool }) => choice.names === undefined || choice.names.includes(tool.name));
}

/** Text that does not begin as this form does, as the parser sees it. */
function textBesides(form: CallForm, { starts, speech }: { starts: string[]; speech: Expression }): Expression {
  const [object] = form.call;
  if (object?.kind !== "object") return speech;
  const keys = [...object.fields.flatMap(({ key, also = [] }) => [key, ...also]), ...IGNORED_KEYS];
  const spaces = repeat(chars(...SPACES), 0);
  return choice(
    notBeginning(["{", ...SPACES, ...starts], speech),
    sequence(text("{"), spaces, notBeginning([...SPACES, ...keys.map((key) => `"${key}"`), ...starts], speech)),
  );
}
