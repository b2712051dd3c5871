import { Ajv2020 } from "ajv/dist/2020.js";
import type OpenAI from "openai";

type Tool = OpenAI.Chat.Completions.ChatCompletionFunctionTool;
type Completion = OpenAI.Chat.Completions.ChatCompletion;
type Params = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;

/** A question with tools, and what the answer must be. */
export interface ToolCase {
  name: string;
  /** Whether any model must pass, since the grammar sees to it; the others show what a model is able to. */
  guaranteed: boolean;
  params: Pick<Params, "messages" | "tools" | "tool_choice" | "parallel_tool_calls">;
  /** What is wrong with the answer; undefined where nothing is. */
  judge(completion: Completion): string | undefined;
}

const WEATHER = tool("get_weather", "Tells the weather of a city now", {
  city: { type: "string", minLength: 2, maxLength: 40 },
  unit: { enum: ["celsius", "fahrenheit"] },
});
const SUM = tool("add", "Adds two numbers", { a: { type: "integer" }, b: { type: "integer" } });
const ORDER = tool("place_order", "Orders things to a place", {
  items: {
    type: "array",
    minItems: 1,
    maxItems: 3,
    items: object({
      article: { type: "string", pattern: "^[A-Z]{2}-\\d{3}$" },
      count: { type: "integer", minimum: 1, maximum: 9 },
    }),
  },
  express: { type: "boolean" },
});
const TOOLS = [WEATHER, SUM, ORDER];

/** What is asked of each model. */
export const TOOL_CASES: readonly ToolCase[] = [
  ask("required: some call", "What is the weather in Paris?", { tool_choice: "required" }, {
    guaranteed: true,
    judge: (calls) => calls.length > 0 ? undefined : "no call",
  }),
  ask("a named function", "What is the weather in Paris?", {
    tool_choice: { type: "function", function: { name: "add" } },
  }, {
    guaranteed: true,
    judge: (calls) =>
      calls.some(({ name }) => name !== "add") ? "another function" : calls.length > 0 ? undefined : "no call",
  }),
  ask("required: nested arguments", "Order two lamps, article AB-123.", {
    tool_choice: { type: "function", function: { name: "place_order" } },
  }, { guaranteed: true, judge: (calls) => calls.length > 0 ? undefined : "no call" }),
  ask("required: one call at most", "What is the weather in Paris and in Rome?", {
    tool_choice: "required",
    parallel_tool_calls: false,
  }, { guaranteed: true, judge: (calls) => calls.length === 1 ? undefined : `${calls.length} calls` }),
  ask("none: no call", "What is the weather in Paris?", { tool_choice: "none" }, {
    guaranteed: true,
    judge: (calls) => calls.length === 0 ? undefined : "a call",
  }),
  ask("auto: the right function with the right arguments", "What is the weather in Paris, in celsius?", {}, {
    guaranteed: false,
    judge: ([call, ...more]) => {
      if (call?.name !== "get_weather" || more.length > 0) return `called ${call?.name}, and ${more.length} more`;
      return call.arguments.city === "Paris" ? undefined : JSON.stringify(call.arguments);
    },
  }),
  ask("auto: numbers", "Use the tool to add 17 and 25.", {}, {
    guaranteed: false,
    judge: ([call]) =>
      call?.name === "add" && call.arguments.a === 17 && call.arguments.b === 25 ? undefined : JSON.stringify(call),
  }),
  ask("auto: no call where none is needed", "Say hello to me.", {}, {
    guaranteed: false,
    judge: (calls) => calls.length === 0 ? undefined : `called ${calls[0]?.name}`,
  }),
  ask("parallel: two cities", "What is the weather in Paris and in Rome? Call the tool for each of them.", {
    parallel_tool_calls: true,
  }, {
    guaranteed: false,
    judge: (calls) => {
      const cities = calls.map((call) => call.arguments.city).sort().join(" ");
      return cities === "Paris Rome" ? undefined : cities || "no call";
    },
  }),
];

/** A call with its arguments read. */
interface Call {
  name: string;
  arguments: Record<string, unknown>;
}

function ask(
  name: string,
  content: string,
  params: Partial<ToolCase["params"]>,
  { guaranteed, judge }: { guaranteed: boolean; judge: (calls: Call[]) => string | undefined },
): ToolCase {
  return {
    name,
    guaranteed,
    params: { messages: [{ role: "user", content }], tools: TOOLS, ...params },
    judge: (completion) => {
      const calls = readCalls(completion);
      return typeof calls === "string" ? calls : judge(calls);
    },
  };
}

/** The calls of an answer, or what is wrong with one: every call's arguments must be of its schema, also where the model chose to call. */
function readCalls({ choices: [choice] }: Completion): Call[] | string {
  const found = choice?.message.tool_calls ?? [];
  if ((found.length > 0) !== (choice?.finish_reason === "tool_calls")) return `finish_reason ${choice?.finish_reason}`;
  const calls: Call[] = [];
  for (const call of found) {
    if (call.type !== "function") return `a call of type ${call.type}`;
    const schema = TOOLS.find((each) => each.function.name === call.function.name)?.function.parameters;
    if (schema === undefined) return `there is no function ${call.function.name}`;
    const value: unknown = parse(call.function.arguments);
    const ajv = new Ajv2020();
    if (!ajv.validate<Record<string, unknown>>(schema, value)) return `${call.function.arguments}: ${ajv.errorsText()}`;
    calls.push({ name: call.function.name, arguments: value });
  }
  return calls;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

function object(properties: Record<string, unknown>): Record<string, unknown> {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

function tool(name: string, description: string, properties: Record<string, unknown>): Tool {
  return { type: "function", function: { name, description, parameters: object(properties), strict: true } };
}
