"""What was asked and answered, kept so that nothing is paid for twice and an exploration can be repeated without its teacher.

    teacher = RecordingTeacher(inner, Transcripts("runs/x/transcripts"), "gpt-4o-mini", Prices(0.15, 0.60))
    teacher = ReplayTeacher("runs/x/transcripts")      # answers what was recorded, TeacherError for anything else
    costs("runs/x/transcripts")                        # {"add_date": 0.0123, ...}: what each tool has cost

A folder has one file of JSON lines per tool, written line by line and flushed: a kill loses the reply in flight and no other. A message is
written once, where it first appears: conversations grow at their end, and whole ones would fill a disk. A reply is found by its `key`, a
hash of all that was asked. Limits: local or mounted folders only (lines are appended), and one process at a time writes about a tool.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolschool.errors import TeacherError
from toolschool.methods.ste.teachers.protocol import Reply, Request, Teacher
from toolschool.methods.ste.trials import Message
from toolschool.models import lines
from toolschool.models.limits import Prices

_MESSAGE = {"message", "role", "content"}
_REPLY = {"key", "teacher", "tool", "text", "prompt_tokens", "completion_tokens", "cost"}  # what is read back


def request_key(request: Request) -> str:
    """What tells one request from another: the conversation, what it is for, the tool's name, and how it is to be sampled."""
    asked = {
        "purpose": request.purpose,
        "tool": request.tool.name,
        "messages": [[message.role, message.content] for message in request.messages],
        "seed": request.seed,
        "temperature": request.temperature,
        "stop": list(request.stop),
        "max_tokens": request.max_tokens,
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def file_of(folder: str | Path, tool: str) -> Path:
    """The file of a tool, whatever its name is made of."""
    words = re.sub(r"[^A-Za-z0-9_]+", "-", tool).strip("-")[:60]
    return Path(folder) / f"{words}-{hashlib.sha256(tool.encode()).hexdigest()[:8]}.jsonl"


def costs(folder: str | Path) -> dict[str, float]:
    """What the recorded replies of each tool have cost, whoever gave them; {} where there is no such folder."""
    found: dict[str, float] = {}
    for path in sorted(Path(folder).glob("*.jsonl")):
        for line in read_lines(path):
            if "key" in line:
                found[line["tool"]] = found.get(line["tool"], 0.0) + line["cost"]
    return found


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a transcript; a last one that was cut off is left out. TeacherError where another is none."""
    for number, value in lines.read_lines(path):
        if value is None or not (value.keys() >= _MESSAGE or value.keys() >= _REPLY):
            raise TeacherError(f"{path}, line {number} is neither a message nor a reply; mend it or move the file away")
        yield value


class Transcript:
    """What is recorded about one tool. `replies` by (teacher, key); `spent` is their cost."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.replies: dict[tuple[str, str], Reply] = {}
        self.spent = 0.0
        self._written: set[str] = set()  # messages
        for line in read_lines(path):
            if "message" in line:
                self._written.add(line["message"])
            else:
                reply = Reply(line["text"], line["prompt_tokens"], line["completion_tokens"])
                self.replies[line["teacher"], line["key"]] = reply
                self.spent += line["cost"]

    def add(self, request: Request, reply: Reply, teacher: str, cost: float) -> None:
        """Append a reply, behind those of its messages that are new."""
        marks = {_mark(message): message for message in request.messages}
        new = [
            {"message": mark, "role": message.role, "content": message.content}
            for mark, message in marks.items()
            if mark not in self._written
        ]
        key = request_key(request)
        lines.append_lines(self.path, [*new, _line(request, reply, key, teacher, cost)])
        self._written |= marks.keys()
        self.replies[teacher, key] = reply
        self.spent += cost


def _mark(message: Message) -> str:
    return hashlib.sha256(f"{message.role}\0{message.content}".encode(errors="surrogatepass")).hexdigest()[:16]


def _line(request: Request, reply: Reply, key: str, teacher: str, cost: float) -> dict[str, Any]:
    return {
        "key": key,
        "teacher": teacher,
        "purpose": request.purpose,
        "tool": request.tool.name,
        "seed": request.seed,
        "temperature": request.temperature,
        "stop": list(request.stop),
        "max_tokens": request.max_tokens,
        "messages": [_mark(message) for message in request.messages],
        "text": reply.text,
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "cost": cost,
    }


class Transcripts:
    """The files of a folder, each read when its tool is first met."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._open: dict[str, Transcript] = {}

    def of(self, tool: str) -> Transcript:
        if tool not in self._open:
            self._open[tool] = Transcript(file_of(self.folder, tool))
        return self._open[tool]


class RecordingTeacher:
    """Another teacher, whose replies are recorded. What it has answered before, under the same `name`, is not asked again."""

    def __init__(self, inner: Teacher, transcripts: Transcripts, name: str, prices: Prices | None = None) -> None:
        self.inner, self.transcripts, self.name, self.prices = inner, transcripts, name, prices or Prices()

    async def reply(self, request: Request) -> Reply:
        transcript = self.transcripts.of(request.tool.name)
        known = transcript.replies.get((self.name, request_key(request)))
        if known is not None:
            return known
        reply = await self.inner.reply(request)
        cost = self.prices.of(reply.prompt_tokens, reply.completion_tokens)
        transcript.add(request, reply, self.name, cost)
        return reply


class ReplayTeacher:
    """Answers from transcripts, whoever spoke there; the last reply to a request counts. No network, no model."""

    def __init__(self, folder: str | Path) -> None:
        self.transcripts = Transcripts(folder)
        self._replies: dict[str, dict[str, Reply]] = {}

    async def reply(self, request: Request) -> Reply:
        tool, key = request.tool.name, request_key(request)
        if tool not in self._replies:
            recorded = self.transcripts.of(tool).replies
            self._replies[tool] = {known: reply for (_, known), reply in recorded.items()}
        found = self._replies[tool].get(key)
        if found is None:
            raise TeacherError(self._missing(request, key))
        return found

    def _missing(self, request: Request, key: str) -> str:
        """What is not there, and what is."""
        path = file_of(self.transcripts.folder, request.tool.name)
        if not path.exists():
            return f"{path} does not exist: nothing about {request.tool.name} was recorded; replay the tools of the recording"
        lines = [line for line in read_lines(path) if line.get("seed") == request.seed]
        return (
            f"{path} has no reply to this '{request.purpose}' request with seed {request.seed} (key {key[:12]}), "
            f"but {len(lines)} to others with that seed; replay with the settings, prompts and tools of the recording, or ask a live teacher"
        )
