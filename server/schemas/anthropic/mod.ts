export type { InputMessage } from "./block.ts";
export { MessageError } from "./error.ts";
export { ContentBlock, Message, MessageEvent, MessageUsage, type StopReason, TokenCount } from "./message.ts";
export { CountTokensRequest, MessageRequest } from "./message_request.ts";
