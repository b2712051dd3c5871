import type { Scenario } from "../scenario.ts";
import { bodies } from "./bodies.ts";
import { clients32, clients8 } from "./clients.ts";
import { connections } from "./connections.ts";
import { context } from "./context.ts";
import { edit } from "./edit.ts";
import { grammar } from "./grammar.ts";
import { load } from "./load.ts";
import { mixed } from "./mixed.ts";
import { pack } from "./pack.ts";
import { prefix1000 } from "./prefix.ts";
import { single } from "./single.ts";
import { soak, soakShallow } from "./soak.ts";
import { start } from "./start.ts";
import { tokens } from "./tokens.ts";
import { warm } from "./warm.ts";

/** Every scenario, in the order of the table. */
export const SCENARIOS: readonly Scenario[] = [
  start,
  pack,
  single,
  clients8,
  clients32,
  prefix1000,
  mixed,
  edit,
  grammar,
  context,
  warm,
  load,
  connections,
  bodies,
  tokens,
  soak,
  soakShallow,
];

/**
 * The scenarios of these names, or all but those that must be named.
 *
 * @throws {RangeError} for a name that there is not.
 */
export function chooseScenarios(names: readonly string[]): Scenario[] {
  if (names.length === 0) return SCENARIOS.filter(({ onlyWhenNamed }) => !onlyWhenNamed);
  const unknown = names.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown === undefined) return SCENARIOS.filter(({ name }) => names.includes(name));
  const known = SCENARIOS.map(({ name }) => name).join(", ");
  throw new RangeError(`No scenario "${unknown}"; there are ${known}`);
}
