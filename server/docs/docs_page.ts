import { raw } from "hono/html";
import { createHash } from "node:crypto";
import type { JsonSchema, OpenApiDocument } from "../openapi/mod.ts";
import { type Markup, markup, prose } from "./markup.ts";
import { operationSection, type ShownOperation } from "./operation_section.ts";
import { parameterRows, parameterTable } from "./parameter_table.ts";
import { schemaText } from "./schema_text.ts";
import { STYLE } from "./style.ts";

/** What a browser may load for the page: nothing but its own style. */
export function docsPolicy(): string {
  const style = createHash("sha256").update(STYLE).digest("base64");
  return `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

/**
 * The API as a page that needs neither a network nor JavaScript.
 *
 * @param document What it is made from.
 * @param origin The server's address as the reader's browser has it, without a slash at its end; the examples are sent there.
 */
export async function docsPage(document: OpenApiDocument, origin: string): Promise<string> {
  const { info, tags } = document;
  const apis = tags.map(({ name, description }) => ({
    name,
    description,
    operations: operationsOf(document, { origin, api: name }),
  }));
  const page = await markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${info.title} ${info.version}: the API</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<nav aria-label="Operations">
<p><a href="#main"><strong>${info.title}</strong></a> ${info.version}</p>
${apis.map(contents)}<h2><a href="#schemas">Schemas</a></h2>
</nav>
<main id="main">
<h1>${info.title}: the API</h1>
<p>${info.summary}, at <code>${origin}</code>. For programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<p>${prose(info.description)}</p>
<p>A click on a command marks all of it, to be copied.</p>
${apis.map(apiSection)}<section aria-labelledby="schemas">
<h2 id="schemas">Schemas</h2>
<p>What the bodies above are made of. What has a question mark behind its name may be absent.</p>
${Object.entries(document.components.schemas).map(([name, schema]) => schemaSection(name, schema))}</section>
</main>
</body>
</html>
`;
  return String(page);
}

/** One API, as it is shown. */
interface ShownApi {
  name: string;
  description: string;
  operations: ShownOperation[];
}

function operationsOf(document: OpenApiDocument, { origin, api }: { origin: string; api: string }): ShownOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).filter(([, { tags }]) => tags.includes(api)).map(([method, operation]) => ({
      document,
      origin,
      method,
      path,
      operation,
    }))
  );
}

function contents({ name, operations }: ShownApi): Markup {
  return markup`<h2><a href="#api-${name}">${name}</a></h2>
<ul>
${
    operations.map(({ method, path, operation: { operationId } }) =>
      markup`<li><a href="#${operationId}"><span class="method ${method}">${method.toUpperCase()}</span> ${path}</a></li>
`
    )
  }</ul>
`;
}

function apiSection({ name, description, operations }: ShownApi): Markup {
  return markup`<section aria-labelledby="api-${name}">
<h2 id="api-${name}">${name}</h2>
<p>${prose(description)}</p>
${operations.map(operationSection)}</section>
`;
}

function schemaSection(name: string, schema: JsonSchema): Markup {
  const rows = parameterRows(schema);
  const isExplained = rows.some(({ description }) => description !== "");
  const shape = isExplained
    ? parameterTable(name, rows)
    : markup`<pre tabindex="0" class="shape"><code>${schemaText(schema)}</code></pre>`;
  return markup`<details id="schema-${name}"><summary><code>${name}</code></summary>
${shape}</details>
`;
}
