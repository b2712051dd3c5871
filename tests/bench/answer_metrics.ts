import type { StreamedAnswer } from "./stream_client.ts";
import { percentile } from "./statistics.ts";

/** Milliseconds from the request to its first text; where there was none, to its end. */
export function firstTokenMs({ started, ended, times }: StreamedAnswer): number {
  return (times[0] ?? ended) - started;
}

/** Tokens a second after the first one, as the client saw them come; NaN for fewer than two. */
export function decodeSpeed({ times, completionTokens }: StreamedAnswer): number {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || last === first) return NaN;
  return (completionTokens - 1) / (last - first) * 1000;
}

/** The same by the server's own clock. The first token costs nothing in it: it came with the prompt. */
export function decodeSpeedByServer({ timings }: StreamedAnswer): number {
  return timings === undefined ? NaN : (timings.predicted_n - 1) / timings.predicted_ms * 1000;
}

/** Prompt tokens computed a second, from the request to its first text. */
export function prefillSpeed(answer: StreamedAnswer): number {
  return (answer.timings?.prompt_n ?? answer.promptTokens) / firstTokenMs(answer) * 1000;
}

/** The same by the server's own clock. */
export function prefillSpeedByServer({ timings }: StreamedAnswer): number {
  return timings === undefined ? NaN : timings.prompt_n / timings.prompt_ms * 1000;
}

/** Milliseconds between one chunk of text and the next. */
export function gapsOf({ times }: StreamedAnswer): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? NaN));
}

/** Tokens of all answers a second, from the first request to the end of the last answer. */
export function aggregateSpeed(answers: readonly StreamedAnswer[]): number {
  const started = Math.min(...answers.map((answer) => answer.started));
  const ended = Math.max(...answers.map((answer) => answer.ended));
  return sum(answers.map((answer) => answer.completionTokens)) / (ended - started) * 1000;
}

/** Tokens a second while every one of the answers was being decoded: from the last one's first token to the first one's last. */
export function decodeOnlySpeed(answers: readonly StreamedAnswer[]): number {
  const from = Math.max(...answers.map(({ times }) => times[0] ?? Infinity));
  const to = Math.min(...answers.map(({ times }) => times.at(-1) ?? -Infinity));
  if (!(to > from)) return NaN;
  // A chunk may hold several tokens.
  const tokens = answers.map(({ times, completionTokens }) =>
    times.filter((time) => time > from && time <= to).length * completionTokens / times.length
  );
  return sum(tokens) / (to - from) * 1000;
}

/** The longest time in which none of an answer's text came, of those that overlap a span of time. */
export function longestSilence(answers: readonly StreamedAnswer[], span: { from: number; to: number }): number {
  const gaps = answers.flatMap((answer) =>
    gapsOf(answer).filter((_, index) => {
      const [start = NaN, end = NaN] = answer.times.slice(index, index + 2);
      return end > span.from && start < span.to;
    })
  );
  return gaps.length === 0 ? NaN : Math.max(...gaps);
}

/** Half and 99 of 100 of the requests' times to the first token, and of the times between tokens, in milliseconds. */
export function latencies(
  answers: readonly StreamedAnswer[],
): Record<"first50" | "first99" | "gap50" | "gap99", number> {
  const first = answers.map(firstTokenMs);
  const gaps = answers.flatMap(gapsOf);
  return {
    first50: percentile(first, 0.5),
    first99: percentile(first, 0.99),
    gap50: percentile(gaps, 0.5),
    gap99: percentile(gaps, 0.99),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
