/**
 * Pulls or fetches in a process of its own, for tests that kill it or set its environment. Its one argument is JSON:
 * `{pull, options}` or `{entry, options}`; it prints the path.
 */
import * as z from "zod";
import { EngineError } from "../../lib/errors.ts";
import { silentProgress } from "../../lib/progress.ts";
import { catalogueEntrySchema } from "../../models/catalogue_entry.ts";
import { fetchModel, pull } from "../../models/mod.ts";

const jobSchema = z.object({
  pull: z.string().optional(),
  entry: catalogueEntrySchema.optional(),
  options: z.object({ cacheDir: z.string().optional(), output: z.string().optional() }),
});

async function main(): Promise<void> {
  const job = jobSchema.parse(JSON.parse(Deno.args[0] ?? ""));
  const options = { ...job.options, startProgress: silentProgress };
  try {
    console.log(job.entry ? await fetchModel(job.entry, options) : await pull(job.pull ?? "", options));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    console.log(`${error.code}: ${error.message}`);
    Deno.exit(1);
  }
}

await main();
