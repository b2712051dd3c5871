/** A file's name without its folder, which is no client's business. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
