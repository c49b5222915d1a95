"""How the shipped planner behaves when a request changes in one respect (Ribeiro et al. 2020: invariance, direction, minimum function)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from toolschool.plans.order import canonical
from toolschool.records import Plan

Ask = Callable[[Sequence[str]], list[Plan]]
NAMES = ("Dana", "Oluwaseun", "Xiu Ying", "Björn", "Zofrela", "Kim Nakamura-Ortiz", "Aoife", "Mx. Tandon")


def shape(plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    """Tools with their references, literals left out."""
    return [
        (call.tool, tuple(sorted(part for part in str(call.args).split("'") if part.startswith("$"))))
        for call in canonical(plan).calls
    ]


def tools(plan: Plan) -> Counter[str]:
    return Counter(call.tool for call in plan.calls)


@pytest.mark.parametrize(
    "request_",
    [
        "Text {n} that the train is late",
        "Forward this email to {n}",
        "What is {n}'s phone number?",
        "Set up coffee with {n} tomorrow at 9am",
        "Summarize budget.pdf and email it to {n}",
    ],
)
def test_another_name_makes_the_same_plan(ask: Ask, request_: str) -> None:
    plans = ask([request_.replace("{n}", name) for name in NAMES])
    usual, count = Counter(str(shape(plan)) for plan in plans).most_common(1)[0]
    assert count >= len(NAMES) - 1, usual
    copied = [
        [call.args[0] for call in plan.calls if call.tool in ("get_phone_number", "get_email_address")] == [name]
        for plan, name in zip(plans, NAMES, strict=True)
    ]
    assert sum(copied) >= len(NAMES) - 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("text Ann that dinner is ready", "remind me to call the bank on Friday"),
        ("open the note Recipes", "show me Hyde Park on the map"),
        ("forward this email to Lee", "create a note called Ideas"),
    ],
)
def test_the_order_of_unrelated_clauses_does_not_matter(ask: Ask, first: str, second: str) -> None:
    one, other = ask([f"{first}, and then {second}.".capitalize(), f"{second}, and then {first}.".capitalize()])
    assert tools(one) == tools(other)


@pytest.mark.parametrize(
    ("before", "after", "more"),
    [
        ("Email Lena the file plan.pdf", "Email Lena the file plan.pdf and cc Omar", {"get_email_address": 1}),
        ("Text Bo that I am home", "Text Bo and Mia that I am home", {"get_phone_number": 1}),
        ("Summarize plan.pdf", "Summarize plan.pdf and add it to my note Plans", {"append_note_content": 1}),
        ("Set up lunch with Lee on Friday at noon", "Set up lunch with Lee on Friday at noon and text him", {"get_phone_number": 1, "send_sms": 1}),
    ],
)  # fmt: skip
def test_more_asked_is_more_done(ask: Ask, before: str, after: str, more: dict[str, int]) -> None:
    short, long = ask([before, after])
    assert tools(long) - tools(short) == Counter(more)
    assert not tools(short) - tools(long)


@pytest.mark.parametrize(
    ("words", "transport"), [("by car", "d"), ("on foot", "w"), ("by train", "r"), ("walking", "w"), ("by bus", "r")]
)
def test_the_way_of_travel_is_heard(ask: Ask, words: str, transport: str) -> None:
    (plan,) = ask([f"Directions from home to the airport {words}"])
    assert [call.args[2] for call in plan.calls if call.tool == "maps_show_directions"] == [transport]


def test_only_the_due_day_changes_a_reminder(ask: Ask) -> None:
    one, other = ask(["Remind me to pay rent tomorrow", "Remind me to pay rent on Thursday"])
    (first,), (second,) = one.calls, other.calls
    assert first.args[0] == second.args[0]
    assert (first.args[1], second.args[1]) == ("2025-03-04", "2025-03-06")
