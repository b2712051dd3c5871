import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { parseBody } from "../../parse_body.ts";
import type { ChatMessage } from "../../schemas/mod.ts";
import { ChatRequest, type Message } from "../../schemas/ollama/mod.ts";
import { toChatPrompt } from "../to_chat_prompt.ts";
import { answerRequest } from "./answer_request.ts";

/** Ollama's `POST /api/chat`: the next message of a conversation; without one the model is loaded and nothing computed. */
export function createChat(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, ChatRequest);
    const messages = request.messages?.map(toMessage) ?? [];
    return await answerRequest(c, {
      app,
      request,
      promptParam: "messages",
      toPrompt: () =>
        messages.length === 0 ? undefined : toChatPrompt(messages, { systemPrompt: app.options.systemPrompt }),
      carry: (content) => ({ message: { role: "assistant", content } }),
    });
  };
}

/** As OpenAI would have it; chat templates know a tool's message by its `name`. */
function toMessage({ role, content, tool_name }: Message): ChatMessage {
  return { role, content: content ?? "", name: tool_name };
}
