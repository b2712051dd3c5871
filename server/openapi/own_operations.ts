import { json, type Operation } from "./operation.ts";

/** What no other API has. */
export const OWN_OPERATIONS: Operation[] = [
  {
    id: "showIndex",
    method: "get",
    path: "/",
    api: "Packllama",
    summary: "A page that names the model",
    answers: { 200: { description: "The page.", content: { "text/html": ["Text"] } } },
  },
  {
    id: "showDocs",
    method: "get",
    path: "/docs",
    api: "Packllama",
    summary: "This API as a page",
    answers: { 200: { description: "The page.", content: { "text/html": ["Text"] } } },
  },
  {
    id: "getOpenApi",
    method: "get",
    path: "/openapi.json",
    api: "Packllama",
    summary: "This API as OpenAPI describes it",
    answers: { 200: json("The document.", "OpenApi") },
  },
];
