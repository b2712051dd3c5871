/**
 * Whether a model of this chat template marks what it thinks.
 *
 * @param chatTemplate Its Jinja source, where it has one.
 */
export async function thinks(chatTemplate: string | undefined): Promise<boolean> {
  const { templateFacts } = await import("../../../lib/text/formats/mod.ts");
  const { layout, thoughts } = templateFacts(chatTemplate);
  return layout === "harmony" || thoughts !== undefined;
}
