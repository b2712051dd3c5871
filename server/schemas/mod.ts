export { ChatCompletion, ChatCompletionChunk, Timings, Usage } from "./chat_completion.ts";
export { ChatCompletionRequest } from "./chat_completion_request.ts";
export { ChatMessage } from "./chat_message.ts";
export { ErrorBody } from "./error.ts";
export { Model, ModelList } from "./model.ts";
export { SamplingParameters } from "./sampling.ts";
