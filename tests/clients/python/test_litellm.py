"""LiteLLM, which speaks the API that a model's prefix names, against the server that PACKLLAMA_URL names."""

import os
import unittest

# Else it fetches its list of prices when it is imported.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm

URL = os.environ["PACKLLAMA_URL"]
OPENAI = {"api_base": URL + "/v1", "api_key": "none", "max_retries": 0}
OTHERS = {"api_base": URL, "api_key": "none", "max_retries": 0}
MESSAGES = [{"role": "user", "content": "Name three colors."}]
GREEDY = {"messages": MESSAGES, "temperature": 0, "max_tokens": 24}
TEXTS = ["A cat sat on the mat.", "A kitten sat on the rug.", "Stocks fell sharply in early trading."]

litellm.telemetry = False


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def text(answer):
    return answer.choices[0].message.content


class OpenAIApi(unittest.TestCase):
    def test_completion(self):
        answer = litellm.completion(model="openai/any", **OPENAI, **GREEDY)
        self.assertEqual(answer.choices[0].message.role, "assistant")
        self.assertGreater(len(text(answer)), 5)
        self.assertIn(answer.choices[0].finish_reason, ("stop", "length"))
        usage = answer.usage
        self.assertGreater(usage.prompt_tokens, 5)
        self.assertEqual(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)

    def test_stream(self):
        plain = litellm.completion(model="openai/any", **OPENAI, **GREEDY)
        options = {"stream": True, "stream_options": {"include_usage": True}}
        chunks = list(litellm.completion(model="openai/any", **OPENAI, **GREEDY, **options))
        joined = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        self.assertEqual(joined, text(plain))
        whole = litellm.stream_chunk_builder(chunks, messages=MESSAGES)
        self.assertEqual(text(whole), text(plain))
        self.assertEqual(whole.usage.completion_tokens, plain.usage.completion_tokens)
        self.assertEqual(whole.choices[0].finish_reason, plain.choices[0].finish_reason)

    def test_text_completion(self):
        request = {"model": "text-completion-openai/any", "prompt": "One, two, three,", "temperature": 0, "max_tokens": 8}
        answer = litellm.text_completion(**request, **OPENAI)
        self.assertIn("four", answer.choices[0].text)

    def test_embedding(self):
        answer = litellm.embedding(model="openai/any", input=TEXTS, **OPENAI)
        cat, kitten, stocks = (item["embedding"] for item in answer.data)
        self.assertEqual([len(vector) for vector in (cat, kitten, stocks)], [576] * 3)
        self.assertGreater(dot(cat, kitten), dot(cat, stocks))
        self.assertGreater(answer.usage.prompt_tokens, 15)

    def test_responses(self):
        request = {"model": "openai/any", "input": MESSAGES[0]["content"], "temperature": 0, "max_output_tokens": 24}
        answer = litellm.responses(**request, api_base=OPENAI["api_base"], api_key="none")
        parts = [part for item in answer.output for part in item.content]
        plain = litellm.completion(model="openai/any", **OPENAI, **GREEDY)
        self.assertEqual("".join(part.text for part in parts), text(plain))

    def test_errors(self):
        with self.assertRaises(litellm.BadRequestError) as caught:
            litellm.completion(model="openai/any", **OPENAI, **{**GREEDY, "temperature": 9})
        self.assertIn("temperature", str(caught.exception))
        with self.assertRaises(litellm.ContextWindowExceededError):
            messages = [{"role": "user", "content": "word " * 5000}]
            litellm.completion(model="openai/any", **OPENAI, **{**GREEDY, "messages": messages})


class AsyncOpenAIApi(unittest.IsolatedAsyncioTestCase):
    async def test_stream(self):
        plain = await litellm.acompletion(model="openai/any", **OPENAI, **GREEDY)
        joined = ""
        async for chunk in await litellm.acompletion(model="openai/any", **OPENAI, **GREEDY, stream=True):
            joined += chunk.choices[0].delta.content or ""
        self.assertEqual(joined, text(plain))


class OtherApis(unittest.TestCase):
    """What LiteLLM sends and reads where the same server is Anthropic's or Ollama's to it."""

    def check(self, model):
        expected = text(litellm.completion(model="openai/any", **OPENAI, **GREEDY))
        answer = litellm.completion(model=model, **OTHERS, **GREEDY)
        self.assertEqual(text(answer), expected)
        self.assertEqual(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens)
        chunks = litellm.completion(model=model, **OTHERS, **GREEDY, stream=True)
        self.assertEqual("".join(chunk.choices[0].delta.content or "" for chunk in chunks), expected)

    def test_anthropic(self):
        self.check("anthropic/any")

    def test_ollama(self):
        self.check("ollama_chat/any")
