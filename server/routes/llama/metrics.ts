import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { MeteredEngine, type Metrics, type Work } from "../../metrics.ts";
import { notSupported } from "./not_supported.ts";

/** A metric's name, what it says, and its value. */
type Metric = [name: string, help: string, value: number];

/**
 * `GET /metrics`: what was computed since the start, in Prometheus's text format under llama-server's names. Speeds are those since they were
 * last asked for. What only the engine knows (calls of llama_decode, steps of guessing) is left out.
 */
export function getMetrics({ engine }: AppInput): Handler<AppEnv> {
  return (c) => {
    if (!(engine instanceof MeteredEngine)) return notSupported("This server does not count what it computes");
    const { metrics } = engine;
    return c.body(toText("counter", counters(metrics)) + toText("gauge", gauges(metrics)), 200, {
      "content-type": "text/plain; version=0.0.4",
      "process-start-time-unix": String(metrics.started),
    });
  };
}

function counters(metrics: Metrics): Metric[] {
  const { prompt, answer } = metrics.total;
  return [
    ["prompt_tokens_total", "Number of prompt tokens processed, excluding cached tokens", prompt.tokens],
    ["prompt_tokens_cached_total", "Number of prompt tokens reused from the cache", metrics.cachedTokens],
    ["prompt_seconds_total", "Total time spent processing prompts", prompt.seconds],
    ["tokens_predicted_total", "Number of generation tokens processed", answer.tokens],
    ["tokens_predicted_seconds_total", "Total time spent generating tokens", answer.seconds],
    ["n_tokens_max", "Largest observed sequence length (prompt + generation)", metrics.longest],
    ["spec_decode_num_draft_tokens_total", "Speculative: Total draft tokens generated", metrics.draftTokens],
    [
      "spec_decode_num_accepted_tokens_total",
      "Speculative: Total draft tokens accepted by the target model",
      metrics.draftAccepted,
    ],
  ];
}

function gauges(metrics: Metrics): Metric[] {
  const { prompt, answer } = metrics.takeRecent();
  const { processing, deferred } = metrics.requests;
  return [
    ["prompt_tokens_seconds", "Average prompt throughput in tokens/s", speed(prompt)],
    ["predicted_tokens_seconds", "Average generation throughput in tokens/s", speed(answer)],
    ["requests_processing", "Number of requests processing", processing],
    ["requests_deferred", "Number of requests deferred", deferred],
  ];
}

function speed({ tokens, seconds }: Work): number {
  return seconds > 0 ? tokens / seconds : 0;
}

/** Prometheus's text format, version 0.0.4. */
function toText(type: "counter" | "gauge", metrics: Metric[]): string {
  return metrics.map(([name, help, value]) =>
    `# HELP llamacpp:${name} ${help}\n# TYPE llamacpp:${name} ${type}\nllamacpp:${name} ${value}\n`
  ).join("");
}
