import { EngineError } from "../lib/errors.ts";
import { CATALOGUE } from "./catalogue.ts";
import type { CatalogueEntry } from "./catalogue_entry.ts";

/**
 * The catalogue's entry of that name or alias; upper and lower case are the same.
 *
 * @throws {EngineError} `not_found` with the names that there are and the one that was perhaps meant.
 */
export function findModel(name: string): CatalogueEntry {
  const wanted = name.toLowerCase();
  const found = CATALOGUE.find((entry) => namesOf(entry).includes(wanted));
  if (found !== undefined) return found;
  const names = CATALOGUE.map((entry) => entry.name).join(", ");
  const nearest = nearestName(wanted);
  const meant = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  throw new EngineError("not_found", `No model "${name}" in the catalogue, which has ${names}${meant}`);
}

function namesOf(entry: CatalogueEntry): string[] {
  return [entry.name, ...entry.aliases];
}

function nearestName(wanted: string): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const entry of CATALOGUE) {
    for (const name of namesOf(entry)) {
      const distance = editDistance(wanted, name);
      if (best === undefined || distance < best.distance) best = { name, distance };
    }
  }
  // Beyond a third of the letters it is another word, not a slip.
  return best !== undefined && best.distance <= Math.max(2, wanted.length / 3) ? best.name : undefined;
}

/** Levenshtein's distance, one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
