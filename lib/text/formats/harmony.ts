import type { Tool } from "../../engine/conversation.ts";
import { type AnswerInput, Malformed, type Reading } from "./answer_input.ts";
import { CallWriter } from "./call_writer.ts";
import { readArguments } from "./read_items.ts";
import { readText, skipSpace, skipText } from "./read_text.ts";

/** The control tokens of gpt-oss' answers. */
export const HARMONY_TOKENS = [
  "<|start|>",
  "<|end|>",
  "<|channel|>",
  "<|message|>",
  "<|constrain|>",
  "<|call|>",
  "<|return|>",
];
/** What begins a thought, and what ends one and begins the next message. */
export const HARMONY_THOUGHT = "<|channel|>analysis<|message|>";
export const HARMONY_NEXT = "<|end|><|start|>assistant";
/** What a message's text ends at. */
const ENDS = ["<|end|>", "<|call|>", "<|return|>", "<|start|>"];
/** A longer header is none. */
const LONGEST_HEADER = 400;

/** How an answer in channels is read. */
export interface HarmonyReading {
  /** What the prompt has begun, if it has: a message of this channel. */
  channel: string | undefined;
  /** Absent: calls are text. By name. */
  tools: ReadonlyMap<string, Tool> | undefined;
  /** Thoughts are given out as text, with their marks. */
  inline: boolean;
  drawId: () => string;
}

/**
 * Tells what channel a prompt has begun a message of.
 *
 * @returns Undefined where it ends before the message.
 */
export function harmonyChannel(prompt: string): string | undefined {
  const last = prompt.slice(prompt.lastIndexOf("<|start|>"));
  return /^<\|start\|>assistant(?:<\|channel\|>(\w+)(?:[^\w<][^<]*)?)<\|message\|>(?!.*<\|end\|>)/s.exec(last)?.[1];
}

/** Reads messages, each of which says in its header whose it is: a thought, a call, or what is said. */
export function* readHarmony(input: AnswerInput, how: HarmonyReading): Reading {
  if (how.channel !== undefined) yield* readBody(input, how.channel, { ...how, header: "" });
  while (yield* input.has(1)) {
    let header = "";
    const read = yield* input.attempt((commit) =>
      readMessageStart(input, how, { commit, keep: (text) => header = text })
    );
    if (read === "not") {
      // What begins as a message and is none is text.
      if (yield* input.isNext("<|start|>")) input.give({ type: "text", text: input.take("<|start|>".length) });
      yield* readBody(input, "final", { ...how, header: "" });
    }
    if (read === "done" && header !== "") {
      const channel = /<\|channel\|>\s*(\w+)/.exec(header)?.[1] ?? "final";
      yield* readBody(input, channel, { ...how, header });
    }
  }
}

/** Reads a header, and where it is a call's the whole of it; otherwise the header is kept. */
function* readMessageStart(
  input: AnswerInput,
  { tools, drawId }: HarmonyReading,
  { commit, keep }: { commit: () => void; keep: (header: string) => void },
): Reading {
  const start = input.position;
  yield* skipSpace(input);
  if (yield* skipText(input, "<|start|>")) yield* skipText(input, "assistant");
  yield* skipSpace(input);
  const begins = (yield* input.isNext("<|channel|>")) || (yield* input.isNext("to="));
  if (!begins) throw new Malformed("a message begins with a channel or a recipient");
  let length = 0;
  const found = yield* readText(input, ["<|message|>"], {
    give: (text) => {
      length += text.length;
      if (length > LONGEST_HEADER) throw new Malformed("a header without end");
    },
  });
  if (found === undefined) throw new Malformed("a header has no end");
  input.skip(found.length);
  const header = input.since(start);
  const name = /\bto=functions\.([^\s<]+)/.exec(header)?.[1];
  if (tools === undefined || name === undefined) {
    keep(header);
    return;
  }
  const call = new CallWriter(input, { commit, drawId });
  call.name = name;
  yield* skipSpace(input);
  yield* readArguments(input, call);
  yield* skipSpace(input);
  if (!(yield* skipText(input, "<|call|>"))) yield* skipText(input, "<|end|>");
}

function* readBody(
  input: AnswerInput,
  channel: string,
  { inline, header }: HarmonyReading & { header: string },
): Reading {
  const type = channel === "analysis" && !inline ? "reasoning" : "text";
  const marked = channel === "analysis" && inline;
  if (marked) input.give({ type: "text", text: header.trimStart() });
  const end = yield* readText(input, ENDS, { give: (text) => input.give({ type, text }) });
  if (end === undefined || end === "<|start|>") {
    if (end !== undefined && !(yield* input.isNext("<|start|>assistant"))) {
      input.give({ type, text: input.take(end.length) });
    }
    return;
  }
  if (marked) input.give({ type: "text", text: input.take(end.length) });
  else input.skip(end.length);
}
