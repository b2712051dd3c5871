import {
  dataSchema,
  type DescribedAnswer,
  type DescribedOperation,
  EVENTS_TYPE,
  JSON_TYPE,
  type JsonSchema,
  LINES_TYPE,
  type OpenApiDocument,
  referredName,
} from "../openapi/mod.ts";
import { curlCommand } from "./curl_command.ts";
import { joined, type Markup, markup, prose } from "./markup.ts";
import { type ParameterRow, parameterRows, parameterTable } from "./parameter_table.ts";
import { schemaText } from "./schema_text.ts";

/** What an operation is shown with. */
export interface ShownOperation {
  document: OpenApiDocument;
  /** The server's address, without a slash at its end. */
  origin: string;
  method: string;
  path: string;
  operation: DescribedOperation;
}

/** One operation: what it is for, how to call it, what it takes, and what it answers. */
export function operationSection(shown: ShownOperation): Markup {
  const { document, method, path, operation } = shown;
  const { operationId: id, summary, description = "" } = operation;
  return markup`<article id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title"><a href="#${id}"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></a></h3>
<p class="summary">${summary}.</p>
${
    description === "" ? "" : markup`<p>${prose(description)}</p>
`
  }${aliasLine(operation)}${exampleSection(shown)}${pathSection(shown)}${bodySection(shown)}<h4>Answers</h4>
${Object.entries(operation.responses).map(([status, answer]) => answerSection(document, status, answer))}</article>
`;
}

function aliasLine({ "x-aliases": aliases = [] }: DescribedOperation): Markup | string {
  if (aliases.length === 0) return "";
  const paths: (Markup | string)[] = aliases.map((alias) => markup`<code>${alias}</code>`);
  return markup`<p>Also at ${joined(paths, ", ")}.</p>
`;
}

function exampleSection({ origin, method, path, operation }: ShownOperation): Markup {
  const examples = Object.values(operation.requestBody?.content[JSON_TYPE]?.examples ?? {});
  const request = { origin, method, path, operation };
  const commands = examples.length === 0
    ? [{ summary: "", command: curlCommand(request) }]
    : examples.map(({ summary, value }) => ({ summary, command: curlCommand({ ...request, body: value }) }));
  // What only another answer tells stands in capitals.
  const unknown = (operation.parameters ?? []).filter(({ example }) => /^[A-Z_]+$/.test(example ?? ""));
  return markup`<h4>Example${commands.length === 1 ? "" : "s"}</h4>
${commands.map(commandFigure)}${
    unknown.map(({ example, description }) =>
      markup`<p>For <code>${example}</code> put: ${prose(description)}</p>
`
    )
  }`;
}

function commandFigure({ summary, command }: { summary: string; command: string }): Markup {
  const caption = summary === "" ? "" : markup`<figcaption>${summary}</figcaption>`;
  return markup`<figure>${caption}<pre tabindex="0" class="curl"><code>${command}</code></pre></figure>
`;
}

function pathSection({ path, operation: { parameters = [] } }: ShownOperation): Markup | string {
  if (parameters.length === 0) return "";
  return markup`<h4>Path and query</h4>
${parameterTable(`Path and query of ${path}`, parameters)}`;
}

function bodySection({ document, path, operation: { requestBody } }: ShownOperation): Markup | string {
  const schema = resolve(document, requestBody?.content[JSON_TYPE]?.schema ?? {});
  const rows = parameterRows(schema);
  if (rows.length === 0) return "";
  const sampling = document.components.schemas["SamplingParameters"]?.properties ?? {};
  const isLater = ({ schema }: ParameterRow): boolean => schema["x-not-yet"] === true;
  const isSampling = ({ name, required }: ParameterRow): boolean => !required && Object.hasOwn(sampling, name);
  return markup`<h4>Body</h4>
${parameterTable(`Body of ${path}`, rows.filter((row) => !isLater(row) && !isSampling(row)))}${
    folded("Sampling", path, rows.filter(isSampling))
  }${folded("Known, but not supported yet", path, rows.filter(isLater))}`;
}

function folded(title: string, path: string, rows: ParameterRow[]): Markup | string {
  if (rows.length === 0) return "";
  return markup`<details><summary>${title}: ${rows.length} parameter${rows.length === 1 ? "" : "s"}</summary>
${parameterTable(`${title}, ${path}`, rows)}</details>
`;
}

function answerSection(document: OpenApiDocument, status: string, { description, content }: DescribedAnswer): Markup {
  const bodies = Object.entries(content);
  if (status.startsWith("2")) {
    return markup`<p><strong>${status}</strong> ${prose(description)}</p>
${bodies.map(([type, { schema }]) => bodyShape(document, type, schema))}`;
  }
  const names = joined<Markup | string>(bodies.map(([, { schema }]) => schemaText(schema)), ", ");
  return markup`<p><strong>${status}</strong> ${prose(description)} <code>${names}</code></p>
`;
}

function bodyShape(document: OpenApiDocument, type: string, schema: JsonSchema): Markup {
  const told = dataSchema(schema);
  const shapes = (told.anyOf ?? [told]).map((each) => resolve(document, each));
  if (shapes.every(({ type }) => type === "string")) {
    return markup`<p><code>${type}</code></p>
`;
  }
  const parts = joined<Markup | string>(shapes.map((shape) => schemaText(shape)), "\n\nor\n\n");
  return markup`<details${type === JSON_TYPE ? " open" : ""}><summary><code>${type}</code>${
    PART_NAMES[type] ?? ""
  }</summary>
<pre tabindex="0" class="shape"><code>${parts}</code></pre></details>
`;
}

/** Of a stream it is the parts that have the shape. */
const PART_NAMES: Record<string, string> = { [EVENTS_TYPE]: ": the data of each event", [LINES_TYPE]: ": each line" };

function resolve({ components: { schemas } }: OpenApiDocument, schema: JsonSchema): JsonSchema {
  return schema.$ref === undefined ? schema : schemas[referredName(schema.$ref)] ?? {};
}
