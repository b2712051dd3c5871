import type OpenAI from "openai";

/** What came of a conversation in which the SDK runs the tool. */
export interface Conversation {
  /** How often the tool was run. */
  runs: number;
  /** What the model said at last. */
  answer: string;
}

/** A number that no model guesses. */
export const SECRET = "48151";

/** Has OpenAI's own runner call a tool and hand its result on, until the model answers. */
export async function runConversation(
  client: OpenAI,
  { first = "auto", seed = 1 }: { first?: "auto" | "required"; seed?: number } = {},
): Promise<Conversation> {
  let runs = 0;
  const runner = client.chat.completions.runTools({
    model: "any",
    seed,
    temperature: 0,
    max_tokens: 200,
    tool_choice: first,
    parallel_tool_calls: false,
    messages: [{ role: "user", content: "What is the secret number? Look it up with the tool, and tell it to me." }],
    tools: [{
      type: "function",
      function: {
        name: "look_up",
        description: "Looks up a number by its name",
        parameters: { type: "object", properties: { name: { enum: ["secret", "public"] } }, required: ["name"] },
        parse: JSON.parse,
        function: () => {
          runs++;
          return JSON.stringify({ number: SECRET });
        },
      },
    }],
  }, { maxChatCompletions: 3 });
  const answer = await runner.finalContent().catch(() => null);
  return { runs, answer: answer ?? "" };
}
