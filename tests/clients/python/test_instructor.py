"""instructor, against the server that PACKLLAMA_URL names."""

import os
import unittest
from typing import Literal

import instructor
from openai import OpenAI
from pydantic import BaseModel, Field

client = OpenAI(base_url=os.environ["PACKLLAMA_URL"] + "/v1", api_key="none", max_retries=0)
QUESTION = [{"role": "user", "content": "Invent a person with a pet."}]


class Pet(BaseModel):
    kind: Literal["cat", "dog"]
    name: str = Field(max_length=12)


class Person(BaseModel):
    name: str = Field(min_length=1, max_length=20)
    age: int = Field(ge=0, le=120)
    pets: list[Pet] = Field(max_length=2)


class Modes(unittest.TestCase):
    def check(self, mode):
        held = instructor.from_openai(client, mode=mode)
        for seed in range(4):
            # No second try: the first answer fits.
            person = held.chat.completions.create(
                model="any",
                messages=QUESTION,
                response_model=Person,
                max_retries=0,
                max_tokens=300,
                temperature=1,
                seed=seed,
            )
            self.assertIsInstance(person, Person)

    def test_json_schema(self):
        self.check(instructor.Mode.JSON_SCHEMA)

    def test_tools(self):
        self.check(instructor.Mode.TOOLS)

    def test_strict_tools(self):
        self.check(instructor.Mode.TOOLS_STRICT)


if __name__ == "__main__":
    unittest.main()
