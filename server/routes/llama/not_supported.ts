import type { NotSupportedBody } from "../../schemas/llama/mod.ts";

/** llama-server's answer where it was started without something; `message` says what is missing, and what to do instead. */
export function notSupported(message: string): Response {
  const body: NotSupportedBody = {
    error: { message, type: "not_supported_error", param: null, code: "not_supported" },
  };
  return Response.json(body, { status: 501 });
}
