/** What Ollama's API takes and gives. */
export { ChatAnswer, GenerateAnswer, Measures } from "./answer.ts";
export { ChatRequest } from "./chat_request.ts";
export { EmbedAnswer, EmbeddingsAnswer, EmbeddingsRequest, EmbedRequest } from "./embed.ts";
export { OllamaError } from "./error.ts";
export { GenerateRequest } from "./generate_request.ts";
export { Message } from "./message.ts";
export { LocalModel, LocalModels, ModelDetails, RunningModel, RunningModels } from "./model.ts";
export { Options } from "./options.ts";
export type { OllamaRequest } from "./request.ts";
export { ShowAnswer, ShowRequest } from "./show.ts";
export { type OutputCall, Tool } from "./tool.ts";
export { Version } from "./version.ts";
