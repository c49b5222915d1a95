"""A plan against what the client has run of it: what is asked for, in which turn, and what is never asked for twice."""

from dataclasses import replace
from datetime import datetime

import pytest

from serving.client_tools import DoneCall, read_tools
from serving.exchange import NO_CALLS, Exchange, call_id, clock_of
from toolschool.plans.grammar import parse_plan
from toolschool.plans.join import NOTHING

NOW = datetime(2026, 3, 2, 9, 30, 5)
TEXT, NUMBER = {"type": "string"}, {"type": "number"}
TOOLS = read_tools(
    [
        {"name": "find-phone", "parameters": {"properties": {"name": TEXT}, "required": ["name"]}},
        {"name": "send_sms", "parameters": {"properties": {"to": {"type": "array", "items": TEXT}, "text": TEXT}}},
        {"name": "add", "parameters": {"properties": {"a": NUMBER, "b": NUMBER}, "required": ["a", "b"]}},
        {"name": "buy", "parameters": {"properties": {"codes": {"type": "array", "items": TEXT, "uniqueItems": True}}}},
    ],
    "tools",
)
SMS = '1. find_phone("Sid")\n2. find_phone("Ann")\n3. send_sms(["$1", "$2"], "late")'


def exchange(plan, *done, most=None, **changes):
    """The calls that a plan asks for, and the exchange."""
    one = Exchange(replace(TOOLS, done=done, **changes), "q", NOW, most)
    found = [one.accept(call) for call in parse_plan(plan + "\n9. join()\n").calls]
    return [(call.name, dict(call.arguments)) for call in found if call], one


def came(step, name, result, /, **arguments):
    return DoneCall(call_id(NOW, step), name, arguments, result)


PHONES = [("find-phone", {"name": "Sid"}), ("find-phone", {"name": "Ann"})]


def test_what_needs_a_result_waits_for_it():
    calls, _ = exchange(SMS)
    assert calls == PHONES
    done = [came(1, "find-phone", "555-1", name="Sid"), came(2, "find-phone", "555-2", name="Ann")]
    calls, one = exchange(SMS, *done)
    assert calls == [("send_sms", {"to": ["555-1", "555-2"], "text": "late"})]
    assert one.next_calls[0].id.startswith("call_20260302T093005_3_")
    sent = came(3, "send_sms", "sent", to=["555-1", "555-2"], text="late")
    calls, one = exchange(SMS, *done, sent)
    assert calls == []
    assert one.answer() == "sent"


def test_one_after_the_other_where_the_client_wants_it_so():
    calls, _ = exchange(SMS, parallel=False)
    assert calls == PHONES[:1]
    calls, _ = exchange(SMS, came(1, "find-phone", "555-1", name="Sid"), parallel=False)
    assert calls == PHONES[1:]


def test_results_are_found_by_id_or_by_name_and_arguments():
    stranger = DoneCall("toolu_7", "find-phone", {"name": "Ann"}, "555-2")
    calls, one = exchange(SMS, stranger)
    assert calls == PHONES[:1]
    assert one.trace().observations[0].value == "555-2"
    changed = came(1, "find-phone", "555-9", name="Sidney")  # somebody has put the argument right
    assert exchange(SMS, changed)[0] == PHONES[1:]
    assert exchange(SMS, came(1, "add", "3", a=1, b=2))[0] == PHONES  # an id alone is not enough


def test_the_clock_travels_in_the_ids():
    assert clock_of([DoneCall("toolu_7", "x", {}, ""), came(1, "add", "")]) == NOW
    assert clock_of([DoneCall("call_99999999T999999_1_ab", "x", {}, "")]) is None
    assert clock_of([]) is None
    assert len({call_id(NOW, 1) for _ in range(50)}) == 50
    assert len(call_id(NOW, 999)) <= 40


def test_results_become_what_the_schema_wants():
    plan = '1. add(1, 2)\n2. add("$1", 3)'
    assert exchange(plan, came(1, "add", "3", a=1, b=2))[0] == [("add", {"a": 3, "b": 3})]
    calls, one = exchange(plan, came(1, "add", "three", a=1, b=2))
    assert calls == []
    assert "'three' is not of type 'number'" in one.answer()


@pytest.mark.parametrize("result", ["1e999", "NaN", "-Infinity", "[" * 5000])
def test_results_that_json_cannot_carry_are_no_arguments(result):
    for plan in ('1. add(1, 2)\n2. add("$1", 3)', '1. add(1, 2)\n2. add("$1.x", 3)'):
        calls, one = exchange(plan, came(1, "add", result, a=1, b=2))
        assert calls == []
        assert one.trace().observations[1].status == "invalid"


def test_what_no_grammar_says_is_checked():
    calls, one = exchange('1. buy(["a", "a"])')
    assert calls == []
    assert "non-unique" in one.answer()


def test_nothing_is_asked_for_twice():
    twice = '1. find_phone("Sid")\n2. find_phone("Sid")\n3. send_sms(["$2"], "late")'
    assert exchange(twice)[0] == PHONES[:1]
    calls, _ = exchange(twice, came(1, "find-phone", "555-1", name="Sid"))
    assert calls == [("send_sms", {"to": ["555-1"], "text": "late"})]


def test_bounds_on_calls():
    assert len(exchange(SMS, most=1)[0]) == 1
    calls, one = exchange(SMS, came(1, "find-phone", "555-1", name="Sid"), most=1)
    assert calls == []
    assert "left out" in one.problems[0]
    assert exchange(SMS, **{"most": None})[0] == PHONES
    limited = Exchange(replace(TOOLS, most=1), "q", NOW)
    assert [bool(limited.accept(call)) for call in parse_plan(SMS + "\n4. join()").calls] == [True, False, False]


def test_what_was_done_and_not_planned_is_part_of_the_answer():
    _, one = exchange('1. find_phone("Sid")', came(1, "find-phone", "555-1", name="Sid"), came(7, "gone", "as well"))
    assert one.answer() == "555-1"  # no tool of that name is offered any more
    _, one = exchange('1. find_phone("Sid")', came(1, "find-phone", "555-1", name="Sid"), came(7, "add", "3"))
    assert one.answer() == "555-1\n3"
    assert one.uncalled() == ("send_sms", "buy")
    assert "Observation: 3" in one.context()
    assert exchange("", came(7, "gone", "alone"))[1].answer() == "alone"


def test_where_there_is_nothing_to_say():
    assert exchange("", forbidden=True)[1].answer() == NO_CALLS
    assert exchange("")[1].answer() == NOTHING


def test_an_empty_plan_text_is_read():
    one = Exchange(TOOLS, "q", NOW)
    assert one.last_id == 0
    assert one.trace().observations == ()
