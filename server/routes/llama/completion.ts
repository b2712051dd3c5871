import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import { LlamaCompletionRequest, promptsOf } from "../../schemas/llama/mod.ts";
import { answerPrompts } from "./answer_prompts.ts";
import { readPrompt } from "./read_prompt.ts";
import { toPrompt } from "./to_prompt.ts";

/** `POST /completion`: how one or several prompts go on, in llama-server's own shape. */
export function createLlamaCompletion(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, LlamaCompletionRequest);
    const { engine, model } = await chooseEngine(app, request.model);
    // One after another: all at once they would fill the queue.
    const prompts = await Array.fromAsync(promptsOf(request.prompt), (prompt) => readPrompt(engine, toPrompt(prompt)));
    return await answerPrompts(c, { engine, model, options: app.options, request, prompts });
  };
}
