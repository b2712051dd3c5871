/** No special tokens. */
const NONE = { bosText: "", eosText: "", addsBos: false, addsEos: false };

/**
 * Has what conversations need evaluated and run once, some 15 ms of work: to be called while a model is being loaded, so that the first token
 * does not wait for it.
 */
export async function warmConversations(): Promise<void> {
  const { Conversations } = await import("./conversations.ts");
  new Conversations(undefined, NONE).plan({ messages: [{ role: "user", content: "" }] }, undefined);
}
