/** An id that nothing else has, e.g. `resp_0f8b…`, with 32 hexadecimal digits. */
export function newId(prefix: "resp" | "msg"): string {
  return `${prefix}_${crypto.randomUUID().replaceAll("-", "")}`;
}
