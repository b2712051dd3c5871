/**
 * Of an answer what `response_fields` names, as llama-server does (`json_get_nested_values`): each under the whole path that names it; what
 * there is not is left out.
 *
 * @param paths Keys parted by slashes.
 */
export function pickFields(answer: object, paths: string[]): Record<string, unknown> {
  const found = paths.map((path) => [path, valueAt(answer, path.split("/"))] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

function valueAt(answer: object, keys: string[]): unknown {
  let value: unknown = answer;
  for (const key of keys) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) {
      return undefined;
    }
    value = Reflect.get(value, key);
  }
  return value;
}
