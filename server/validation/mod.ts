/** Checks of answers against what of their schemas no grammar held. */
export { AnswerValidation, type CheckedChoice } from "./answer_validation.ts";
