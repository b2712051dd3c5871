import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import { InfillRequest } from "../../schemas/llama/mod.ts";
import { answerPrompts } from "./answer_prompts.ts";
import { notSupported } from "./not_supported.ts";
import { readPrompt } from "./read_prompt.ts";

/** `POST /infill`: what belongs into a gap in a text, in the shape of `POST /completion`. */
export function createInfill(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, InfillRequest);
    const { engine, model } = await chooseEngine(app, request.model);
    if (!model.infills) {
      return notSupported(
        "Infill is not supported by this model: it has no tokens for the text before and behind a gap; use POST /completion",
      );
    }
    const before = request.input_prefix + (request.prompt ?? "");
    const prompt = await readPrompt(engine, { kind: "infill", before, after: request.input_suffix });
    return await answerPrompts(c, { engine, model, options: app.options, request, prompts: [prompt] });
  };
}
