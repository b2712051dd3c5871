import { type Constraints, STRING } from "./constraints.ts";
import { isAllowed } from "./scalars_of.ts";
import type { Strings } from "./strings.ts";

/** The strings that any of these cases lists; undefined where one does not list them. */
export function finiteStrings(cases: readonly Constraints[], strings: Strings): string[] | undefined {
  const found = new Set<string>();
  for (const each of cases) {
    if ((each.types & STRING) === 0) continue;
    if (each.values === undefined) return undefined;
    for (const value of each.values) {
      if (typeof value === "string" && isAllowed(value, each.excluded) && strings.fits(value, each)) found.add(value);
    }
  }
  return [...found];
}
