export { createChatCompletion } from "./chat_completions.ts";
export { createCompletion } from "./completions.ts";
export { countChatTokens } from "./count_chat_tokens.ts";
export { describedApi } from "./described.ts";
export { createEmbeddings } from "./embeddings.ts";
export { getHealth } from "./health.ts";
export { showIndex } from "./index_page.ts";
export { getModel, listModels } from "./models.ts";
