import { join } from "node:path";
import { provideLlamaSource } from "./native_source.ts";

/**
 * The folder with the chat templates (`NAME.jinja`) of the llama.cpp release that we use.
 *
 * @throws As `provideNativeSource`.
 */
export async function provideTemplates(): Promise<string> {
  return join(await provideLlamaSource("templates", ["models/templates"]), "models", "templates");
}
