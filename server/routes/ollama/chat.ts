import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { parseBody } from "../../parse_body.ts";
import { ChatRequest } from "../../schemas/ollama/mod.ts";
import { answerRequest } from "./answer_request.ts";
import { toOllamaInput } from "./to_ollama_input.ts";
import { toTurns } from "./to_turns.ts";

/** Ollama's `POST /api/chat`: the next message of a conversation; without one the model is loaded and nothing computed. */
export function createChat(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, ChatRequest);
    const messages = toTurns(request.messages ?? []);
    return await answerRequest(c, {
      app,
      request,
      promptParam: "messages",
      toInput: async (model) =>
        messages.length === 0 ? undefined : await toOllamaInput({
          messages,
          tools: request.tools || [],
          request,
          model,
          systemPrompt: app.options.systemPrompt,
        }),
      carry: ({ content, thinking, calls }) => ({
        message: {
          role: "assistant",
          content,
          ...(thinking === "" ? {} : { thinking }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
      }),
    });
  };
}
