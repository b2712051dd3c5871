import type { ModelInfo } from "../../lib/engine/mod.ts";
import type { AppOptions } from "../app_input.ts";
import { newId } from "../new_id.ts";

/** What every part of one answer says of it. */
export interface AnswerHead {
  id: string;
  created: number;
  model: string;
  system_fingerprint: string;
}

/**
 * The head of a new answer, with an id of its own.
 *
 * @param prefix What its id begins with, e.g. `chatcmpl`.
 * @param of Who answers.
 */
export function answerHead(prefix: string, of: { model: ModelInfo; options: AppOptions }): AnswerHead {
  return {
    id: newId(`${prefix}-`),
    created: Math.floor(Date.now() / 1000),
    model: of.model.id,
    system_fingerprint: `packllama-${of.options.version}`,
  };
}
