/** Models that can be had by name or address, and the fetching of them. */
export { CATALOGUE, DEFAULT_MODEL } from "./catalogue.ts";
export type { CatalogueEntry, Source } from "./catalogue_entry.ts";
export { fetchModel, type FetchModelOptions, modelsDir } from "./fetch_model.ts";
export { findModel } from "./find_model.ts";
export { pull, type PullOptions } from "./pull.ts";
export { findPulled } from "./find_pulled.ts";
