import assert from "node:assert/strict";
import type { GenerateInput, ReasoningUse, TemplateUse } from "../../lib/engine/mod.ts";
import type { AppOptions } from "../../server/app_input.ts";
import { ErrorBody } from "../../server/schemas/mod.ts";
import { FakeEngine } from "./fake_engine.ts";
import { appOver, MESSAGES, post } from "./requests.ts";

const PREFILL = [...MESSAGES, { role: "assistant", content: "Hel" }];
const CALLING = [...MESSAGES, {
  role: "assistant",
  tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
}];

async function promptOf(body: object, options: Partial<AppOptions> = {}): Promise<GenerateInput["prompt"]> {
  const engine = new FakeEngine();
  const response = await post(appOver(engine, options), { messages: MESSAGES, ...body });
  assert.equal(response.status, 200, await response.text());
  return engine.calls[0]?.input.prompt ?? assert.fail("nothing was asked");
}

async function templateOf(body: object): Promise<TemplateUse | undefined> {
  const prompt = await promptOf(body);
  return prompt.kind === "chat" ? prompt.template : assert.fail();
}

async function reasoningOf(body: object, options: Partial<AppOptions> = {}): Promise<ReasoningUse | undefined> {
  const prompt = await promptOf(body, options);
  return prompt.kind === "chat" ? prompt.reasoning : assert.fail();
}

Deno.test("a last message of the assistant goes on, unless the request says otherwise or it has calls", async () => {
  const cases: [object, TemplateUse | undefined][] = [
    [{}, undefined],
    [{ messages: PREFILL }, { continueFinal: true }],
    [{ messages: PREFILL, continue_final_message: true }, { continueFinal: true }],
    [{ messages: PREFILL, continue_final_message: "content" }, { continueFinal: true }],
    [{ messages: PREFILL, continue_final_message: true, add_generation_prompt: false }, { continueFinal: true }],
    [{ messages: PREFILL, continue_final_message: false }, undefined],
    [{ messages: PREFILL, continue_final_message: false, add_generation_prompt: false }, {
      addGenerationPrompt: false,
    }],
    [{ messages: CALLING }, undefined],
    [{ add_generation_prompt: false }, { addGenerationPrompt: false }],
    [{ add_generation_prompt: true }, undefined],
    [{ chat_template_kwargs: {} }, undefined],
    [{ chat_template_kwargs: { a: [1], b: null } }, { variables: { a: [1], b: null } }],
    [
      {
        messages: [...MESSAGES, { role: "assistant", reasoning_content: "Hm" }],
        continue_final_message: "reasoning_content",
      },
      { continueFinal: true },
    ],
  ];
  for (const [body, expected] of cases) assert.deepEqual(await templateOf(body), expected, JSON.stringify(body));
});

Deno.test("what contradicts itself about the last message or the template is refused by name", async () => {
  const cases: [object, string][] = [
    [{ continue_final_message: true }, "continue_final_message"],
    [{ messages: CALLING, continue_final_message: true }, "continue_final_message"],
    [{ messages: PREFILL, continue_final_message: "reasoning_content" }, "continue_final_message"],
    [{ messages: PREFILL, continue_final_message: true, add_generation_prompt: true }, "add_generation_prompt"],
    [{ chat_template_kwargs: { enable_thinking: "false" } }, "chat_template_kwargs.enable_thinking"],
    [{ chat_template_kwargs: [] }, "chat_template_kwargs"],
    [{ reasoning_effort: "most" }, "reasoning_effort"],
    [{ reasoning_format: "deepseek-legacy" }, "reasoning_format"],
    [{ thinking_budget_tokens: -2 }, "thinking_budget_tokens"],
  ];
  for (const [body, param] of cases) {
    const response = await post(appOver(new FakeEngine()), { messages: MESSAGES, ...body });
    assert.equal(response.status, 400, JSON.stringify(body));
    assert.equal(ErrorBody.parse(await response.json()).error.param, param);
  }
});

Deno.test("how a model thinks reaches the engine", async () => {
  const cases: [object, ReasoningUse | undefined][] = [
    [{}, undefined],
    [{ reasoning_effort: "high" }, { effort: "high" }],
    [{ reasoning_effort: "none" }, { enabled: false }],
    [{ chat_template_kwargs: { enable_thinking: true } }, { enabled: true }],
    [{ chat_template_kwargs: { enable_thinking: true }, reasoning_effort: "none" }, { enabled: false }],
    [{ reasoning_format: "none" }, { inline: true }],
    [{ reasoning_format: "auto" }, { inline: false }],
    [{ thinking_budget_tokens: 0 }, { budget: 0 }],
    [{ reasoning_budget: 5, thinking_budget_tokens: 6 }, { budget: 6 }],
    [{ reasoning_budget_tokens: 7, thinking_budget_tokens: 6 }, { budget: 7 }],
  ];
  for (const [body, expected] of cases) assert.deepEqual(await reasoningOf(body), expected, JSON.stringify(body));
});
