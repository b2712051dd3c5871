import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import type { LoraAdapters } from "../../schemas/llama/mod.ts";
import { fileName } from "../../file_name.ts";
import { notSupported } from "./not_supported.ts";

/** `GET /lora-adapters`: the adapters, by whose order a request's `lora` names them. */
export function listAdapters({ options }: AppInput): Handler<AppEnv> {
  const { adapters = [] } = options;
  return (c) =>
    c.json(adapters.map(({ path, scale }, id) => ({ id, path: fileName(path), scale })) satisfies LoraAdapters);
}

/** `POST /lora-adapters`: refused, since it would change the answers to other clients. */
export function refuseAdapters(): Handler<AppEnv> {
  return () =>
    notSupported(
      'This server does not change the scales of LoRA adapters for everybody; give them with each request: "lora": [{"id": 0, "scale": 0.5}]',
    );
}
