import { streamAnswer, type StreamedAnswer } from "./stream_client.ts";

/** Who asks how often for what. */
export interface Load {
  clients: number;
  /** Of each client. */
  requests: number;
  body(client: number, request: number): Record<string, unknown>;
}

/** Has each client send its requests one after another, all clients at once. */
export async function runClients(url: string, { clients, requests, body }: Load): Promise<StreamedAnswer[]> {
  const perClient = await Promise.all(Array.from({ length: clients }, async (_, client) => {
    const answers: StreamedAnswer[] = [];
    for (let request = 0; request < requests; request++) {
      answers.push(await streamAnswer(url, body(client, request)));
    }
    return answers;
  }));
  return perClient.flat();
}
