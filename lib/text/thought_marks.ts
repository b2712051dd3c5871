import { differenceOf, type Segment, segmentsOf } from "./text_difference.ts";
import type { TemplateMessage, TemplateTool } from "./template_message.ts";

/** How a template marks what a model thinks. */
export interface ThoughtMarks {
  /** Before the thoughts, white space included; empty where an answer begins with thoughts by itself. */
  start: string;
  /** Behind them. */
  end: string;
}

/** Renders a conversation with a template; undefined where it refuses. */
export type TryRender = (given: {
  messages: TemplateMessage[];
  tools?: TemplateTool[];
  enableThinking: boolean;
  addGenerationPrompt: boolean;
}) => string | undefined;

const USER = { role: "user", content: "U_USER_MSG Hello END_U" };
const ANSWER = "A_ASST_MSG I can help END_A";
const THOUGHT = "REASON_PART I am thinking END_R";
const MARKER = String.raw`(?:<[^>]*>|\[[^\]]*\])`;
const TOOL: TemplateTool = {
  type: "function",
  function: {
    name: "FFF_FIRST_FUN_F",
    description: "Test function",
    parameters: { type: "object", properties: { AA_ARG_FST_AA: { type: "string" } }, required: [] },
  },
};

/**
 * Finds how a template marks thoughts by comparing what it renders: an answer with and without thoughts, the beginning of an answer with
 * thinking on and off, and a call with thoughts. llama-server finds them in the same way, and puts them around the thoughts of an answer that
 * is to be continued.
 *
 * @returns Undefined where the template knows no thoughts.
 */
export function findThoughtMarks(
  render: TryRender,
  { source, writesCalls }: { source: string; writesCalls: boolean },
): ThoughtMarks | undefined {
  const known = KNOWN_MARKS.find(({ in: text }) => source.includes(text));
  if (known !== undefined) return known.marks;
  const marks = marksOfSwitch(render, marksInAnswer(render)) ?? undefined;
  const found = (writesCalls ? marksInCall(render) : undefined) ?? marks;
  if (found === undefined) return showsOldMarks(source) ? { start: "<think>", end: "</think>" } : undefined;
  return source.includes("laguna_glm_thinking") ? { start: found.start.trim(), end: found.end.trim() } : found;
}

/** Templates whose marks cannot be seen in what they render, by a text in their source. */
const KNOWN_MARKS: readonly { in: string; marks: ThoughtMarks }[] = [
  {
    in: "Write your thoughts between <think></think> and write your response between <response></response>",
    marks: { start: "<think>", end: "</think>" },
  },
  { in: "<SPECIAL_12>", marks: { start: "<think>\n", end: "</think>" } },
];

/** Old templates of Qwen and DeepSeek cut the thoughts out of earlier answers, so that they never show. */
function showsOldMarks(source: string): boolean {
  return source.includes("content.split('</think>')") && !source.includes("reasoning_content");
}

function marksInAnswer(render: TryRender): ThoughtMarks | undefined {
  const answers = (reasoning?: string): string | undefined =>
    render({
      messages: [USER, {
        role: "assistant",
        content: ANSWER,
        ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
      }],
      enableThinking: true,
      addGenerationPrompt: false,
    });
  const [without, text] = [answers(), answers(THOUGHT)];
  if (without === undefined || text === undefined) return undefined;
  return differenceOf(without, text).right.includes(THOUGHT) ? marksAround(text) : undefined;
}

function marksAround(text: string): ThoughtMarks | undefined {
  const [, start = "", end = ""] = new RegExp(`(${MARKER}\\s*)${THOUGHT}(\\s*${MARKER}\\s*)`).exec(text) ?? [];
  if (start !== "") return { start, end };
  const [, after] = new RegExp(`${THOUGHT}\\s*(${MARKER}\\s*)`).exec(text) ?? [];
  return after === undefined ? undefined : { start: "", end: after };
}

/** What the beginning of an answer shows when thinking is switched on and off. */
function marksOfSwitch(render: TryRender, found: ThoughtMarks | undefined): ThoughtMarks | undefined {
  const beginning = (enableThinking: boolean): string | undefined =>
    render({ messages: [USER], enableThinking, addGenerationPrompt: true });
  const [off, on] = [beginning(false), beginning(true)];
  if (off === undefined || on === undefined) return found;
  const { left, right } = differenceOf(off, on);
  const { start = "", end = "" } = found ?? {};
  if (left.trim() === "" && right.trim() !== "") {
    return on.endsWith(right.trim()) && start === "" ? { start: right, end } : found;
  }
  if (right.trim() === "" && left.trim() !== "") {
    if (!off.endsWith(left.trim()) || end !== "") return found;
    const [before, last] = visible(segmentsOf(off)).slice(-2);
    return { start: before?.kind === "marker" && last?.value === left.trim() ? before.value : start, end: left };
  }
  return left.trim() === "" ? found : marksAtEnd(off, on, { start, end }) ?? found;
}

/** Characters of one beginning that are looked for in the other. */
const ANCHOR = 64;

/** Two markers that one of the texts has behind the end of the other. */
function marksAtEnd(off: string, on: string, found: ThoughtMarks): ThoughtMarks | undefined {
  for (const [base, extended] of [[on, off], [off, on]] as const) {
    const anchor = base.slice(-ANCHOR);
    const at = extended.lastIndexOf(anchor);
    if (at < 0) continue;
    const segments = visible(segmentsOf(extended.slice(at + anchor.length).trim()));
    const [first, second] = segments;
    if (segments.length !== 2 || first?.kind !== "marker" || second?.kind !== "marker") continue;
    return { start: found.start || first.value, end: found.end || second.value };
  }
  return undefined;
}

/** Marks that only a call has, not an answer. */
function marksInCall(render: TryRender): ThoughtMarks | undefined {
  const message = { role: "assistant", reasoning_content: THOUGHT };
  const call = {
    type: "function" as const,
    function: { name: TOOL.function.name, arguments: { AA_ARG_FST_AA: "VVVV" } },
    id: "call00001",
  };
  const given = { tools: [TOOL], enableThinking: true, addGenerationPrompt: false };
  const answer = render({ ...given, messages: [USER, { ...message, content: ANSWER }] });
  const calling = render({ ...given, messages: [USER, { ...message, content: null, tool_calls: [call] }] });
  if (answer === undefined || calling === undefined) return undefined;
  return !answer.includes(THOUGHT) && calling.includes(THOUGHT) ? marksAround(calling) : undefined;
}

function visible(segments: Segment[]): Segment[] {
  return segments.filter(({ value }) => value.trim() !== "");
}
