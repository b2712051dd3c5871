import { type AnswerName, ANSWERS, REQUESTS } from "./components.ts";
import { type JsonSchema, schemaReference, toJsonSchema, toJsonSchemas } from "./json_schema.ts";
import { type Answer, type ApiName, EVENTS_TYPE, type Example, JSON_TYPE, type Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { PARAMETER_TEXTS, QUERY_TEXTS } from "./parameter_texts.ts";

/** What a body is, by content type. */
export type Content = Record<string, { schema: JsonSchema; examples?: Record<string, Example> }>;

/** One way in which an operation answers. */
export interface DescribedAnswer {
  description: string;
  headers?: Record<string, { description: string; schema: JsonSchema }>;
  content: Content;
  links?: Record<string, { operationId: string; parameters: Record<string, string> }>;
}

/** A parameter of a path or a query. */
export interface DescribedParameter {
  name: string;
  in: "path" | "query";
  required: boolean;
  description: string;
  schema: JsonSchema;
  example?: string;
}

/** One operation as OpenAPI has it. */
export interface DescribedOperation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  parameters?: DescribedParameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, DescribedAnswer>;
  /** Other paths that do the same. */
  "x-aliases"?: string[];
}

/** A document of OpenAPI 3.1, as far as it is used here. */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; summary: string; description: string; license: Record<string, string> };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  /** By path, then by method. */
  paths: Record<string, Record<string, DescribedOperation>>;
  components: { schemas: Record<string, JsonSchema> };
}

const APIS: Record<ApiName, { description: string; error: AnswerName }> = {
  OpenAI: {
    description: "What OpenAI's clients and those of its many imitators speak; give them `/v1` as the base URL.",
    error: "ErrorBody",
  },
  Anthropic: { description: "Anthropic's Messages API, with its own errors.", error: "AnthropicError" },
  "llama-server": { description: "llama.cpp's own server, under its names and in its shapes.", error: "ErrorBody" },
  Ollama: {
    description: "Ollama's API, for its clients; what pulls or makes models is not here.",
    error: "OllamaError",
  },
  Packllama: { description: "Pages, and this description.", error: "ErrorBody" },
};

const ERROR_TEXTS: Record<number, string> = {
  400: "The request is wrong; the message names the parameter.",
  404: "There is no such model or response.",
  413: "The body is too large.",
  415: "The body is no JSON.",
  500: "The model could not be loaded, or a defect; the server's log says more.",
  503: "The model is being loaded, the queue is full, or the server is being shut down.",
  529: "The queue is full.",
};

const DESCRIPTION = [
  "In a request, `null` means absent. What cannot be honoured is a 400 that names it; what nobody takes is named in the header " +
  "`X-Ignored-Parameters`.",
  "A stream that fails after it has begun ends with the error as its last part.",
  "What of a JSON Schema cannot be held while an answer is written is named in `X-Relaxed` and checked afterwards, or with `strict` refused.",
].join(" ");

/**
 * The whole API as a document of OpenAPI 3.1.
 *
 * @param version Packllama's own.
 */
export function openApiDocument(version: string): OpenApiDocument {
  const paths: OpenApiDocument["paths"] = {};
  for (const operation of OPERATIONS) (paths[operation.path] ??= {})[operation.method] = describe(operation);
  const requests = toJsonSchemas(REQUESTS, "input");
  for (const [name, schema] of Object.entries(requests)) explain(schema, name);
  return {
    openapi: "3.1.0",
    info: {
      title: "Packllama",
      version,
      summary: "A language model in one file",
      description: DESCRIPTION,
      license: { name: "Apache 2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: Object.entries(APIS).map(([name, { description }]) => ({ name, description })),
    paths,
    components: { schemas: { ...requests, ...toJsonSchemas(ANSWERS, "output") } },
  };
}

function describe(operation: Operation): DescribedOperation {
  const { id, api, summary, description, aliases, request, examples = {} } = operation;
  const parameters = describeParameters(operation);
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [api],
    ...(aliases === undefined ? {} : { "x-aliases": aliases }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(request === undefined ? {} : {
      requestBody: {
        required: true,
        content: { [JSON_TYPE]: { schema: { $ref: schemaReference(request) }, examples } },
      },
    }),
    responses: describeAnswers(operation),
  };
}

function describeParameters({ pathParameters = {}, query }: Operation): DescribedParameter[] {
  const inPath = Object.entries(pathParameters).map(([name, { description, example }]): DescribedParameter => ({
    name,
    in: "path",
    required: true,
    description,
    schema: { type: "string" },
    example,
  }));
  const { properties = {}, required = [] } = query === undefined ? {} : toJsonSchema(query, "input");
  const inQuery = Object.entries(properties).map(([name, schema]): DescribedParameter => ({
    name,
    in: "query",
    required: required.includes(name),
    description: QUERY_TEXTS[name] ?? "",
    schema: typeof schema === "boolean" ? {} : schema,
  }));
  return [...inPath, ...inQuery];
}

function describeAnswers(operation: Operation): Record<string, DescribedAnswer> {
  const { api, answers, errors = [] } = operation;
  const described = Object.entries(answers).map(([status, answer]) => [status, describeAnswer(answer, operation)]);
  const failures = errors.map((status): [string, DescribedAnswer] => [String(status), {
    description: ERROR_TEXTS[status] ?? "An error.",
    content: { [JSON_TYPE]: { schema: { $ref: schemaReference(APIS[api].error) } } },
  }]);
  return Object.fromEntries([...described, ...failures]);
}

function describeAnswer(
  { description, content, end, links = {} }: Answer,
  { request, relaxes }: Pick<Operation, "request" | "relaxes">,
): DescribedAnswer {
  const described = Object.entries(content).map(([type, names]) =>
    [type, {
      schema: type === EVENTS_TYPE ? eventOf(anyOf(names), end) : anyOf(names),
    }] as const
  );
  const linked = Object.entries(links).map(([operationId, pointers]) => [operationId, {
    operationId,
    parameters: Object.fromEntries(
      Object.entries(pointers).map(([name, pointer]) => [name, `$response.body#${pointer}`]),
    ),
  }]);
  return {
    description,
    ...(request === undefined ? {} : { headers: relaxes ? { ...IGNORED, ...RELAXED } : IGNORED }),
    content: Object.fromEntries(described),
    ...(linked.length === 0 ? {} : { links: Object.fromEntries(linked) }),
  };
}

const IGNORED: NonNullable<DescribedAnswer["headers"]> = {
  "X-Ignored-Parameters": {
    description: "What the body said and nobody took, parted by commas; absent where there is nothing.",
    schema: { type: "string" },
  },
};

const RELAXED: NonNullable<DescribedAnswer["headers"]> = {
  "X-Relaxed": {
    description:
      "Points of JSON Schemas that the answer is not held to while it is written, each with its keyword and why; absent where there are none.",
    schema: { type: "string" },
  },
  "X-Validation": {
    description:
      "Beside `X-Relaxed`, of an answer that is not streamed: `passed`, or `failed:` and where; behind a semicolon what was not checked. " +
      "A stream has it as `validation` in its last part.",
    schema: { type: "string" },
  },
};

/** A server-sent event, as OpenAPI 3.2 has it: its data is a text, which is JSON of a schema, or the last one's `end`. */
function eventOf(schema: JsonSchema, end: string | undefined): JsonSchema {
  const data: JsonSchema = { type: "string", contentMediaType: JSON_TYPE, contentSchema: schema };
  return {
    type: "object",
    properties: {
      event: { type: "string" },
      data: end === undefined ? data : { anyOf: [data, { const: end }] },
    },
    required: ["data"],
  };
}

function anyOf(names: AnswerName[]): JsonSchema {
  const references = names.map((name) => ({ $ref: schemaReference(name) }));
  const [first] = references;
  return references.length === 1 && first !== undefined ? first : { anyOf: references };
}

/** Adds to the parameters of a schema, and of what it holds, what each means; `name` is the schema's, or a path into it. */
function explain(schema: JsonSchema, name: string): void {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (typeof property === "boolean") continue;
    const text = textOf(`${name}.${key}`);
    if (text !== undefined) property.description ??= text;
    explain(property, `${name}.${key}`);
  }
  for (const part of [...schema.anyOf ?? [], ...schema.oneOf ?? [], schema.items]) {
    if (typeof part === "object" && !Array.isArray(part)) explain(part, name);
  }
}

/** What a parameter means: the text of the longest end of its path that has one. */
function textOf(path: string): string | undefined {
  const keys = path.split(".");
  for (let i = 0; i < keys.length; i++) {
    const text = PARAMETER_TEXTS[keys.slice(i).join(".")];
    if (text !== undefined) return text;
  }
  return undefined;
}
