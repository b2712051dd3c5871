import type { Tool } from "../../../../lib/engine/conversation.ts";
import { CALL_FORMATS } from "../../../../lib/text/formats/call_formats.ts";
import type { CallFormat, SpeechFormat } from "../../../../lib/text/formats/format.ts";
import { genericFormat } from "../../../../lib/text/formats/generic.ts";
import type { TemplateFacts } from "../../../../lib/text/formats/mod.ts";
import { THINK } from "../../../../lib/text/formats/thought_formats.ts";
import { writeCalls, type WrittenCall } from "../../../../lib/text/formats/write_calls.ts";
import { writeJson } from "../../../../lib/text/formats/write_json.ts";

/** What a template of each format would say: with thoughts in it. */
export const EVERY_FORMAT: { name: string; facts: TemplateFacts; calls: CallFormat | undefined }[] = [
  ...Object.entries(CALL_FORMATS).map(([name, calls]: [string, CallFormat]) => {
    const speech: SpeechFormat | undefined = name === "functionaryRecipient"
      ? { start: "all\n", required: true }
      : undefined;
    const facts: TemplateFacts = {
      layout: "items",
      callFormat: "hermes",
      showsTools: true,
      writesCalls: true,
      calls,
      ...(speech === undefined ? { thoughts: THINK } : {}),
      ...(speech === undefined ? {} : { speech }),
    };
    return { name, facts, calls };
  }),
  {
    name: "generic",
    facts: {
      layout: "generic",
      callFormat: "generic",
      showsTools: false,
      writesCalls: false,
      thoughts: THINK,
    },
    calls: genericFormat(true),
  },
  {
    name: "harmony",
    facts: { layout: "harmony", callFormat: "harmony", showsTools: true, writesCalls: true },
    calls: undefined,
  },
];

/** An answer as a model of such a template writes it. */
export function writeAnswer(
  { facts, calls: format }: { facts: TemplateFacts; calls: CallFormat | undefined },
  { thought, text, calls, tools }: {
    thought: string;
    text: string;
    calls: WrittenCall[];
    tools: ReadonlyMap<string, Tool>;
  },
): string {
  if (facts.layout === "harmony") return writeHarmony({ thought, text, calls });
  const thoughts = facts.thoughts === undefined || thought === "" ? "" : `<think>\n${thought}\n</think>\n\n`;
  const [form] = format?.forms ?? [];
  const written = form === undefined || calls.length === 0 ? "" : writeCalls(form, calls, tools);
  if (facts.layout === "generic") return thoughts + (written === "" ? writeJson({ response: text }) : written);
  const said = form?.atBeginning && written !== "" ? "" : `${facts.speech?.start ?? ""}${text}`;
  return thoughts + said + written;
}

function writeHarmony({ thought, text, calls }: { thought: string; text: string; calls: WrittenCall[] }): string {
  const start = thought === "" ? "" : `<|channel|>analysis<|message|>${thought}<|end|><|start|>assistant`;
  const [call] = calls;
  if (call === undefined) return `${start}<|channel|>final<|message|>${text}`;
  const said = text === "" ? "" : `<|channel|>commentary<|message|>${text}<|end|><|start|>assistant`;
  return `${start}${said}<|channel|>commentary to=functions.${call.name} <|constrain|>json<|message|>${call.arguments}`;
}

/** How many calls an answer of a format can have. */
export function mostCalls(calls: CallFormat | undefined): number {
  return calls?.forms[0].between === undefined ? 1 : 3;
}
