"""Strict plan metrics on hand-made pairs, on permuted plans (hypothesis), and on the real gold plans."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.evaluation import strict
from toolschool.evaluation.literals import same_arguments, slot_kind, token_f1
from toolschool.evaluation.published import success
from toolschool.plans.grammar import format_plan, parse_plan
from toolschool.records import Call, Plan
from toolschool.tools.desk import desk_catalog

CATALOG = desk_catalog()
GOLD = parse_plan(
    """1. get_email_address("Sid")
2. get_email_address("Emma")
3. create_calendar_event("Team Sync", "2026-03-03 14:00:00", "2026-03-03 15:00:00", "", ["$1", "$2"], "", None)
4. create_note("Sync", "Meet $1 about the budget of the new office", "")
5. join()"""
)


def text(old: str, new: str) -> Plan:
    gold = format_plan(GOLD)
    assert old in gold
    return parse_plan(gold.replace(old, new))


@pytest.mark.parametrize(
    "prediction",
    [
        pytest.param("", id="empty"),
        pytest.param('1. open_note("A", "")', id="no join"),
        pytest.param('2. open_note("A", "")\n3. join()', id="does not start at 1"),
        pytest.param('1. open_note("A", "")\n3. open_note("B", "")\n4. join()', id="gap"),
        pytest.param('1. open_note("A")\n2. join()', id="arity"),
        pytest.param('1. open_note(3, "")\n2. join()', id="type"),
        pytest.param('1. open_book("A")\n2. join()', id="unknown tool"),
        pytest.param('1. open_note("$1", "")\n2. join()', id="self reference"),
        pytest.param('1. open_note("$2", "")\n2. open_note("A", "")\n3. join()', id="forward reference"),
        pytest.param("1. join()", id="no calls"),
    ],
)
def test_parse_fails(prediction: str) -> None:
    read = strict.read(prediction, CATALOG)
    assert not read.ok
    assert all(read.problems)


def test_parse_holds_the_offered_tools() -> None:
    prediction = '1. open_note("A", "")\n2. join()'
    assert strict.parse_ok(prediction, CATALOG)
    assert not strict.parse_ok(prediction, CATALOG.subset(["send_sms"]))


@pytest.mark.parametrize(
    ("prediction", "dag", "args"),
    [
        pytest.param(text('"Team Sync"', '"team  sync"'), True, True, id="case and space of a title"),
        pytest.param(text('["$1", "$2"]', '["$2", "$1"]'), True, True, id="order of people"),
        pytest.param(text('["$1", "$2"]', '["${1}", "$2"]'), True, True, id="braces"),
        pytest.param(text('"", None)', 'None, "")'), True, True, id="blank is blank"),
        pytest.param(text("about the budget of the new office", "about the new budget"), True, True, id="wording"),
        pytest.param(text("about the budget of the new office", "for lunch"), True, False, id="another text"),
        pytest.param(text('"Team Sync"', '"Team Lunch"'), True, False, id="another title"),
        pytest.param(text('"Sid"', '"Bob"'), True, False, id="another person"),
        pytest.param(text('["$1", "$2"]', '["$1"]'), False, False, id="one reference missing"),
        pytest.param(text('["$1", "$2"]', '["$1, $2"]'), True, False, id="two references in one string"),
        pytest.param(text('"", ["$1"', '"$1", ["$1"'), False, False, id="reference in another slot too"),
        pytest.param(text("Meet $1", "Meet $2"), True, False, id="the note names the other person"),
        pytest.param(text("Meet $1", "Meet $1 and $1"), True, False, id="a reference twice in a text"),
        pytest.param(text("Meet $1", "Meet Sid"), False, False, id="reference replaced by a literal"),
        pytest.param(text('"2026-03-03 14:00:00"', '"2026-03-04 14:00:00"'), True, False, id="another day"),
        pytest.param(text('"2026-03-03 14:00:00"', '"2026-03-03T14:00"'), True, True, id="same moment"),
    ],
)
def test_pairs(prediction: Plan, dag: bool, args: bool) -> None:
    assert strict.dag_strict(prediction, GOLD) is dag
    assert strict.args_strict(prediction, GOLD, CATALOG, dates=True) is args


def test_dates_are_not_compared_where_today_is_unknown() -> None:
    other_day = text('"2026-03-03 14:00:00"', '"2029-01-01 14:00:00"')
    assert strict.args_strict(other_day, GOLD, CATALOG, dates=False)


def test_a_shared_look_up_is_not_two_separate_ones() -> None:
    shared = parse_plan(
        '1. get_email_address("S")\n2. reply_to_email(["$1"], "", [])\n3. reply_to_email(["$1"], "", [])\n4. join()'
    )
    apart = parse_plan(
        '1. get_email_address("S")\n2. get_email_address("S")\n3. reply_to_email(["$1"], "", [])\n'
        '4. reply_to_email(["$2"], "", [])\n5. join()'
    )
    both_first = parse_plan(format_plan(apart).replace("$2", "$1"))
    assert not strict.dag_strict(shared, apart)
    assert not strict.dag_strict(both_first, apart)


def test_invalid_references_equal_nothing_not_even_themselves() -> None:
    forward = Plan((Call(1, "open_note", ("$2", "")), Call(2, "open_note", ("A", ""))))
    assert not strict.dag_strict(forward, forward)


def test_booleans_are_not_integers() -> None:
    tool = CATALOG["create_reminder"]
    one, other = (Call(1, tool.name, ("a", None, "", "", priority, False)) for priority in (1, True))
    assert same_arguments(tool, one, one, dates=True)
    assert not same_arguments(tool, one, other, dates=True)


def test_every_slot_of_the_desk_has_the_documented_kind() -> None:
    kinds = {
        (name, slot_kind(name, schema)) for tool in CATALOG for name, schema in tool.parameters["properties"].items()
    }
    assert {name for name, kind in kinds if kind == "set"} == {
        "recipients", "cc", "invitees", "attachments", "meeting_invitees",
    }  # fmt: skip
    assert {name for name, kind in kinds if kind == "exact"} == {"priority", "all_day", "duration", "transport"}
    assert {name for name, kind in kinds if kind == "date"} == {"start_date", "end_date", "due_date", "start_time"}


def test_token_f1() -> None:
    assert token_f1("", "") == 1.0
    assert token_f1("a b", "") == 0.0
    assert token_f1("The cat sat", "the cat") == pytest.approx(0.8)


@st.composite
def renumbered(draw: st.DrawFn) -> Plan:
    """GOLD in another order that respects its references."""
    waiting = {call.id: call for call in GOLD.calls}
    needs = {3: {1, 2}, 4: {1}}
    new: dict[int, int] = {}
    calls = []
    while waiting:
        ready = sorted(k for k in waiting if needs.get(k, set()) <= new.keys())
        old = draw(st.sampled_from(ready))
        new[old] = len(new) + 1
        call = waiting.pop(old)
        args = json.loads(re.sub(r"\$(\d)", lambda match: f"${new[int(match[1])]}", json.dumps(call.args)))
        calls.append(Call(new[old], call.tool, tuple(args)))
    return Plan(tuple(calls))


@given(renumbered())
def test_numbering_and_order_do_not_matter(plan: Plan) -> None:
    assert strict.dag_strict(plan, GOLD)
    assert strict.args_strict(plan, GOLD, CATALOG, dates=True)
    assert success(format_plan(plan), format_plan(GOLD))


def blank(value: object) -> object:
    if isinstance(value, list):
        return [blank(item) for item in value]
    if isinstance(value, str):
        return value if re.search(r"\$\d+", value) else ""
    return value


@pytest.mark.data
def test_real_gold_plans_equal_themselves_and_blanked_ones_fail(data_root: Path) -> None:
    """Reference §16.1: `args_strict` is 0 where the published metric still gives full marks."""
    lines = (data_root / "tinyagent" / "plans.jsonl").read_text(encoding="utf-8").splitlines()
    plans = [
        Plan(tuple(Call(call["id"], call["tool"], tuple(call["args"])) for call in json.loads(line)["plan"]))
        for line in lines
    ]
    assert len(plans) > 1000
    for plan in plans:
        blanked = Plan(tuple(Call(call.id, call.tool, tuple(map(blank, call.args))) for call in plan.calls))
        assert strict.args_strict(plan, plan, CATALOG, dates=True)
        assert strict.dag_strict(blanked, plan)
        assert not strict.args_strict(blanked, plan, CATALOG, dates=True)
