import assert from "node:assert/strict";
import { join } from "node:path";
import type { Chat, ChatMessage, Tool } from "../../../lib/engine/conversation.ts";
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

interface Difference {
  conversations: string[];
  /** Why ours is another. */
  why: string;
  /** What ours has, and llama-server's has not. */
  has: string;
}

const LISTS_OF_TYPES: Difference = {
  conversations: ["tools", "call and answer", "calls", "calls, results in another order", "calls after each other"],
  why:
    "its Jinja cannot tell whether a list is in a list (a parameter's type is one) and refuses; ours writes what Jinja2 3.1.6 does",
  has: "price?: any, // default: 0.5",
};

/** Where ours writes something else than llama-server v0.4.0, on purpose. */
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  "GigaChat3-10B-A1.8B.jinja": LISTS_OF_TYPES,
  "GigaChat3.1-10B-A1.8B.jinja": LISTS_OF_TYPES,
  "openbmb-MiniCPM5-1B.jinja": {
    conversations: ["calls", "calls, results in another order", "calls after each other"],
    why: "its Jinja writes a dictionary as nothing, so that an argument is lost; ours writes what Jinja2 3.1.6 does",
    has: `<param name="trip">{'to': 'Rome', 'stops': ['A', 'B'], 'price': None}</param>`,
  },
  "Kimi-K3.jinja": {
    conversations: ["effort none"],
    why:
      "it sets enable_thinking, which this template does not know; ours sets thinking as well, and so thoughts are off",
    has: '<|open|>message role="assistant"<|sep|><|open|>response<|sep|>',
  },
};

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
      if (DIFFERENCES[name]?.conversations.includes(conversation)) {
        const { has, why } = DIFFERENCES[name];
        const text = template.render(chatOf(request));
        assert.ok(text.includes(has), `${conversation}: ${text}`);
        assert.ok(
          typeof expected !== "string" || !expected.includes(has),
          `${conversation}: no longer true that ${why}`,
        );
        continue;
      }
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
        tools: tools.map(({ function: tool }): Tool => ({ ...tool, grammar: { rules: {} } })),
        choice: { mode: "auto" },
        parallel: true,
      },
    }),
    template: {
      // As the server does unless told otherwise.
      continueFinal: messages.at(-1)?.role === "assistant",
      ...(variables === undefined ? {} : { variables }),
      ...(request.add_generation_prompt === undefined ? {} : { addGenerationPrompt: request.add_generation_prompt }),
    },
    ...(effort === undefined ? {} : { reasoning: effort === "none" ? { enabled: false } : { effort } }),
  };
}

function messageOf(message: TemplateMessage): ChatMessage {
  const { role, content, name, reasoning_content: reasoning, tool_call_id: toolCallId, tool_calls: calls } = message;
  return {
    role,
    ...contentOf(content),
    ...(name === undefined ? {} : { name }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(toolCallId === undefined ? {} : { toolCallId }),
    ...(calls === undefined
      ? {}
      : { toolCalls: calls.map(({ id, function: { name, arguments: args } }) => ({ id, name, arguments: args })) }),
  };
}

/** As the server has it: one part is a text. */
function contentOf(content: TemplateMessage["content"]): Pick<ChatMessage, "content" | "parts"> {
  if (!Array.isArray(content)) return { content: content ?? "" };
  const parts = content.map(({ text }) => text);
  return { content: parts.join("\n"), ...(parts.length > 1 ? { parts } : {}) };
}
