import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { MeteredEngine } from "../../metrics.ts";
import type { Props } from "../../schemas/llama/mod.ts";
import { toGenerationSettings } from "./generation_settings.ts";
import { fileName } from "../../file_name.ts";
import { notSupported } from "./not_supported.ts";
import { templateCapabilities } from "./template_capabilities.ts";

/** `GET /props`: what the server has loaded, and what holds where a request says nothing. */
export function getProps(app: AppInput): Handler<AppEnv> {
  const { options } = app;
  return async (c) => {
    const { engine, model } = await chooseEngine(app, c.req.query("model"));
    const metered = engine instanceof MeteredEngine;
    const limit = options.maxTokens ?? -1;
    const caps = await templateCapabilities(model);
    return c.json(
      {
        default_generation_settings: {
          params: toGenerationSettings({ sampling: options.defaults ?? {} }, { limit }),
          n_ctx: model.contextLength,
        },
        total_slots: model.parallel,
        model_alias: model.id,
        model_path: app.models === undefined ? fileName(options.modelFile ?? model.id) : model.id,
        modalities: { vision: false, video: false, audio: false },
        endpoint_slots: true,
        endpoint_props: false,
        endpoint_metrics: metered,
        chat_template: model.chatTemplate ?? "",
        ...(caps === undefined ? {} : { chat_template_caps: caps }),
        bos_token: model.bosText,
        eos_token: model.eosText,
        build_info: `packllama-${options.version}`,
        is_sleeping: false,
      } satisfies Props,
    );
  };
}

/** `POST /props`: refused, as llama-server does unless it is told otherwise. */
export function refuseProps(): Handler<AppEnv> {
  return () =>
    notSupported(
      "This server does not support changing global properties; say with each request what it is to have, or start the server with other options",
    );
}
