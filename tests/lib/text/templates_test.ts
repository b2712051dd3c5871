import assert from "node:assert/strict";
import { join } from "node:path";
import type { Chat, ChatMessage, Json, Tool } from "../../../lib/engine/conversation.ts";
import { EngineError } from "../../../lib/errors.ts";
import { ChatTemplate } from "../../../lib/text/chat_template.ts";
import { unpackAnswers } from "../../parity/packed_answers.ts";
import { TEMPLATE_FIXTURE, type TemplateFixture } from "../../parity/record_templates.ts";
import {
  TEMPLATE_CONVERSATIONS,
  type TemplateMessage,
  type TemplateRequest,
} from "../../parity/template_conversations.ts";
import { provideTemplates } from "../../template_source.ts";

/** SmolLM2's, with which the fixture was recorded. */
const SPECIAL = { bosText: "<|im_start|>", eosText: "<|im_end|>" };

const fixture: TemplateFixture = JSON.parse(await Deno.readTextFile(TEMPLATE_FIXTURE));
const folder = await provideTemplates();
const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".jinja"))
  .toSorted();

Deno.test("the fixture has each of llama.cpp's templates, and the conversations of the recorder", () => {
  assert.deepEqual(Object.keys(fixture.templates), names);
  assert.ok(names.length > 60, `${names.length}`);
  assert.deepEqual(fixture.conversations, TEMPLATE_CONVERSATIONS);
});

for (const name of names) {
  Deno.test(`ChatTemplate writes ${name} as llama-server does`, () => {
    const recorded = fixture.templates[name];
    assert.ok(recorded);
    const template = new ChatTemplate(Deno.readTextFileSync(join(folder, name)), SPECIAL, {
      now: () => new Date(recorded.now),
    });
    const answers = unpackAnswers(recorded.answers);
    for (const [i, [conversation, request]] of Object.entries(TEMPLATE_CONVERSATIONS).entries()) {
      const expected = answers[i];
      if (typeof expected === "string") assert.equal(template.render(chatOf(request)), expected, conversation);
      else assert.throws(() => template.render(chatOf(request)), isRefusal, conversation);
    }
  });
}

function isRefusal(error: unknown): boolean {
  assert.ok(error instanceof EngineError, String(error));
  assert.equal(error.code, "invalid_value", error.message);
  return true;
}

function chatOf(request: TemplateRequest): Chat {
  const { messages, tools, chat_template_kwargs: variables, reasoning_effort: effort } = request;
  return {
    messages: messages.map(messageOf),
    ...(tools === undefined ? {} : {
      tools: {
        tools: tools.map(({ function: { parameters, ...rest } }): Tool => ({
          ...rest,
          // What the table has is JSON.
          ...(parameters === undefined ? {} : { parameters: parameters as Record<string, Json> }),
          grammar: { root: "root", rules: {} } as unknown as Tool["grammar"],
        })),
        choice: { mode: "auto" },
        parallel: true,
      },
    }),
    template: {
      ...(variables === undefined ? {} : { variables: variables as Record<string, Json> }),
      ...(request.add_generation_prompt === undefined ? {} : { addGenerationPrompt: request.add_generation_prompt }),
    },
    ...(effort === undefined ? {} : { reasoning: effort === "none" ? { enabled: false } : { effort } }),
  };
}

function messageOf(message: TemplateMessage): ChatMessage {
  const { role, content, name, reasoning_content: reasoning, tool_call_id: toolCallId, tool_calls: calls } = message;
  return {
    role,
    ...(Array.isArray(content)
      ? { content: content.map(({ text }) => text).join("\n"), parts: content.map(({ text }) => text) }
      : { content: content ?? "" }),
    ...(name === undefined ? {} : { name }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(toolCallId === undefined ? {} : { toolCallId }),
    ...(calls === undefined
      ? {}
      : { toolCalls: calls.map(({ id, function: { name, arguments: args } }) => ({ id, name, arguments: args })) }),
  };
}
