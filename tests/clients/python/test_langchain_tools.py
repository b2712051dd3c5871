"""LangChain's agent, tools and structured output, against the server that PACKLLAMA_URL names."""

import os
import unittest
from typing import Literal

from langchain.agents import create_agent
from langchain.agents.middleware import wrap_model_call
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field

chat = ChatOpenAI(
    base_url=os.environ["PACKLLAMA_URL"] + "/v1",
    api_key="none",
    model="any",
    max_retries=0,
    temperature=0,
    max_tokens=200,
)
QUESTION = "What is the weather in Paris?"


class Place(BaseModel):
    """A place."""

    city: str = Field(max_length=30)
    unit: Literal["celsius", "fahrenheit"]


@tool(args_schema=Place)
def get_weather(city: str, unit: str) -> str:
    """Tells the weather of a city."""
    return f"18 degrees {unit} and rain in {city}"


@wrap_model_call
def first_a_call(request, handler):
    """A model of 135 million parameters does not choose to call by itself."""
    called = any(isinstance(message, ToolMessage) for message in request.messages)
    return handler(request.override(tool_choice="none" if called else "required"))


class Tools(unittest.TestCase):
    def test_bound_tool(self):
        message = chat.bind_tools([get_weather], tool_choice="any").invoke(QUESTION)
        self.assertEqual(message.response_metadata["finish_reason"], "tool_calls")
        self.assertEqual(message.invalid_tool_calls, [])
        call = message.tool_calls[0]
        self.assertEqual(call["name"], "get_weather")
        Place.model_validate(call["args"])

    def test_streamed_call(self):
        chunks = list(chat.bind_tools([get_weather], tool_choice="any").stream(QUESTION))
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole += chunk
        Place.model_validate(whole.tool_calls[0]["args"])

    def test_agent(self):
        agent = create_agent(chat, tools=[get_weather], middleware=[first_a_call])
        messages = agent.invoke({"messages": [HumanMessage(QUESTION)]})["messages"]
        results = [message for message in messages if isinstance(message, ToolMessage)]
        self.assertGreaterEqual(len(results), 1)
        self.assertIn("18 degrees", results[0].content)
        self.assertIsInstance(messages[-1], AIMessage)
        self.assertEqual(messages[-1].tool_calls, [])
        self.assertGreater(len(messages[-1].content), 0)


class StructuredOutput(unittest.TestCase):
    def test_json_schema(self):
        place = chat.with_structured_output(Place, method="json_schema").invoke("Invent a place.")
        self.assertIsInstance(place, Place)

    def test_function_calling(self):
        place = chat.with_structured_output(Place, method="function_calling").invoke("Invent a place.")
        self.assertIsInstance(place, Place)

    def test_strict(self):
        place = chat.with_structured_output(Place, method="json_schema", strict=True).invoke("Invent a place.")
        self.assertIsInstance(place, Place)


if __name__ == "__main__":
    unittest.main()
