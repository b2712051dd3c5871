import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { SchemaAnswer } from "./ask_schema.ts";

/** `valid`: it ended by itself and fits; `cut`: its tokens ran out; else what is wrong. */
export type Verdict = "valid" | "cut" | { wrong: string };

/** Judges an answer by ajv, which knows nothing of grammars. */
export function judgeAnswer({ schema, status, text, finishReason }: SchemaAnswer): Verdict {
  if (status !== 200) return { wrong: `status ${status}: ${text}` };
  if (finishReason === "length") return "cut";
  if (finishReason !== "stop") return { wrong: `finish_reason ${JSON.stringify(finishReason)}` };
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true, logger: false });
  addFormats.default(ajv);
  try {
    const value: unknown = JSON.parse(text);
    return ajv.validate(schema, value) ? "valid" : { wrong: ajv.errorsText() };
  } catch (error) {
    return { wrong: String(error) };
  }
}
