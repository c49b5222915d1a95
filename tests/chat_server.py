"""A chat endpoint on 127.0.0.1 that does generated word problems with the calculator, as well or badly as a test wants.

A problem that comes without a tool is answered in a text that has the sum in it; what is none of the problems is not understood.

with serving(good=2) as server: server.url, server.asked          # every second problem is answered wrongly
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from toolschool.datasets.arithmetic import generate

KEY = "sk-of-the-tests-0123456789"
ROWS = list(generate(0, 400, "test"))
KNOWN = {row["question"]: (number, row) for number, row in enumerate(ROWS)}
Refusal = tuple[int, dict[str, Any], dict[str, str]]


def completion(message: dict[str, Any], usage: dict[str, int] | None, model: str = "parrot") -> dict[str, Any]:
    """The body of an answer with this message."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}
    about = {"id": "x", "object": "chat.completion", "created": 0, "model": model}
    return {**about, "choices": [choice], "usage": usage}


class Chat(ThreadingHTTPServer):
    """`refuse` says for a problem's number and how often it came how a request is refused; `slow` is the time of an answer."""

    daemon_threads = True

    def __init__(self, every: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.every, self.slow = every, 0.0
        self.asked: list[tuple[int, dict[str, Any]]] = []
        self.keys: Counter[str | None] = Counter()
        self.refuse: Callable[[int, int], Refusal | None] = lambda number, count: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
        question = next(said["content"] for said in body["messages"] if said["role"] == "user").split("\n\n")[0]
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        if question not in KNOWN:
            return 200, completion({"content": "What?"}, usage, body["model"]), {}
        number, row = KNOWN[question]
        self.asked.append((number, body))
        count = sum(number == other and len(body["messages"]) == len(had["messages"]) for other, had in self.asked)
        if refused := self.refuse(number, count):
            return refused
        message: dict[str, Any] = {"content": None}
        worse = "" if (number + 1) % self.every else "1"
        if body["messages"][-1]["role"] == "tool":
            message["content"] = f"The answer is {body['messages'][-1]['content']}{worse}."
        elif "tools" not in body:
            message["content"] = f"{row['expression']} = {row['answer']}{worse} in all"
        else:
            function = {"name": "calculator", "arguments": json.dumps({"expression": row["expression"]})}
            message["tool_calls"] = [{"id": f"c{number}", "type": "function", "function": function}]
        return 200, completion(message, usage, body["model"]), {}


class Handler(BaseHTTPRequestHandler):
    server: Chat
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.say(404, {}, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.keys[self.headers["authorization"]] += 1
        found = self.server.answer(body)
        time.sleep(self.server.slow)
        self.say(*found)

    def say(self, status: int, content: dict[str, Any], headers: dict[str, str]) -> None:
        text = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {**headers, "content-type": "application/json", "content-length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the screen."""


@contextmanager
def serving(every: int = 1_000_000) -> Iterator[Chat]:
    """Each `every`-th problem is answered wrongly."""
    with Chat(every) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(10)
