import type * as z from "zod";
import type { AnswerName, RequestName } from "./components.ts";

/** The APIs that are served, by whose clients know them. */
export type ApiName = "OpenAI" | "Anthropic" | "llama-server" | "Ollama" | "Packllama";

/** A body that can be sent as it stands. */
export interface Example {
  summary: string;
  value: Record<string, unknown>;
}

/** One way in which a request can be answered. */
export interface Answer {
  description: string;
  /** By content type the schemas of which the body has one; of a stream, each of its parts. */
  content: Record<string, AnswerName[]>;
  /** The data of a stream's last event, where that is no JSON. */
  end?: string;
  /** Operations that can go on from this answer, by their id: which of its values (a JSON pointer) fills which of their parameters. */
  links?: Record<string, Record<string, string>>;
}

/** One operation of an API, as it is described to programs and to people. */
export interface Operation {
  /** Unique among all. */
  id: string;
  method: "get" | "post" | "delete";
  /** With parameters in braces. */
  path: string;
  /** Other paths that do the same. */
  aliases?: string[];
  api: ApiName;
  summary: string;
  description?: string;
  /** By name what a part of the path is. */
  pathParameters?: Record<string, { description: string; example: string }>;
  /** What the query may say. */
  query?: z.ZodObject;
  request?: RequestName;
  /** At least one where there is a request. */
  examples?: Record<string, Example>;
  /** Whether answers may be held to schemas, so that headers say what was not. */
  relaxes?: boolean;
  /** By status what is no error of the API's usual shape. */
  answers: Record<number, Answer>;
  /** Statuses of errors in the API's usual shape. */
  errors?: number[];
}

/** The content types of whole answers and of streams. */
export const JSON_TYPE = "application/json";
export const EVENTS_TYPE = "text/event-stream";
export const LINES_TYPE = "application/x-ndjson";

/** What a request can fail with that needs the model, and brings no body. */
export const MODEL_ERRORS = [404, 500, 503];

/** What a request can fail with that needs the model, and has a body. */
export const BODY_ERRORS = [400, 404, 413, 415, 500, 503];

/** An answer that is JSON, of one of these schemas. */
export function json(description: string, ...schemas: AnswerName[]): Answer {
  return { description, content: { [JSON_TYPE]: schemas } };
}
