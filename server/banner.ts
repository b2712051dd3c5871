import type { ModelInfo } from "../lib/engine/mod.ts";

/** What a person sees first: the model, what it runs on, the address, and a request to paste. */
export function banner(model: ModelInfo, url: string): string {
  const megabytes = Math.round(model.sizeBytes / 1e6);
  const body = '{"messages":[{"role":"user","content":"Hello!"}]}';
  return [
    `${model.id}: ${model.description}, ${megabytes} MB`,
    `context ${model.contextLength} tokens, ${model.threads} threads, ${model.backend}`,
    `listening at ${url}/v1`,
    "",
    `curl ${url}/v1/chat/completions -H 'Content-Type: application/json' -d '${body}'`,
    "",
  ].join("\n");
}

/** The same for programs: one line of JSON. */
export function readyLine(
  model: ModelInfo,
  { url, hostname, port }: { url: string; hostname: string; port: number },
): string {
  return JSON.stringify({ event: "ready", url, host: hostname, port, pid: Deno.pid, model: model.id });
}
