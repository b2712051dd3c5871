"""A pytest plugin that has llama-server's own tests start another program, and reports how each case ends.

Environment: PEER_SUITE_SERVER names the executable, PEER_SUITE_MODEL a GGUF for it (absent: it carries its own), PEER_SUITE_REPORT
the file that gets one line of JSON for each case.

What another model or another name makes different is let pass, and the report says where: `text` (a regular expression on what the
model said), `tokens` (how long a prompt is in tokens), `fingerprint` (llama.cpp's build number), `opening` (the first part of a
streamed message has the content "" as OpenAI's has, where llama-server's has null), `debug` (with `--verbose` llama-server adds to an
answer as `__verbose` the prompt, which is asked of `/apply-template` instead).
"""

import json
import os
import subprocess
from types import SimpleNamespace

SERVER = os.environ["PEER_SUITE_SERVER"]
MODEL = os.environ.get("PEER_SUITE_MODEL")
REPORT = os.environ["PEER_SUITE_REPORT"]

# Flags of llama-server that ask packllama for what is so anyway.
ALWAYS_SO = {"--slots", "--no-slots", "--no-jinja", "--metrics"}

# Parameters of cases that hold how many tokens a text has.
TOKEN_COUNTS = ("n_prompt", "n_tokens")

# Here the request decides the text, not the model.
DECIDED_TEXTS = {"test_completion_with_response_format", "test_completion_with_json_schema", "test_completion_with_grammar"}

let_pass = set()
running = None


class TokenCount:
    """Equal to any count of tokens, as another model has other tokens."""

    def __init__(self, count):
        self.count = count

    def __eq__(self, other):
        if self.count != other:
            let_pass.add("tokens")
        return type(other) is int and other > 0


def pytest_collection_modifyitems(items):
    import utils

    adapt_server(utils)
    for item in items:
        if hasattr(item.module, "match_regex"):
            item.module.match_regex = match_regex
        params = item.callspec.params if hasattr(item, "callspec") else {}
        for name in TOKEN_COUNTS:
            if name in params:
                params[name] = TokenCount(params[name])


def adapt_server(utils):
    """Has the suite start what is to be tested, with the options that each case asks for."""
    start = utils.ServerProcess.start

    def start_program(self, *args, **kwargs):
        self.server_path = SERVER
        self.model_hf_repo = self.model_hf_file = self.model_url = None
        self.offline = False
        self.model_file = MODEL
        start(self, *args, **kwargs)

    utils.ServerProcess.start = start_program
    if MODEL is None:
        adapt_debug(utils)
    # It would start every model that the whole suite uses.
    utils.ServerPreset.load_all = staticmethod(lambda: None)
    if MODEL is None:
        utils.subprocess = SimpleNamespace(Popen=start_packllama, TimeoutExpired=subprocess.TimeoutExpired)


def adapt_debug(utils):
    """Adds to an answer the prompt, as a server that is started with `--verbose` is expected to."""
    make = utils.ServerProcess.make_request

    def make_request(self, method, path, data=None, *args, **kwargs):
        result = make(self, method, path, data, *args, **kwargs)
        if self.debug and path == "/chat/completions" and result.status_code == 200:
            result.body["__verbose"] = make(self, "POST", "/apply-template", data).body
            let_pass.add("debug")
        return result

    utils.ServerProcess.make_request = make_request


def start_packllama(args, **kwargs):
    flags = [arg for arg in args if arg not in ALWAYS_SO]
    # llama-server gives each slot its own part of the cache as soon as their number is said.
    if "--kv-unified" not in flags:
        flags.append("--no-kv-unified")
    return subprocess.Popen(flags, **kwargs)


def match_regex(regex, text):
    import utils

    if utils.match_regex(regex, text):
        return True
    if running.originalname in DECIDED_TEXTS:
        return False
    let_pass.add("text")
    return True


loads = json.loads


def loads_adapted(*args, **kwargs):
    """requests, httpx and the suite itself read their JSON by this."""
    value = loads(*args, **kwargs)
    if not isinstance(value, dict):
        return value
    fingerprint = value.get("system_fingerprint")
    if isinstance(fingerprint, str) and fingerprint.startswith("packllama-"):
        let_pass.add("fingerprint")
        value["system_fingerprint"] = "b" + fingerprint
    for choice in value.get("choices") or []:
        delta = choice.get("delta") if isinstance(choice, dict) else None
        if isinstance(delta, dict) and delta.get("role") == "assistant" and delta.get("content") == "":
            let_pass.add("opening")
            delta["content"] = None
    return value


json.loads = loads_adapted


def pytest_runtest_setup(item):
    global running
    running = item
    let_pass.clear()


def pytest_runtest_logreport(report):
    if report.when != "call" and report.outcome == "passed":
        return
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        message = crash.message
    elif isinstance(report.longrepr, tuple):
        message = report.longrepr[2]
    else:
        message = str(report.longrepr or "")
    line = {
        "case": report.nodeid,
        "outcome": report.outcome,
        "message": message,
        "letPass": sorted(let_pass),
    }
    with open(REPORT, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
