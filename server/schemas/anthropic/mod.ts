export { MessageError } from "./error.ts";
export { Message, MessageEvent, MessageUsage, type StopReason, TokenCount } from "./message.ts";
export { CountTokensRequest, MessageRequest } from "./message_request.ts";
