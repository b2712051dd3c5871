"""LangChain's package for OpenAI, against the server that PACKLLAMA_URL names."""

import os
import unittest

import openai
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings

SERVER = {"base_url": os.environ["PACKLLAMA_URL"] + "/v1", "api_key": "none", "model": "any", "max_retries": 0}
MODEL = "smollm2-135m-instruct"
QUESTION = "Name three colors."
TEXTS = ["A cat sat on the mat.", "A kitten sat on the rug.", "Stocks fell sharply in early trading."]

chat = ChatOpenAI(**SERVER, temperature=0, max_tokens=24)


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


class Chat(unittest.TestCase):
    def test_invoke(self):
        message = chat.invoke(QUESTION)
        self.assertIsInstance(message, AIMessage)
        self.assertGreater(len(message.content), 5)
        self.assertEqual(message.response_metadata["model_name"], MODEL)
        self.assertIn(message.response_metadata["finish_reason"], ("stop", "length"))
        usage = message.usage_metadata
        self.assertGreater(usage["input_tokens"], 5)
        self.assertEqual(usage["total_tokens"], usage["input_tokens"] + usage["output_tokens"])

    def test_stream(self):
        plain = chat.invoke(QUESTION)
        chunks = list(chat.stream(QUESTION, stream_usage=True))
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole += chunk
        self.assertGreater(len(chunks), 2)
        self.assertEqual(whole.content, plain.content)
        self.assertEqual(whole.response_metadata["finish_reason"], plain.response_metadata["finish_reason"])
        self.assertEqual(whole.usage_metadata["output_tokens"], plain.usage_metadata["output_tokens"])

    def test_conversation(self):
        first = chat.invoke(QUESTION)
        system = SystemMessage("Answer in French, and say at great length why the answer is what it is.")
        second = chat.invoke([system, HumanMessage(QUESTION), first, HumanMessage("Two more.")])
        self.assertGreater(second.usage_metadata["input_tokens"], first.usage_metadata["total_tokens"])

    def test_chain(self):
        chain = ChatPromptTemplate.from_messages([("user", "{question}")]) | chat | StrOutputParser()
        self.assertEqual(chain.invoke({"question": QUESTION}), chat.invoke(QUESTION).content)

    def test_batch(self):
        answers = chat.batch([QUESTION, "Say hello.", QUESTION])
        self.assertEqual([type(answer) for answer in answers], [AIMessage] * 3)
        self.assertEqual(answers[0].content[:8], answers[2].content[:8])

    def test_logprobs(self):
        message = chat.bind(logprobs=True, top_logprobs=2, max_tokens=8).invoke(QUESTION)
        tokens = message.response_metadata["logprobs"]["content"]
        self.assertEqual("".join(token["token"] for token in tokens), message.content)

    def test_wrong_value(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            chat.bind(temperature=9).invoke(QUESTION)
        self.assertEqual(caught.exception.param, "temperature")

    def test_prompt_too_long(self):
        for stream in (False, True):
            with self.assertRaises(ContextOverflowError):
                list(chat.stream("word " * 5000)) if stream else chat.invoke("word " * 5000)


class AsyncChat(unittest.IsolatedAsyncioTestCase):
    async def test_stream(self):
        model = ChatOpenAI(**SERVER, temperature=0, max_tokens=24)
        plain = await model.ainvoke(QUESTION)
        text = ""
        async for chunk in model.astream(QUESTION):
            text += chunk.content
        self.assertEqual(text, plain.content)


class Responses(unittest.TestCase):
    def test_invoke_and_stream(self):
        model = ChatOpenAI(**SERVER, temperature=0, max_tokens=24, use_responses_api=True)
        message = model.invoke(QUESTION)
        self.assertEqual(message.text, chat.invoke(QUESTION).content)
        self.assertTrue(message.response_metadata["id"].startswith("resp_"))
        self.assertEqual("".join(chunk.text for chunk in model.stream(QUESTION)), message.text)


class Completions(unittest.TestCase):
    def test_invoke_and_stream(self):
        model = OpenAI(**SERVER, temperature=0, max_tokens=8)
        text = model.invoke("One, two, three,")
        self.assertIn("four", text)
        self.assertEqual("".join(model.stream("One, two, three,")), text)


class Embeddings(unittest.TestCase):
    def test_documents_and_query(self):
        # Else it counts and cuts with OpenAI's vocabulary, which it downloads, and sends tokens that are no tokens of this model.
        embeddings = OpenAIEmbeddings(**SERVER, check_embedding_ctx_length=False)
        cat, kitten, stocks = embeddings.embed_documents(TEXTS)
        self.assertEqual([len(vector) for vector in (cat, kitten, stocks)], [576] * 3)
        self.assertGreater(dot(cat, kitten), dot(cat, stocks))
        self.assertGreater(dot(cat, embeddings.embed_query(TEXTS[0])), 0.9999)
