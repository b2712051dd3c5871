"""OpenAI's library for Python, against the server that PACKLLAMA_URL names."""

import math
import os
import unittest

import openai
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel, Field

BASE_URL = os.environ["PACKLLAMA_URL"] + "/v1"
MODEL = "smollm2-135m-instruct"
QUESTION = [{"role": "user", "content": "Name three colors."}]
# A whole request whose answer is always the same.
GREEDY = {"model": "any", "messages": QUESTION, "temperature": 0, "max_tokens": 24}
TEXTS = ["A cat sat on the mat.", "A kitten sat on the rug.", "Stocks fell sharply in early trading."]

client = OpenAI(base_url=BASE_URL, api_key="none", max_retries=0)


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


class Place(BaseModel):
    city: str = Field(max_length=30)
    days: int = Field(ge=1, le=14)


class Structure(unittest.TestCase):
    def test_parse(self):
        asked = {**GREEDY, "max_tokens": 200, "temperature": 1}
        for seed in range(4):
            answer = client.chat.completions.parse(**asked, seed=seed, response_format=Place)
            self.assertIsInstance(answer.choices[0].message.parsed, Place)

    def test_parse_tools(self):
        answer = client.chat.completions.parse(
            **{**GREEDY, "max_tokens": 200},
            tools=[openai.pydantic_function_tool(Place, name="get_forecast")],
            tool_choice="required",
        )
        self.assertEqual(answer.choices[0].finish_reason, "tool_calls")
        self.assertIsInstance(answer.choices[0].message.tool_calls[0].function.parsed_arguments, Place)

    def test_responses(self):
        answer = client.responses.parse(model="any", input="Invent a place.", text_format=Place, max_output_tokens=200)
        self.assertIsInstance(answer.output_parsed, Place)


class Chat(unittest.TestCase):
    def test_answer(self):
        answer = client.chat.completions.create(**GREEDY)
        self.assertEqual(answer.model, MODEL)
        [choice] = answer.choices
        self.assertEqual(choice.message.role, "assistant")
        self.assertGreater(len(choice.message.content), 5)
        self.assertIn(choice.finish_reason, ("stop", "length"))
        usage = answer.usage
        self.assertGreater(usage.prompt_tokens, 5)
        self.assertEqual(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)

    def test_stream(self):
        plain = client.chat.completions.create(**GREEDY)
        chunks = list(client.chat.completions.create(**GREEDY, stream=True, stream_options={"include_usage": True}))
        choices = [choice for chunk in chunks for choice in chunk.choices]
        self.assertEqual("".join(choice.delta.content or "" for choice in choices), plain.choices[0].message.content)
        self.assertEqual(choices[0].delta.role, "assistant")
        self.assertEqual(choices[-1].finish_reason, plain.choices[0].finish_reason)
        self.assertEqual(chunks[-1].choices, [])
        self.assertEqual(chunks[-1].usage.completion_tokens, plain.usage.completion_tokens)

    def test_stream_helper(self):
        plain = client.chat.completions.create(**GREEDY)
        with client.chat.completions.stream(**GREEDY) as stream:
            deltas = [event.delta for event in stream if event.type == "content.delta"]
            final = stream.get_final_completion()
        self.assertEqual("".join(deltas), plain.choices[0].message.content)
        self.assertEqual(final.choices[0].message.content, plain.choices[0].message.content)

    def test_logprobs(self):
        answer = client.chat.completions.create(**{**GREEDY, "max_tokens": 8}, logprobs=True, top_logprobs=2)
        tokens = answer.choices[0].logprobs.content
        self.assertEqual("".join(token.token for token in tokens), answer.choices[0].message.content)
        self.assertEqual((len(tokens), answer.usage.completion_tokens), (8, 8))
        for token in tokens:
            self.assertLessEqual(token.logprob, 0)
            self.assertEqual(token.top_logprobs[0].token, token.token)

    def test_several_and_stop(self):
        whole = client.chat.completions.create(**GREEDY).choices[0].message.content
        stop = whole[8:12]
        answer = client.chat.completions.create(**GREEDY, n=2, stop=stop)
        expected = whole[: whole.index(stop)]
        self.assertEqual([choice.message.content for choice in answer.choices], [expected, expected])
        self.assertEqual({choice.finish_reason for choice in answer.choices}, {"stop"})

    def test_seed(self):
        def draw(seed):
            answer = client.chat.completions.create(**{**GREEDY, "temperature": 1.5}, seed=seed)
            return answer.choices[0].message.content

        first = draw(1)
        self.assertEqual(draw(1), first)
        self.assertNotEqual(draw(2), first)


class Completions(unittest.TestCase):
    REQUEST = {"model": "any", "prompt": ["The sky is", "One, two, three,"], "temperature": 0, "max_tokens": 8}

    def test_whole_and_streamed(self):
        plain = client.completions.create(**self.REQUEST, logprobs=1)
        self.assertIn("four", plain.choices[1].text)
        for choice in plain.choices:
            self.assertEqual("".join(choice.logprobs.tokens), choice.text)
        texts = ["", ""]
        for chunk in client.completions.create(**self.REQUEST, stream=True):
            for choice in chunk.choices:
                texts[choice.index] += choice.text
        self.assertEqual(texts, [choice.text for choice in plain.choices])


class Embeddings(unittest.TestCase):
    def test_default_is_what_numbers_are(self):
        encoded = client.embeddings.create(model="any", input=TEXTS)
        plain = client.embeddings.create(model="any", input=TEXTS, encoding_format="float")
        vectors = [item.embedding for item in encoded.data]
        for vector, item in zip(vectors, plain.data, strict=True):
            self.assertEqual(len(vector), 576)
            self.assertAlmostEqual(math.hypot(*vector), 1, places=5)
            self.assertGreater(dot(vector, item.embedding), 0.9999)
        cat, kitten, stocks = vectors
        self.assertGreater(dot(cat, kitten), dot(cat, stocks))
        self.assertGreater(encoded.usage.prompt_tokens, 15)


class Responses(unittest.TestCase):
    REQUEST = {"model": "any", "input": "Name three colors.", "temperature": 0, "max_output_tokens": 24}

    def test_stored(self):
        first = client.responses.create(**self.REQUEST)
        self.assertEqual(first.output_text, client.chat.completions.create(**GREEDY).choices[0].message.content)
        second = client.responses.create(
            **{**self.REQUEST, "input": "Two more."}, previous_response_id=first.id
        )
        self.assertGreater(second.usage.input_tokens, first.usage.total_tokens)
        items = list(client.responses.input_items.list(second.id, order="asc"))
        self.assertEqual([item.role for item in items], ["user", "assistant", "user"])
        self.assertEqual(client.responses.retrieve(second.id).output_text, second.output_text)
        client.responses.delete(second.id)
        with self.assertRaises(openai.NotFoundError):
            client.responses.retrieve(second.id)

    def test_stream_helper(self):
        plain = client.responses.create(**self.REQUEST)
        with client.responses.stream(**self.REQUEST) as stream:
            events = list(stream)
            final = stream.get_final_response()
        deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
        self.assertEqual("".join(deltas), plain.output_text)
        self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
        self.assertEqual((final.output_text, final.status), (plain.output_text, plain.status))


class Models(unittest.TestCase):
    def test_listed_and_found(self):
        self.assertEqual([model.id for model in client.models.list()], [MODEL])
        self.assertEqual(client.models.retrieve(MODEL).id, MODEL)
        with self.assertRaises(openai.NotFoundError):
            client.models.retrieve("gpt-4")


class Errors(unittest.TestCase):
    def test_wrong_value(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            client.chat.completions.create(**{**GREEDY, "temperature": 9})
        self.assertEqual((caught.exception.param, caught.exception.type), ("temperature", "invalid_request_error"))

    def test_prompt_too_long(self):
        for stream in (False, True):
            with self.assertRaises(openai.BadRequestError) as caught:
                messages = [{"role": "user", "content": "word " * 5000}]
                client.chat.completions.create(**{**GREEDY, "messages": messages}, stream=stream)
            self.assertEqual(caught.exception.code, "context_length_exceeded")


class Async(unittest.IsolatedAsyncioTestCase):
    async def test_stream_and_answer(self):
        async with AsyncOpenAI(base_url=BASE_URL, api_key="none", max_retries=0) as client:
            plain = await client.chat.completions.create(**GREEDY)
            text = ""
            async for chunk in await client.chat.completions.create(**GREEDY, stream=True):
                text += chunk.choices[0].delta.content or ""
            self.assertEqual(text, plain.choices[0].message.content)
            embeddings = await client.embeddings.create(model="any", input=TEXTS)
            self.assertEqual([item.index for item in embeddings.data], [0, 1, 2])
