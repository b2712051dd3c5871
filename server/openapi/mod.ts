/** The API as it is described to programs. It takes a while to make, and is imported when somebody asks for it. */
export {
  type Content,
  type DescribedAnswer,
  type DescribedOperation,
  type DescribedParameter,
  type OpenApiDocument,
  openApiDocument,
} from "./document.ts";
export { dataSchema } from "./data_schema.ts";
export { type JsonSchema, referredName, schemaReference } from "./json_schema.ts";
export { EVENTS_TYPE, type Example, JSON_TYPE, LINES_TYPE } from "./operation.ts";
