"""The shipped caller: it knows what it learnt, its calls fit their tools, and it copies what a request says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from toolschool.methods.ste.caller import Caller
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.plans.grammar import parse_plan

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "ste" / "caller"
NOW = datetime(2026, 11, 22, 15)


@pytest.fixture(scope="module")
def caller() -> Caller:
    return Caller.load(FOLDER)


def test_it_knows_223_tools_and_how_their_calls_are_written(caller: Caller) -> None:
    assert len(caller.catalog.names) == 223
    assert caller.template.style == "compact"
    assert {"convert_temperature", "calculator", "send_sms"} <= set(caller.catalog.names)


@pytest.mark.parametrize(
    ("query", "call"),
    [
        ("convert 72 fahrenheit to celsius", 'convert_temperature(72, "fahrenheit", "celsius")'),
        ("Convert 31.5 celsius to kelvin please", 'convert_temperature(31.5, "celsius", "kelvin")'),
        ("Track parcel QX447100321", 'track_parcel("QX447100321")'),
    ],
)
def test_minimum_functionality(caller: Caller, query: str, call: str) -> None:
    """Of few tools, as a user's are."""
    tools = ("convert_temperature", "track_parcel", "set_thermostat", "send_sms")
    plan = "".join(caller.stream(PlanRequest(query, tools, NOW)))
    assert plan.startswith(f"1. {call}\n"), plan


@pytest.mark.parametrize("query", ["", "?", "hello there", "book a table for two " * 20])
def test_whatever_is_asked_the_plan_parses_and_its_call_fits(caller: Caller, query: str) -> None:
    tools = ("convert_temperature", "track_parcel", "set_thermostat", "send_sms")
    plan = parse_plan("".join(caller.stream(PlanRequest(query, tools, NOW))))
    assert [call.tool in tools for call in plan.calls] == [True]
