import type { TemplateMessage } from "./template_message.ts";

/**
 * Puts the results of calls that follow each other into the order of the calls; those of no known call go with the first. Messages of users
 * between them stay where they are. DeepSeek V4 was trained so.
 */
export function resultsInOrderOfCalls(messages: TemplateMessage[]): TemplateMessage[] {
  const sorted = [...messages];
  let order = new Map<string, number>();
  for (let i = 0; i < sorted.length;) {
    const message = sorted[i];
    if (message?.role === "assistant" && message.tool_calls !== undefined) {
      order = new Map(message.tool_calls.map(({ id = "" }, at): [string, number] => [id, at]));
    }
    const end = endOfRun(sorted, i);
    if (end > i) sortResults(sorted, { from: i, to: end, order });
    i = Math.max(end, i + 1);
  }
  return sorted;
}

/** Where the messages of users and tools end that begin here. */
function endOfRun(messages: TemplateMessage[], start: number): number {
  let end = start;
  while (messages[end]?.role === "user" || messages[end]?.role === "tool") end++;
  return end;
}

function sortResults(
  messages: TemplateMessage[],
  { from, to, order }: { from: number; to: number; order: ReadonlyMap<string, number> },
): void {
  const places = messages.keys().filter((i) => i >= from && i < to && messages[i]?.role === "tool").toArray();
  const rank = ({ tool_call_id: id = "" }: TemplateMessage): number => order.get(id) ?? 0;
  const results = places.flatMap((place) => messages[place] ?? []).toSorted((a, b) => rank(a) - rank(b));
  for (const [i, result] of results.entries()) messages[places[i] ?? from] = result;
}
