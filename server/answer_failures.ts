import type { Context, Hono } from "hono";
import { EngineError } from "../lib/errors.ts";
import type { AppEnv } from "./app_input.ts";
import { logFailure, toErrorResponse } from "./errors.ts";
import { answerMessageError } from "./routes/anthropic/mod.ts";
import { toOllamaErrorResponse } from "./routes/ollama/mod.ts";

/** How the clients of one API are told what went wrong. */
interface Failures {
  /** All paths that are this one or below it are the API's. */
  root: string;
  /** Which paths there are, to end the message about one that there is not. */
  paths: string;
  answer(thrown: unknown, c: Context<AppEnv>): Response;
}

const APIS: readonly Failures[] = [
  {
    root: "/v1/messages",
    paths: "of Anthropic's API there are POST /v1/messages and /v1/messages/count_tokens",
    answer: answerMessageError,
  },
  {
    root: "/api",
    paths: "of Ollama's API there are GET /api/tags, ps and version, and " +
      "POST /api/chat, generate, show, embed and embeddings",
    answer: toOllamaErrorResponse,
  },
];

/** OpenAI's, and llama-server's, which has the same shape. */
const OTHERS: Omit<Failures, "root"> = {
  paths: "the API's paths begin with /v1",
  answer: (thrown) => toErrorResponse(thrown),
};

/** Has an app answer whatever routes and middlewares throw, and paths that there are not, in the shape of the API that the path belongs to. */
export function answerFailures(app: Hono<AppEnv>): void {
  app.onError((error, c) => {
    logFailure(error, `${c.req.method} ${c.req.path}`);
    return failuresOf(c).answer(error, c);
  });
  // Returned, not thrown: whether the path takes another method is looked at afterwards, and only where nothing was thrown.
  app.notFound((c) => {
    const { paths, answer } = failuresOf(c);
    return answer(new EngineError("not_found", `There is no ${c.req.method} ${c.req.path}; ${paths}`), c);
  });
}

function failuresOf({ req: { path } }: Context<AppEnv>): Omit<Failures, "root"> {
  return APIS.find(({ root }) => path === root || path.startsWith(`${root}/`)) ?? OTHERS;
}
