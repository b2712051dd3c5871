export { responsesApi } from "./responses_api.ts";
