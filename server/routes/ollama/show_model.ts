import type { Handler } from "hono";
import type { ModelInfo, Sampling, ServedModel } from "../../../lib/engine/mod.ts";
import type { AppEnv, AppInput, AppOptions } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import { type ShowAnswer, ShowRequest } from "../../schemas/ollama/mod.ts";
import { servedId } from "../../served_id.ts";
import { isGiven } from "../to_sampling.ts";
import { toModelDetails, toModifiedAt } from "./model_details.ts";
import { thinks } from "./thinks.ts";
import { toListedName } from "./to_listed_name.ts";
import { servedModels } from "../models.ts";

/** Where Ollama's values begin in a line of parameters. */
const VALUE_COLUMN = 31;

/** The server's defaults that Ollama has a name for. */
const PARAMETERS = {
  temperature: "temperature",
  topK: "top_k",
  topP: "top_p",
  minP: "min_p",
  typicalP: "typical_p",
  seed: "seed",
  repeatLastN: "repeat_last_n",
  repeatPenalty: "repeat_penalty",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
} as const satisfies Partial<Record<keyof Sampling, string>>;

/** Ollama's `POST /api/show`: what is known of a model; little of one that was never loaded, since asking does not load it. */
export function showModel(app: AppInput): Handler<AppEnv> {
  const { options } = app;
  return async (c) => {
    const request = await parseBody(c, ShowRequest);
    const { id, info } = await findModel(app, request.model || request.name);
    const parameters = toParameters(options, info);
    return c.json(
      {
        modelfile: toModelfile(id, { parameters, system: options.systemPrompt }),
        parameters: parameters.map(([name, value]) => name.padEnd(VALUE_COLUMN) + value).join("\n"),
        template: info?.chatTemplate ?? "",
        ...(options.systemPrompt === undefined ? {} : { system: options.systemPrompt }),
        details: toModelDetails(info),
        model_info: toModelInfo(id, info),
        capabilities: await toCapabilities(info),
        modified_at: toModifiedAt(info),
      } satisfies ShowAnswer,
    );
  };
}

/** @throws {EngineError} `not_found` for a name that is not served. */
async function findModel(app: AppInput, name: string | null | undefined): Promise<Pick<ServedModel, "id" | "info">> {
  if (app.models === undefined) {
    const { model } = await chooseEngine(app, name);
    return { id: model.id, info: model };
  }
  const served = servedModels(app);
  const asked = servedId(name, served.map(({ id }) => id));
  app.models.select(asked);
  // One by any name is the first.
  const model = served.find(({ id }) => id === asked) ?? served[0];
  if (model === undefined) throw new TypeError("A server has at least one model");
  return model;
}

function toParameters({ defaults = {}, maxTokens }: AppOptions, info: ModelInfo | undefined): [string, number][] {
  const sampling = Object.entries(PARAMETERS).map(([key, name]) => {
    // The keys of PARAMETERS are names of numbers.
    return [name, defaults[key as keyof typeof PARAMETERS]] as const;
  });
  const all = [["num_ctx", info?.contextLength], ["num_predict", maxTokens], ...sampling] as const;
  return all.flatMap(([name, value]) => isGiven(value) ? [[name, value]] : []);
}

/** Any model that generates is made to call tools by a grammar; whether one thinks is not known before it was loaded. */
async function toCapabilities(info: ModelInfo | undefined): Promise<ShowAnswer["capabilities"]> {
  return [
    "completion",
    ...(info?.infills ? ["insert" as const] : []),
    "tools",
    ...(info !== undefined && await thinks(info.chatTemplate) ? ["thinking" as const] : []),
  ];
}

function toModelfile(
  id: string,
  { parameters, system }: { parameters: [string, number][]; system: string | undefined },
): string {
  return [
    "# Written by Packllama: the model is part of the server's file, and its template is not in Ollama's language",
    `FROM ${toListedName(id)}`,
    ...(system === undefined ? [] : [`SYSTEM """${system}"""`]),
    ...parameters.map(([name, value]) => `PARAMETER ${name} ${value}`),
    "",
  ].join("\n");
}

function toModelInfo(id: string, info: ModelInfo | undefined): ShowAnswer["model_info"] {
  if (info === undefined) return { "general.basename": id };
  const { family } = toModelDetails(info);
  return {
    "general.architecture": family,
    "general.basename": id,
    "general.parameter_count": info.parameters,
    // What a request may use: clients fill it, and would be refused where the model was trained for more than the server holds.
    [`${family}.context_length`]: info.contextLength,
    [`${family}.vocab_size`]: info.vocabularySize,
  };
}
