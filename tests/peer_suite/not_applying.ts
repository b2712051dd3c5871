/**
 * Why a case cannot pass: it expects another model's tokens or abilities, or what is otherwise here by choice, or something that is not
 * there yet.
 */
export type Kind = "another model" | "by choice" | "not yet";

/** Cases of llama-server's tests that cannot apply here. */
export interface NotApplying {
  /** Its name, or what names begin with and a `*`. */
  cases: string;
  kind: Kind;
  why: string;
}

const BUILT_IN =
  "expects llama-server's own templates by name; here one is Jinja or `chatml`, and another name is told at the start";
const CODE = "expects the code to end within 512 tokens; SmolLM2's goes on, and the answer ends with `length`";
const PROGRESS = "needs `return_progress`, which is not there; it is named in `X-Ignored-Parameters`";
const CONTEXT = "expects llama-server's `exceed_context_size_error`; ours is OpenAI's error, with the code " +
  "`context_length_exceeded`";
const SHORT = "expects 64 tokens; SmolLM2 ends its answer after 2";
const PICTURES = "expects a 500; a picture that the model cannot see is a 400 that names it";

/** The first that fits a case counts. Each must have a case that fails. */
export const NOT_APPLYING: readonly NotApplying[] = [
  {
    cases: "test_tokenize.py::test_tokenize_with_bos",
    kind: "another model",
    why: "expects BOS in front; SmolLM2 wants none",
  },

  { cases: "test_completion.py::test_completion[Write a joke*", kind: "another model", why: SHORT },
  { cases: "test_completion.py::test_completion_stream[Write a joke*", kind: "another model", why: SHORT },
  {
    cases: "test_completion.py::test_nocache_long_input_prompt",
    kind: "another model",
    why: "expects a prompt that is too long; with SmolLM2's tokens it fits",
  },
  {
    cases: "test_completion.py::test_completion_response_fields[I believe the meaning of life is-32*",
    kind: "another model",
    why: "expects `<s>` in front of the prompt; SmolLM2 wants no BOS",
  },
  {
    cases: "test_completion.py::test_n_probs_stream",
    kind: "by choice",
    why: "expects a message for each token; ours carry all tokens that have come since the one before, up to 40 ms",
  },
  {
    cases: "test_completion.py::test_n_probs_post_sampling",
    kind: "not yet",
    why: "needs `post_sampling_probs`, which is a 400 that names it: probabilities are told before sampling alone",
  },
  {
    cases: "test_completion.py::test_n_probs_post_backend_sampling",
    kind: "not yet",
    why: "needs `--backend_sampling` and `post_sampling_probs`, which are not there",
  },
  {
    cases: "test_completion.py::test_completion_prompt_cache",
    kind: "another model",
    why: "expects the prompts to have as many tokens as with the suite's own model",
  },

  {
    cases: "test_chat_completion.py::test_chat_completion_cached_tokens",
    kind: "another model",
    why: "expects the prompts to have as many tokens as with the suite's own model",
  },
  { cases: "test_chat_completion.py::test_chat_template", kind: "by choice", why: BUILT_IN },
  {
    cases: "test_chat_completion.py::test_chat_template_continue_final_message_mutual_exclusion",
    kind: "by choice",
    why: BUILT_IN,
  },
  { cases: "test_chat_completion.py::test_apply_chat_template", kind: "by choice", why: BUILT_IN },
  { cases: "test_chat_completion.py::test_context_size_exceeded*", kind: "by choice", why: CONTEXT },
  { cases: "test_chat_completion.py::test_return_progress*", kind: "not yet", why: PROGRESS },
  {
    cases: "test_chat_completion.py::test_verbose_debug",
    kind: "not yet",
    why:
      "needs `verbose`, which is not there; it is named in `X-Ignored-Parameters`, and `/apply-template` shows the prompt",
  },

  { cases: "test_compat_oai_responses.py::test_responses_stream_with_llama_telemetry", kind: "not yet", why: PROGRESS },

  { cases: "test_compat_anthropic.py::test_anthropic_tool_result_with_image", kind: "by choice", why: PICTURES },
  { cases: "test_compat_anthropic.py::test_anthropic_vision_format_accepted", kind: "by choice", why: PICTURES },
  {
    cases: "test_compat_anthropic.py::test_anthropic_vision_base64_with_multimodal_model",
    kind: "another model",
    why: "needs a model that sees, and a picture from the network",
  },
  {
    cases: "test_compat_anthropic.py::test_anthropic_empty_messages",
    kind: "by choice",
    why: "expects an answer to no messages; as Anthropic's, this is a 400",
  },
  {
    cases: "test_compat_anthropic.py::test_anthropic_thinking_with_reasoning_model*",
    kind: "another model",
    why: "needs a model that reasons",
  },

  ...["19", "22", "25", "28", "31"].map((number): NotApplying => ({
    cases: `test_tool_call.py::test_completion_with_required_tool_real_model[tool${number}-code-*`,
    kind: "another model",
    why: CODE,
  })),
  {
    cases: "test_tool_call.py::test_completion_without_tool_call_slow[meetkai-functionary-medium-v3.2-256-tools1-None*",
    kind: "another model",
    why: "expects no call where one may be made; SmolLM2 makes some",
  },

  {
    cases: "test_embedding.py::test_embedding_mixed_input[-False]",
    kind: "another model",
    why: "expects a vector of no text, which the suite's model reads as BOS and EOS; SmolLM2 wants neither",
  },
  {
    cases: "test_embedding.py::test_embedding_pooling_none",
    kind: "another model",
    why: "expects BOS and EOS around the text; SmolLM2 wants neither",
  },
  {
    cases: "test_embedding.py::test_embedding_error_prompt_too_long",
    kind: "another model",
    why: "expects an encoder's error, which has to read an input at once; SmolLM2 is none",
  },
  {
    cases: "test_embedding.py::test_embedding_usage_multiple",
    kind: "another model",
    why: "expects the inputs to have as many tokens as with the suite's own model",
  },
];
