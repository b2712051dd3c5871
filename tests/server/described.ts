import assert from "node:assert/strict";
import type { Hono } from "hono";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { AppEnv } from "../../server/app_input.ts";
import type { DescribedOperation, JsonSchema, OpenApiDocument } from "../../server/openapi/mod.ts";
import { FakeEngine } from "./fake_engine.ts";
import { InfillEngine } from "./infill_engine.ts";
import { appOver } from "./requests.ts";

/** One operation of a document. */
export interface Place {
  method: string;
  path: string;
  operation: DescribedOperation;
}

/** The document as a client gets it. */
export async function fetchDocument(app: Hono<AppEnv> = appOver(new FakeEngine())): Promise<OpenApiDocument> {
  const response = await app.request("/openapi.json");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  return await response.json();
}

/** Every operation of a document. */
export function operationsOf(document: OpenApiDocument): Place[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation }))
  );
}

/** The bodies that a document shows for an operation: one undefined where it has none. */
export function exampleBodies({ requestBody }: DescribedOperation): (Record<string, unknown> | undefined)[] {
  if (requestBody === undefined) return [undefined];
  const bodies = Object.values(requestBody.content["application/json"]?.examples ?? {}).map(({ value }) => value);
  assert.ok(bodies.length > 0, "a request body has no example");
  return bodies;
}

/** Checks values against a document's schemas, with a validator that nobody here wrote. */
export class SchemaChecker {
  readonly #ajv = new Ajv2020({ allErrors: true, strictTypes: false });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor({ components }: OpenApiDocument) {
    formats.default(this.#ajv);
    this.#ajv.addVocabulary(["x-not-yet", "components"]);
    this.#ajv.addSchema({ $id: "openapi", components });
  }

  /** What is wrong with a value; empty where nothing is. */
  check(schema: JsonSchema, value: unknown): string {
    const validate = this.#compile(schema);
    return validate(value) ? "" : this.#ajv.errorsText(validate.errors);
  }

  #compile(schema: JsonSchema): ValidateFunction {
    // References are meant from the document's root.
    const text = JSON.stringify(schema).replaceAll('"$ref":"#', '"$ref":"openapi#');
    const compiled = this.#compiled.get(text) ?? this.#ajv.compile(JSON.parse(text));
    this.#compiled.set(text, compiled);
    return compiled;
  }
}

/** Calls an operation as its document says, with what only another operation's answer tells taken from there. */
export async function callOperation(
  app: Hono<AppEnv>,
  { document, place, body }: { document: OpenApiDocument; place: Place; body?: Record<string, unknown> | undefined },
): Promise<Response> {
  const { method, operation } = place;
  const values = await linkedValues(app, document, operation);
  const parameters = operation.parameters ?? [];
  const path = place.path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const value = values[name] ?? parameters.find((parameter) => parameter.name === name)?.example;
    return encodeURIComponent(value ?? assert.fail(`${operation.operationId}: nothing says what "${name}" may be`));
  });
  const query = new URLSearchParams(
    parameters.filter(({ in: where, required }) => where === "query" && required).map(({ name, schema }) => [
      name,
      String(schema.enum?.[0]),
    ]),
  );
  return await app.request(query.size === 0 ? path : `${path}?${query}`, {
    method: method.toUpperCase(),
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
}

async function linkedValues(
  app: Hono<AppEnv>,
  document: OpenApiDocument,
  { operationId }: DescribedOperation,
): Promise<Record<string, string>> {
  for (const place of operationsOf(document)) {
    const link = place.operation.responses["200"]?.links?.[operationId];
    if (link === undefined) continue;
    const [body] = exampleBodies(place.operation);
    const response = await callOperation(app, { document, place, body });
    const answer = await response.json();
    // What fails there, fails with what the parameter's example names, too.
    if (!response.ok) return {};
    return Object.fromEntries(
      Object.entries(link.parameters).map(([name, expression]) => [name, valueAt(answer, expression)]),
    );
  }
  return {};
}

/** What a link's expression, `$response.body#` and a JSON pointer, means in an answer. */
function valueAt(answer: unknown, expression: string): string {
  const [source, pointer = ""] = expression.split("#");
  assert.equal(source, "$response.body");
  let value = answer;
  for (const key of pointer.split("/").slice(1)) {
    assert.ok(typeof value === "object" && value !== null && Object.hasOwn(value, key), `${expression}: no "${key}"`);
    value = Reflect.get(value, key);
  }
  assert.equal(typeof value, "string", expression);
  return String(value);
}

/** An app over an engine that fills gaps, too. */
export function describedApp(): Hono<AppEnv> {
  return appOver(new InfillEngine(), { slotSavePath: "/kept" });
}
