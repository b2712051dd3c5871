import type { Automaton } from "./automaton.ts";
import { compilePattern } from "./compile_pattern.ts";

const HEX = "[0-9a-fA-F]";
const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = `${OCTET}(?:\\.${OCTET}){3}`;
const GROUP = `${HEX}{1,4}`;
const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const SHORT_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,28}[a-zA-Z0-9])?";
const ATOM = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+";

/** Names of at most 253 characters: few long parts, or some more of at most 30. */
const HOSTNAME = `(?:${LABEL}(?:\\.${LABEL}){0,2}|${SHORT_LABEL}(?:\\.${SHORT_LABEL}){0,7})`;

/** The years of which February has 29 days; 0000 is none, since few programs know it. */
const LEAP_YEAR = "(?!0000)(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
const DATE = [
  "(?!0000)\\d{4}-(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])",
  "(?!0000)\\d{4}-(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)",
  "(?!0000)\\d{4}-02-(?:0[1-9]|1\\d|2[0-8])",
  `${LEAP_YEAR}-02-29`,
].join("|");
/** Of RFC 3339; without leap seconds, which few programs know, and with at most nine digits of a second. */
const TIME = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";

/** Of RFC 3986; hosts have a name, whose length is not limited, since to count it takes a thousand rules. */
const PATH_CHARACTER = `(?:[a-zA-Z0-9._~!$&'()*+,;=:@-]|%${HEX}{2})`;
const USER = `(?:[a-zA-Z0-9._~!$&'()*+,;=:-]|%${HEX}{2})*@`;
const NAME = "[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*";
const HOST = `(?:${NAME}(?:\\.${NAME})*|\\[(?:${ipv6()})\\])`;
const PATH = `(?:/${PATH_CHARACTER}*)*`;
const URI = [
  "[a-zA-Z][a-zA-Z0-9+.-]*:",
  `(?://(?:${USER})?${HOST}(?::\\d{1,5})?${PATH}|/?${PATH_CHARACTER}+${PATH})`,
  `(?:\\?(?:${PATH_CHARACTER}|[/?])*)?(?:#(?:${PATH_CHARACTER}|[/?])*)?`,
].join("");

const SOURCES: Record<string, string> = {
  date: DATE,
  time: TIME,
  "date-time": `(?:${DATE})T${TIME}`,
  duration:
    "P(?!$)(?:\\d{1,9}W|(?:\\d{1,9}Y)?(?:\\d{1,9}M)?(?:\\d{1,9}D)?(?:T(?!$)(?:\\d{1,9}H)?(?:\\d{1,9}M)?(?:\\d{1,9}S)?)?)",
  email: `(?=.{1,64}@)${ATOM}(?:\\.${ATOM})*@(?:${SHORT_LABEL}\\.){1,5}${SHORT_LABEL}`,
  hostname: HOSTNAME,
  ipv4: IPV4,
  ipv6: ipv6(),
  "json-pointer": "(?:/(?:[^~/]|~[01])*)*",
  uri: URI,
  uuid: `${HEX}{8}(?:-${HEX}{4}){3}-${HEX}{12}`,
};

/** The formats that {@linkcode formatPattern} knows. */
export const FORMATS: readonly string[] = Object.keys(SOURCES);

const known = new Map<string, Automaton>();

/**
 * Texts of a `format` of JSON Schema: not all of them, but each is what it says, and valid to ajv-formats, for any of its modes.
 *
 * @returns Undefined for a format that is not known.
 */
export function formatPattern(name: string): Automaton | undefined {
  const source = Object.hasOwn(SOURCES, name) ? SOURCES[name] : undefined;
  if (source === undefined) return undefined;
  const automaton = known.get(name) ?? compilePattern(`^(?:${source})$`);
  known.set(name, automaton);
  return automaton;
}

/** Eight groups, of which `::` stands for one or more that are 0; the last two may be an IPv4 address. */
function ipv6(): string {
  const groups = (min: number, max: number): string => `(?:${GROUP}:){${min},${max}}`;
  const before = (count: number): string => count === 0 ? "" : `${GROUP}(?::${GROUP}){${count - 1}}`;
  const compressed = Array.from({ length: 8 }, (_, count) => {
    const after = [
      ...(count < 7 ? [`${groups(0, 6 - count)}${GROUP}`] : []),
      ...(count < 6 ? [`${groups(0, 5 - count)}${IPV4}`] : []),
    ];
    return `${before(count)}::${after.length === 0 ? "" : `(?:${after.join("|")})?`}`;
  });
  return [`${groups(7, 7)}${GROUP}`, `${groups(6, 6)}${IPV4}`, ...compressed].join("|");
}
