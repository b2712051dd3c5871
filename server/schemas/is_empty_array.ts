/** Whether a value is a list that holds nothing: it asks for nothing. */
export function isEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
