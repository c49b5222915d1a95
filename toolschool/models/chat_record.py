"""What an endpoint answered, kept in a file: nothing is asked, or paid for, twice.

    record = ChatRecord(Path("runs/x/answers/mine.jsonl"))
    endpoint = RecordedEndpoint(inner, record, Purse(allowed=5, spent=record.spent))
    answer = await endpoint.ask(request)          # from the file where it is there
    RecordedEndpoint(inner, record, purse, place="nano, epoch 3")     # a model of ours, whose address is another one every day

A line per answer, written the moment it comes: a kill loses what is in flight and nothing else, also in the middle of a conversation, whose
later requests hold the earlier answers. An answer is found by a hash of address, model and all that was asked, so that anything
else is asked anew. Limits: local or mounted folders only (lines are appended); one process at a time writes a file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from toolschool.errors import DataError
from toolschool.models.chat_endpoint import Answer, ChatCall, ChatEndpoint, ChatRequest
from toolschool.models.limits import Purse
from toolschool.models.lines import append_lines, read_lines


class ChatRecord:
    """The answers of a file by their key; `spent` is what all of them have cost."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[str, Answer] = {}
        self.spent = 0.0
        for number, row in read_lines(path):
            try:
                self._keep(**(row or {}))
            except (KeyError, TypeError):
                raise DataError(f"{path}, line {number} is no answer; mend it or move the file away") from None

    def add(self, key: str, answer: Answer, cost: float) -> None:
        row: dict[str, Any] = {"key": key, "cost": cost, "answer": asdict(answer)}
        append_lines(self.path, [row])
        self._keep(**row)

    def _keep(self, key: str, cost: float, answer: dict[str, Any]) -> None:
        calls = tuple(ChatCall(**call) for call in answer["calls"])
        self.answers[key] = Answer(**{**answer, "calls": calls})
        self.spent += cost


class RecordedEndpoint:
    """Another endpoint, whose answers are kept; `place` is what they are known by instead of its address."""

    def __init__(self, inner: ChatEndpoint, record: ChatRecord, purse: Purse, place: str = "") -> None:
        self.inner, self.record, self.purse = inner, record, purse
        self.place = place or inner.url

    async def ask(self, request: ChatRequest) -> Answer:
        """Raises what `ChatEndpoint.ask` raises."""
        key = request_key(self.place, self.inner.model, request)
        if key in self.record.answers:
            return self.record.answers[key]
        answer = await self.inner.ask(request, self.purse)
        self.record.add(key, answer, self.inner.prices.of(answer.prompt_tokens, answer.completion_tokens))
        return answer


def request_key(place: str, model: str, request: ChatRequest) -> str:
    """What tells one request from another."""
    fields = asdict(request)
    if not request.extra:  # as records have it from before there were such fields
        del fields["extra"]
    text = json.dumps([place, model, fields], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
