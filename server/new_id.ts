/** An id that nothing else has: the prefix, such as `resp_` or `chatcmpl-`, and 32 hexadecimal digits. */
export function newId(prefix: string): string {
  return prefix + crypto.randomUUID().replaceAll("-", "");
}
