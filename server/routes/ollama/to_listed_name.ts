import { DEFAULT_TAG } from "../../served_id.ts";

/** A model's name as Ollama's clients expect it, which look for a tag in it. */
export function toListedName(id: string): string {
  return id.includes(":") ? id : id + DEFAULT_TAG;
}
