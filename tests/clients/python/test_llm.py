"""Simon Willison's llm, its command line, against the server that PACKLLAMA_URL names."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BASE_URL = os.environ["PACKLLAMA_URL"] + "/v1"
# Of each kind of model that llm knows for OpenAI's API.
MODELS = f"""
- model_id: chat
  model_name: any
  api_base: {BASE_URL}
- model_id: completion
  model_name: any
  api_base: {BASE_URL}
  completion: true
- model_id: responses
  model_name: any
  api_base: {BASE_URL}
  responses: true
"""
QUESTION = "Name three colors."
GREEDY = ["-o", "temperature", "0", "-o", "max_tokens", "24"]


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        Path(self.folder.name, "extra-openai-models.yaml").write_text(MODELS)

    def llm(self, *args):
        env = {**os.environ, "LLM_USER_PATH": self.folder.name}
        command = [sys.executable, "-m", "llm", *args]
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def answer(self, *args):
        done = self.llm(*args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.removesuffix("\n")

    def test_chat(self):
        streamed = self.answer("-m", "chat", QUESTION, *GREEDY)
        self.assertGreater(len(streamed), 5)
        done = self.llm("-m", "chat", QUESTION, *GREEDY, "--no-stream", "--usage")
        self.assertEqual(done.stdout.removesuffix("\n"), streamed)
        self.assertRegex(done.stderr, r"Token usage: \d+ input, \d+ output")

        first, second = json.loads(self.answer("logs", "--json", "-n", "2"))
        self.assertEqual((first["response"], second["response"]), (streamed, streamed))
        for log in (first, second):
            self.assertGreater(log["input_tokens"], 10)
            self.assertGreater(log["output_tokens"], 3)

    def test_conversation(self):
        first = self.llm("-m", "chat", QUESTION, *GREEDY, "--usage")
        second = self.llm("-c", "Two more.", *GREEDY, "--usage")
        self.assertEqual(second.returncode, 0, second.stderr)
        counts = [int(re.search(r"(\d+) input", done.stderr).group(1)) for done in (first, second)]
        self.assertGreater(counts[1], counts[0] + 10)

    def test_responses(self):
        chat = self.answer("-m", "chat", QUESTION, *GREEDY)
        self.assertEqual(self.answer("-m", "responses", QUESTION, *GREEDY), chat)
        self.assertEqual(self.answer("-m", "responses", QUESTION, *GREEDY, "--no-stream"), chat)

    def test_completion(self):
        options = ["-o", "temperature", "0", "-o", "max_tokens", "8"]
        streamed = self.answer("-m", "completion", "One, two, three,", *options)
        self.assertIn("four", streamed)
        self.assertEqual(self.answer("-m", "completion", "One, two, three,", *options, "--no-stream"), streamed)

    def test_wrong_value(self):
        done = self.llm("-m", "chat", QUESTION, "-o", "max_tokens", "0")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("max_tokens", done.stderr)
