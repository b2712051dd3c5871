import type { JsonSchema } from "../openapi/mod.ts";
import { type Markup, markup, prose } from "./markup.ts";
import { schemaText } from "./schema_text.ts";

/** One line of a table. */
export interface ParameterRow {
  name: string;
  required: boolean;
  schema: JsonSchema;
  description: string;
}

/** The parameters of a request's schema; those that must be there come first. */
export function parameterRows({ properties = {}, required = [] }: JsonSchema): ParameterRow[] {
  const rows = Object.entries(properties).map(([name, property]): ParameterRow => {
    const schema = typeof property === "boolean" ? {} : property;
    return { name, required: required.includes(name), schema, description: schema.description ?? "" };
  });
  return [...rows.filter(({ required }) => required), ...rows.filter(({ required }) => !required)];
}

/** Parameters as a table; `label` says of what. */
export function parameterTable(label: string, rows: ParameterRow[]): Markup {
  return markup`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead>
<tbody>${rows.map(row)}</tbody>
</table></div>
`;
}

function row({ name, required, schema, description }: ParameterRow): Markup {
  const mark = required ? markup` <em>needed</em>` : "";
  const standard = schema.default === undefined ? "" : ` Unless said, \`${String(schema.default)}\`.`;
  return markup`<tr><th scope="row"><code>${name}</code>${mark}</th>
<td><code>${schemaText(schema, { request: true, inline: true })}</code></td><td>${
    prose(description + standard)
  }</td></tr>
`;
}
