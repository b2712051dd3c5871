import type { AppInput } from "../../app_input.ts";
import { servedModels } from "../models.ts";

/** The tag that Ollama's clients put behind a name that has none. */
const DEFAULT_TAG = ":latest";

/** A model's name as Ollama's clients expect it, which look for a tag in it. */
export function toListedName(id: string): string {
  return id.includes(":") ? id : id + DEFAULT_TAG;
}

/** The name without the tag that a client has put behind it, unless a model is called so. */
export function toModelId(app: AppInput, name: string | null | undefined): string | null | undefined {
  if (!name?.endsWith(DEFAULT_TAG) || servedModels(app).some(({ id }) => id === name)) return name;
  return name.slice(0, -DEFAULT_TAG.length);
}
