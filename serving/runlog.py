"""Finished runs of the agent as JSON lines, one file per replica and day, redacted: what `jobs.harvest` reads (`app.record=FOLDER`).

    log = RunLog("runs/records", model="assets/tinyagent/planner", hidden=hidden_of(settings))
    log.write({"id": "...", "query": "Text Sid", ...})       # returns at once; redacting and writing is a thread's work
    log.close()

A record: `id` of the request, `time` (UTC), `model`, `query`, `earlier` (turns before it), `tools` with probabilities, `plan`, `rounds`,
`observations` (without times), `answer`, `finish`, `max_calls`, `problems`, `now`. Files are readable by their owner only. A request is never slowed or
failed by its record: where the thread cannot keep up, or the disk is full, records are lost, and the log says so. Those that
wait when the process is killed are lost, too.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from serving.service import Event, Task
from serving.settings import AppArgs
from toolschool.records import JsonValue
from toolschool.redaction import redacted_value
from toolschool.tools.results import shortened
from toolschool.tools.toolsets.config import VARIABLE
from toolschool.tools.toolsets.environment import MIN_SECRET

MAX_BYTES = 64_000_000  # of a file; the next record begins another one
MAX_WAITING = 1000
MAX_SHOWN = 2000  # characters of a result
OBSERVED = ("round", "id", "tool", "args", "status", "value", "error", "attempts")

log = logging.getLogger(__name__)


def record_of(task: Task, done: Event) -> dict[str, JsonValue]:
    """What is recorded of a run, not yet redacted; `done` is its last event."""
    trace = done["trace"]
    return {
        "id": task.id or uuid.uuid4().hex,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "query": task.query,
        "earlier": len(task.earlier),
        "tools": [{name: tool[name] for name in ("name", "probability")} for tool in trace["tools"]],
        "plan": trace["plan"],
        "rounds": trace["rounds"],
        "observations": [{name: seen[name] for name in OBSERVED} for seen in trace["observations"]],
        "answer": done["answer"],
        "finish": done["finish"],
        "max_calls": task.max_calls,
        "problems": trace["problems"],
        "now": trace["now"],
    }


def hidden_of(settings: AppArgs, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Values of all variables that sources of tools name, or may name, the longest first."""
    names = set(settings.tool_admin.variables) if settings.tool_admin else set[str]()
    for source in settings.tools or ():
        for text in (*source.headers.values(), *source.query.values()):
            names |= set(VARIABLE.findall(text))
        names |= set(source.mcp.env) if source.mcp else set()
    values = (environ.get(name, "") for name in names)
    words = {word for value in values for word in (value, *value.split()) if len(word) >= MIN_SECRET}
    return sorted(words, key=len, reverse=True)


class RunLog:
    """Records of one replica. `keep` are kinds of what is personal that are not redacted. OSError: the folder cannot be made."""

    def __init__(
        self,
        folder: str,
        model: str,
        hidden: Sequence[str] = (),
        keep: Collection[str] = (),
        today: Callable[[], str] = lambda: datetime.now(UTC).strftime("%Y%m%d"),
    ) -> None:
        self._folder, self._model, self._hidden, self._keep, self._today = Path(folder), model, hidden, keep, today
        self._replica, self._number, self._day = uuid.uuid4().hex[:12], 0, ""
        self._waiting: queue.Queue[Mapping[str, JsonValue] | None] = queue.Queue(MAX_WAITING)
        self._lost = 0
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._thread = threading.Thread(target=self._work, name="run-log", daemon=True)
        self._thread.start()

    def write(self, record: Mapping[str, JsonValue]) -> None:
        """Take a record; it is on disk soon."""
        try:
            self._waiting.put_nowait(record)
        except queue.Full:
            self._lose("the disk cannot keep up")

    def close(self) -> None:
        """Return when what was taken is on disk."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (record := self._waiting.get()) is not None:
            try:
                self._append(self._line(record))
            except Exception as error:  # noqa: BLE001 - nothing may end the thread: the next record may go well
                self._lose(f"{type(error).__name__}: {error}")

    def _line(self, record: Mapping[str, JsonValue]) -> bytes:
        clean: Any = redacted_value({**record, "id": "", "time": ""}, self._hidden, self._keep)
        seen = [{**each, "value": shortened(each["value"], MAX_SHOWN)} for each in clean["observations"]]
        kept = {**clean, "id": record["id"], "time": record["time"], "observations": seen}
        kept["model"] = record.get("model", self._model)  # an adapter's run brings its own
        return json.dumps(kept, ensure_ascii=False).encode() + b"\n"

    def _append(self, line: bytes) -> None:
        handle = os.open(self._path(len(line)), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(line)

    def _path(self, more: int) -> Path:
        """The file that takes so many bytes more."""
        if (today := self._today()) != self._day:
            self._day, self._number = today, 0
        path = self._named()
        if path.exists() and path.stat().st_size + more > MAX_BYTES:
            self._number += 1
            path = self._named()
        return path

    def _named(self) -> Path:
        return self._folder / f"{self._day}-{self._replica}-{self._number:04d}.jsonl"

    def _lose(self, reason: str) -> None:
        """Count a record that is lost; the log hears of the first, and of every thousandth."""
        self._lost += 1
        if self._lost % 1000 == 1:
            log.error("%s records of runs were lost in %s: %s", self._lost, self._folder, reason)
