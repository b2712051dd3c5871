/** A message with the names of files alone: where they lie is no client's business. */
export function withoutFolders(message: string): string {
  return message
    .replace(/(["'])(?:[A-Za-z]:)?[\\/][^"'\n]*[\\/]([^"'\\/\n]+)\1/g, "$1$2$1")
    .replace(/(^|[\s(=])(?:[A-Za-z]:)?[\\/](?:[^\s"'\\/]+[\\/])+(?=[^\s"'\\/])/g, "$1");
}
