/** A file's name without its folder, on any OS: folders are no client's business. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
