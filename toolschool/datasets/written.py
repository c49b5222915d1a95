"""Requests and plans written for this project: `requests/*.txt`, blocks of a request and its plan with a blank line between.

    Email Dana the Q3 deck and remind me on Friday to follow up.
    1. get_email_address("Dana")
    2. open_and_get_file_path("Q3 deck")
    3. compose_new_email(["$1"], [], "Q3 Deck", "", ["$2"])
    4. create_reminder("Follow up", "@on Friday", "", "", 0, True)

A date is the words of the request that name it after "@", so that a row holds for every clock; "@+45" is 45 minutes after the
date before it, "@now" the clock itself. A request without a plan is one that no tool can serve.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from toolschool.datasets.desk.compose import some_moment
from toolschool.datasets.desk.words import TITLE_SLOTS
from toolschool.datasets.splits import by_shares
from toolschool.errors import PlanError, RowError
from toolschool.methods.tinyagent.compact import title_case
from toolschool.methods.tinyagent.times import find_times
from toolschool.plans.grammar import JOIN, format_plan, parse_plan
from toolschool.records import Call, Example, JsonValue, Plan

FOLDER = Path(__file__).parent / "requests"
ANY_DAY = datetime(2024, 6, 3, 9)
_CALL = re.compile(r"\d+\. \w+\(")


def generate(seed: int, count: int, split: str) -> Iterator[Example]:
    """`count` examples of a split, each with a clock of its own; when all were had they come again with other clocks."""
    rows = _rows(split)
    for index in range(count if rows else 0):
        row = rows[index % len(rows)]
        example = to_example(row, some_moment(random.Random(f"written/{seed}/{index}")))
        yield replace(example, id=f"{example.id}-{seed}-{index // len(rows)}")


def every(split: str) -> list[Example]:
    """Every example of a split that has a plan, for a clock nobody knows: its dates stand for their time of day only."""
    found = [to_example(row, ANY_DAY) for row in _rows(split)]
    return [replace(example, now=None) for example in found if example.plan.calls]


def unserved(split: str) -> list[str]:
    """The requests of a split that no tool can serve."""
    return [row["query"] for row in _rows(split) if not row["plan"]]


def raw_rows(folder: Path = FOLDER) -> Iterator[dict[str, str]]:
    """One `{id, query, plan}` per block; `plan` is text, dates still in words."""
    for file in sorted(folder.glob("*.txt")):
        for block in re.split(r"\n\s*\n", file.read_text(encoding="utf-8").strip()):
            query, *lines = block.strip().splitlines()
            name = hashlib.sha256(query.encode("utf-8")).hexdigest()[:10]  # stays when others are added
            yield {"id": f"written-{file.stem}-{name}", "query": query.strip(), "plan": "\n".join(lines)}


def to_example(row: Mapping[str, str], now: datetime) -> Example:
    """The row's example for a clock; RowError says what is wrong with it."""
    try:
        plan = parse_plan(_joined(row["plan"])) if row["plan"] else Plan(())
    except PlanError as error:
        raise RowError(f"{row['query'][:60]!r}: {error}") from None
    if [f"{call.id}. {call.tool}(" for call in plan.calls] != _CALL.findall(row["plan"]):
        raise RowError(f"{row['query'][:60]!r}: not every line of the plan is a call")
    if [call.id for call in plan.calls] != list(range(1, len(plan.calls) + 1)):
        raise RowError(f"{row['query'][:60]!r}: calls are numbered 1, 2, ... in order")
    plan = _Clock(row["query"], now).resolve(plan)
    for call in plan.calls:
        if call.tool == "create_calendar_event" and str(call.args[2]) <= str(call.args[1]):
            raise RowError(f"{row['query'][:60]!r}: the event ends when it begins or before")
    return Example(row["id"], row["query"], plan, "written", format_plan(plan), now)


def _joined(plan: str) -> str:
    return f"{plan}\n{plan.count(chr(10)) + 2}. {JOIN}()"


class _Clock:
    """Dates of one request."""

    def __init__(self, query: str, now: datetime) -> None:
        self.query, self.now, self.last = query, now.replace(second=0, microsecond=0), now
        self.times = find_times(query, self.now)

    def resolve(self, plan: Plan) -> Plan:
        return Plan(tuple(self._call(call) for call in plan.calls))

    def _call(self, call: Call) -> Call:
        all_day = call.tool == "create_reminder" and call.args[-1] is True
        titles = TITLE_SLOTS.get(call.tool, ())
        return replace(
            call, args=tuple(self._value(value, all_day, index in titles) for index, value in enumerate(call.args))
        )

    def _value(self, value: JsonValue, all_day: bool, title: bool) -> JsonValue:
        if isinstance(value, list):
            return [self._value(item, all_day, title) for item in value]
        if not isinstance(value, str):
            return value
        if not value.startswith("@"):
            return self._copied(value, title)
        self.last = self._moment(value[1:])
        return self.last.strftime("%Y-%m-%d" if all_day else "%Y-%m-%d %H:%M:%S")

    def _copied(self, text: str, title: bool) -> str:
        """Words of the request as they stand there, or made a title of: titles have one style everywhere."""
        at = self.query.lower().find(text.lower())
        surface = self.query[at : at + len(text)]
        if len(text) < 2 or at < 0 or text == surface or (text == surface[:1].upper() + surface[1:] and not title):
            return text
        return title_case(surface) if text[:1].isupper() else surface

    def _moment(self, words: str) -> datetime:
        if words == "now":
            return self.now
        if re.fullmatch(r"\+\d+", words):
            return self.last + timedelta(minutes=int(words))
        place = re.search(rf"(?<!\w){re.escape(words)}(?!\w)", self.query)
        found = [time for time in self.times if place and time.start < place.end() and time.end > place.start()]
        if not found:
            raise RowError(f"{self.query[:60]!r}: no time is found in {words!r}; write it as the request does")
        return found[0].value


@lru_cache(maxsize=8)
def _rows(split: str) -> tuple[dict[str, str], ...]:
    """Nine tenths train, the rest validates; nothing of it is a test."""
    return tuple(row for row in raw_rows() if by_shares(row["query"], train=90, validation=10) == split)
