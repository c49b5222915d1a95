"""Clauses of real-looking rows, and new rows out of them. The rows here are written for the tests."""

from dataclasses import replace
from pathlib import Path

import pytest

from toolschool.datasets import tinyagent
from toolschool.datasets.augment import augment, merge, swap
from toolschool.datasets.clauses import cut, normal, tidy, units
from toolschool.datasets.desk import generate
from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.splits import split_of
from toolschool.errors import DataError
from toolschool.plans.grammar import parse_plan
from toolschool.plans.order import renumber
from toolschool.plans.references import dependencies
from toolschool.records import Call, Example, Plan

ROW = Example(
    "row",
    'Open the note "Choir Songs" in the "Music" folder, send an SMS to Olga saying "see you", and then reply to the '
    "email from Piet with the tour plan attached. Finally, summarize the \"Tour.pdf\" and text the summary to Hal.",
    Plan(
        (
            Call(1, "open_note", ("Choir Songs", "Music")),
            Call(2, "get_phone_number", ("Olga",)),
            Call(3, "send_sms", (["$2"], "see you")),
            Call(4, "open_and_get_file_path", ("tour plan",)),
            Call(5, "reply_to_email", ([], "", ["$4"])),
            Call(6, "open_and_get_file_path", ("Tour.pdf",)),
            Call(7, "summarize_pdf", ("$6",)),
            Call(8, "get_phone_number", ("Hal",)),
            Call(9, "send_sms", (["$8"], "$7")),
        )
    ),
    "tinyagent",
)  # fmt: skip


def draw(seed: int = 0) -> Draw:
    import random
    from datetime import datetime

    return Draw(random.Random(seed), "train", datetime(2025, 1, 1))


def test_a_request_is_cut_before_verbs_but_not_inside_quotes() -> None:
    query = 'Open the note "Buy, send and keep" and then text Ann, finally show the way home.'
    assert [tidy(query[a:b]) for a, b in cut(query)] == [
        'Open the note "Buy, send and keep"',
        "text Ann",
        "show the way home",
    ]


def test_units_hold_their_calls_and_what_these_need() -> None:
    found = [(unit.text, [call.tool for call in unit.calls]) for unit in units(ROW)]
    assert found[0] == ('Open the note "Choir Songs" in the "Music" folder', ["open_note"])
    assert found[1] == ('send an SMS to Olga saying "see you"', ["get_phone_number", "send_sms"])
    assert found[2][1] == ["open_and_get_file_path", "reply_to_email"]
    assert found[3][0] == 'summarize the "Tour.pdf" and text the summary to Hal'
    assert found[3][1] == ["open_and_get_file_path", "summarize_pdf", "get_phone_number", "send_sms"]
    last = units(ROW)[3].calls
    assert [dependencies(call) for call in last] == [(), (1,), (), (2, 3)]


def test_a_row_with_a_call_that_stands_nowhere_gives_nothing() -> None:
    plan = Plan((*ROW.plan.calls, Call(10, "maps_open_location", ("Lisbon",))))
    assert units(Example("x", ROW.query, plan, "tinyagent")) == []


def test_a_unit_that_asks_for_a_tool_it_does_not_call_is_dropped() -> None:
    calls = tuple(call for call in ROW.plan.calls if call.id not in (2, 3))
    texts = [unit.text for unit in units(Example("x", ROW.query, renumber(calls), "tinyagent"))]
    assert not any("Olga" in text for text in texts)


def test_merge_numbers_on_and_looks_up_once() -> None:
    one = (Call(1, "get_email_address", ("Ann",)), Call(2, "forward_email", (["$1"], [], "", [])))
    two = (
        Call(1, "get_email_address", ("Bo",)),
        Call(2, "get_email_address", ("Ann",)),
        Call(3, "reply_to_email", (["$1", "$2"], "", [])),
    )
    assert merge(one, two) == (
        *one,
        Call(3, "get_email_address", ("Bo",)),
        Call(4, "reply_to_email", (["$3", "$1"], "", [])),
    )


def test_swap_changes_request_and_plan_alike() -> None:
    query, calls = swap(draw(3), ROW.query, ROW.plan.calls)
    assert "Olga" not in query
    assert "Hal" not in query
    assert "Tour.pdf" not in query
    for call in calls:
        if call.tool in ("get_phone_number", "open_and_get_file_path", "open_note"):
            assert str(call.args[0]) in query
    assert [(c.id, c.tool, dependencies(c)) for c in calls] == [(c.id, c.tool, dependencies(c)) for c in ROW.plan.calls]


def test_swap_leaves_addresses_that_contain_a_name() -> None:
    calls = (Call(1, "get_email_address", ("Ann",)), Call(2, "forward_email", (["$1", "Ann.Lee@x.org"], [], "", [])))
    query, new = swap(draw(1), "Forward the email to Ann and Ann.Lee@x.org", calls)
    address = new[1].args[0][1]
    assert address in query
    assert address.count("@") == 1


def train_only(count: int) -> list[Example]:
    rows = generate(3, 4 * count, "train")
    return [e for e in rows if split_of("tinyagent", {"tools": e.tools}) == "train" and len(e.tools) > 1][:count]


def test_augment_is_deterministic_and_well_formed() -> None:
    pool = train_only(150)
    rows = list(augment(pool, 1, 200))
    assert rows == list(augment(pool, 1, 220))[:200]
    assert {row.flags for row in rows} == {("swapped",), ("recombined",)}
    for row in rows:
        assert parse_plan(row.raw_plan).calls == row.plan.calls
        assert [call.id for call in row.plan.calls] == list(range(1, len(row.plan.calls) + 1))
        assert all(d < call.id for call in row.plan.calls for d in dependencies(call))
    assert len({row.query for row in rows}) > 190


def test_rows_of_other_splits_are_refused() -> None:
    rows = [replace(example, source="tinyagent") for example in generate(3, 200, "train")]
    test_rows = [e for e in rows if split_of("tinyagent", {"tools": e.tools}) == "test"]
    with pytest.raises(DataError, match="must not be used to train"):
        list(augment(test_rows[:1], 0, 1))
    with pytest.raises(DataError, match="no clean"):
        list(augment([], 0, 1))


@pytest.mark.data
def test_real_rows_recombine(data_root: Path) -> None:
    rows = [tinyagent.to_example(row) for row in tinyagent.raw_rows(data_root / "tinyagent" / "plans.jsonl")]
    train = [row for row in rows if split_of("tinyagent", {"tools": row.tools}) == "train"]
    found = [units(row) for row in train]
    assert sum(map(bool, found)) > 0.6 * len(train)
    lookups = [(c, unit) for group in found for unit in group for c in unit.calls if c.tool == "get_email_address"]
    assert all(normal(call.args[0]) in normal(unit.text) for call, unit in lookups if call.args[0][0] != "$")
    new = list(augment(train, 0, 300))
    assert len({row.tools for row in new}) > 150
    assert sum(row.query in {r.query for r in train} for row in new) < 30
