import * as z from "zod";
import { Item } from "./item.ts";
import { ResponseObject } from "./response_object.ts";

/** A response with the messages that its request brought itself. What came before lies with the response before it. */
export const StoredResponse = z.object({ response: ResponseObject, input: z.array(Item) });

/** A response as it is kept. */
export type StoredResponse = z.infer<typeof StoredResponse>;
