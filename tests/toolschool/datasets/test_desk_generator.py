"""The desk generator: deterministic, well formed, runnable, with its splits apart."""

import json
import re
from collections import Counter
from datetime import datetime, time
from itertools import pairwise
from time import process_time

import pytest

from toolschool.datasets.desk import generate
from toolschool.datasets.desk.draw import phrasings
from toolschool.datasets.splits import SPLITS
from toolschool.methods.tinyagent.times import find_times
from toolschool.plans.grammar import parse_plan
from toolschool.plans.references import substitute
from toolschool.records import Example, JsonValue
from toolschool.tools.desk import DESK_TOOLS, Desk, is_failure


@pytest.fixture(scope="module")
def train() -> list[Example]:
    return list(generate(5, 3000, "train"))


def strings(value: JsonValue) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for item in value for text in strings(item)] if isinstance(value, (list, tuple)) else []


def test_same_seed_same_examples_and_prefix_stable() -> None:
    assert list(generate(1, 50, "train")) == list(generate(1, 80, "train"))[:50]
    assert list(generate(1, 50, "train")) != list(generate(2, 50, "train"))
    assert [e.query for e in generate(1, 50, "train")] != [e.query for e in generate(1, 50, "test")]


def test_it_is_fast_enough() -> None:
    list(generate(0, 50, "train"))
    start = process_time()
    list(generate(0, 1000, "train"))
    assert process_time() - start < 1.0  # twice the promised time per example, for slow machines


def test_text_and_plan_agree(train: list[Example]) -> None:
    for example in train:
        assert parse_plan(example.raw_plan).calls == example.plan.calls
        assert len(example.plan.calls) <= 8
        assert [call.id for call in example.plan.calls] == list(range(1, len(example.plan.calls) + 1))


@pytest.mark.parametrize("split", SPLITS)
def test_every_plan_runs_on_the_desk(split: str) -> None:
    for example in generate(9, 250, split):
        desk = Desk(example.now, open_world=True)
        tools, seen = desk.catalog(), {}
        for call in example.plan.calls:
            args = tools[call.tool].named(tuple(substitute(list(call.args), seen)))
            assert len(args) == len(tools[call.tool].argument_names)
            seen[call.id] = desk.call(call.tool, args)
            assert not is_failure(seen[call.id]), (example.query, call, seen[call.id])
        desk.close()


def test_references_are_whole_and_backward_and_lookups_are_used(train: list[Example]) -> None:
    for example in train:
        for call in example.plan.calls:
            for text in strings(call.args):
                if "$" in text:
                    assert re.fullmatch(r"\$\d+", text), (example.query, text)
                    assert int(text[1:]) < call.id


def test_arguments_are_words_of_the_query(train: list[Example]) -> None:
    """Names, titles, files, places and free text are copied; dates and Title Case titles are derived."""
    copied = {"get_email_address": (0,), "get_phone_number": (0,), "open_and_get_file_path": (0,), "open_note": (0, 1),
              "create_note": (0, 1, 2), "append_note_content": (0, 1, 2), "send_sms": (0, 1), "maps_open_location": (0,),
              "maps_show_directions": (0, 1), "forward_email": (0, 1, 2), "reply_to_email": (0, 1), "compose_new_email": (0, 1, 3)}  # fmt: skip
    for example in train:
        for call in example.plan.calls:
            for slot in copied.get(call.tool, ()):
                for text in strings([call.args[slot]]):
                    assert text.startswith("$") or text in example.query, (example.query, call)


def test_it_resembles_the_real_rows(train: list[Example]) -> None:
    used = Counter(tool for example in train for tool in example.tools)
    assert set(used) == set(DESK_TOOLS)
    assert min(used.values()) > 0.05 * len(train)
    edges: Counter[tuple[str, str]] = Counter()
    for example in train:
        tool = {f"${call.id}": call.tool for call in example.plan.calls}
        edges.update((tool[t], call.tool) for call in example.plan.calls for t in strings(call.args) if t in tool)
    mail = ("compose_new_email", "reply_to_email", "forward_email")
    wanted = [("get_email_address", to) for to in (*mail, "create_calendar_event", "get_zoom_meeting_link")]
    wanted += [("open_and_get_file_path", to) for to in (*mail, "summarize_pdf", "append_note_content")]
    wanted += [
        ("summarize_pdf", to)
        for to in (*mail, "append_note_content", "create_note", "send_sms", "create_calendar_event")
    ]
    wanted += [("maps_open_location", to) for to in (*mail, "append_note_content", "send_sms")]
    wanted += [("maps_show_directions", to) for to in (*mail, "append_note_content", "send_sms")]
    wanted += [
        ("get_zoom_meeting_link", to) for to in (*mail, "create_calendar_event", "append_note_content", "send_sms")
    ]
    wanted += [("get_phone_number", to) for to in ("send_sms", "append_note_content", "create_note", "create_reminder")]
    wanted += [("open_note", to) for to in (*mail, "append_note_content", "send_sms")]
    assert [edge for edge in wanted if edges[edge] < 2] == []
    lengths = Counter(len(example.plan.calls) for example in train)
    assert all(lengths[n] > 0.03 * len(train) for n in range(1, 9))


def test_names_of_the_splits_are_apart() -> None:
    def names(split: str) -> set[str]:
        found = set()
        for example in generate(11, 1500, split):
            for call in example.plan.calls:
                if call.tool == "get_email_address" and re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", call.args[0]):
                    found.add(call.args[0])
        return found

    pools = {split: names(split) - {"Aunt May", "Uncle Joe"} for split in SPLITS}
    assert all(len(pool) > 50 for pool in pools.values())
    for one, other in pairwise([*SPLITS, SPLITS[0]]):
        assert not pools[one] & pools[other]


def test_rows_survive_parquet_form(train: list[Example]) -> None:
    for example in train[:100]:
        assert Example.from_row(json.loads(json.dumps(example.to_row()))) == example


def test_no_template_is_left_unfilled() -> None:
    for split in SPLITS:
        for example in generate(2, 600, split):
            assert not re.search(r"\{\w+\}|[\[\]|]", example.query), example.query


def test_phrasings_of_test_and_validation_are_not_seen_in_training() -> None:
    """Of a list of templates each part draws shared ones and its own; training draws shared ones only."""
    templates = tuple(f"phrase number {n}" for n in range(100))
    pools = {split: phrasings(templates, split) for split in SPLITS}
    assert pools["train"][1] == ()
    assert pools["train"][0] == pools["test"][0] == pools["validation"][0]
    assert pools["test"][1]
    assert pools["validation"][1]
    assert not set(pools["test"][1]) & set(pools["validation"][1])
    assert not (set(pools["test"][1]) | set(pools["validation"][1])) & set(pools["train"][0])


def test_times_in_plans_are_those_the_request_names(train: list[Example]) -> None:
    """The planner's own reader of times finds the moments of the gold plan in the request."""
    total, missed = 0, []
    for example in train:
        spans = find_times(example.query, example.now)
        moments = {span.value for span in spans} | {example.now}
        nine = {datetime.combine(span.day, time(9)) for span in spans if span.day}
        for call in example.plan.calls:
            slot = {"create_calendar_event": 1, "get_zoom_meeting_link": 1, "create_reminder": 1}.get(call.tool)
            if slot is None:
                continue
            total += 1
            value = datetime.fromisoformat(call.args[slot])
            day_only = len(call.args[slot]) == 10
            days = {moment.date() for moment in moments}
            if value not in moments | nine and not (day_only and value.date() in days):
                missed.append((example.query, call))
    assert total > 1500
    assert len(missed) < 0.005 * total, missed[:3]
