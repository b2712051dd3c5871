import type { JsonSchema } from "../../lib/engine/mod.ts";
import { askSchema, type SchemaAnswer } from "./ask_schema.ts";

/** Asks for each schema, every other one as a stream; so many at once, and at most so many tokens of each. */
export async function askAll(
  schemas: readonly JsonSchema[],
  { url, atOnce, maxTokens }: { url: string; atOnce: number; maxTokens: number },
): Promise<SchemaAnswer[]> {
  const answers: SchemaAnswer[] = [];
  const left = schemas.entries();
  const work = async (): Promise<void> => {
    for (const [i, schema] of left) {
      answers[i] = await askSchema(schema, { url, stream: i % 2 === 1, seed: i, maxTokens });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return answers;
}
