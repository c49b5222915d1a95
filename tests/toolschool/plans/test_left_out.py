"""Arguments that a tool does not require: how a plan leaves them out, and what the tool gets."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import RowError
from toolschool.plans.arguments import check_arguments, fill_arguments
from toolschool.plans.executor import Event, Executor
from toolschool.plans.grammar import format_call, parse_call
from toolschool.records import Call, Tool
from toolschool.tools.catalog import Catalog

PARAMETERS = {
    "type": "object",
    "properties": {
        "amount": {"type": "number"},
        "to": {"type": "string"},
        "origin": {"type": "string"},
        "places": {"type": ["integer", "null"]},
    },
    "required": ["amount", "to"],
}
CONVERT = Tool("convert", "Converts", PARAMETERS)
NEEDED = {"amount": st.integers(0, 99), "to": st.text(max_size=5)}
OPTIONAL = {"origin": st.text(max_size=5), "places": st.integers(0, 9)}


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ((20, "EUR"), ""),
        ((20, "EUR", None), ""),
        ((20, "EUR", None, 2), ""),
        ((20, "EUR", "USD", None), ""),
        ((20,), "convert takes 4 arguments"),
        ((20, "EUR", "USD", 2, 1), "convert takes 4 arguments"),
        ((20, None), "argument to: None is not of type 'string'"),
        ((None, "EUR"), "argument amount: None is not of type 'number'"),
        ((20, "EUR", 5), "argument origin: 5 is not of type 'string'"),
    ],
)
def test_only_what_is_not_required_can_be_left_out(args: tuple[Any, ...], problem: str) -> None:
    problems = check_arguments(Call(1, "convert", args), CONVERT)
    assert (problem in " ".join(problems)) if problem else not problems, problems


def test_a_schema_that_does_not_say_requires_everything() -> None:
    strict = Tool("convert", "Converts", {**PARAMETERS, "required": list(PARAMETERS["properties"])})
    silent = Tool("convert", "Converts", {key: value for key, value in PARAMETERS.items() if key != "required"})
    for tool in (strict, silent):
        assert check_arguments(Call(1, "convert", (20, "EUR")), tool)
        assert check_arguments(Call(1, "convert", (20, "EUR", None, None)), tool)  # origin takes no null
        assert not check_arguments(Call(1, "convert", (20, "EUR", "USD", None)), tool)


@given(st.fixed_dictionaries(NEEDED, optional=OPTIONAL))
def test_arguments_come_back_from_a_written_plan(arguments: dict[str, Any]) -> None:
    escaped = {name: value.replace("$", "$$") if isinstance(value, str) else value for name, value in arguments.items()}
    call = parse_call(format_call(Call(1, "convert", CONVERT.positional(escaped))))
    assert check_arguments(call, CONVERT) == []
    assert fill_arguments(call, CONVERT, {}) == arguments


def test_an_argument_that_the_tool_does_not_take() -> None:
    with pytest.raises(RowError, match="no argument rate; it takes amount, to, origin, places"):
        CONVERT.positional({"rate": 1})


async def test_the_tool_gets_only_what_was_given_and_events_keep_the_places() -> None:
    got: list[dict[str, Any]] = []
    started: list[Call] = []

    async def convert(**args: Any) -> str:
        got.append(args)
        return "18 EUR"

    async def plan() -> AsyncIterator[str]:
        yield '1. convert(20, "EUR", None, 2)\n2. convert(20, "EUR")\n3. join()'

    def on_event(event: Event) -> None:
        if event.kind == "started" and event.call:
            started.append(event.call)

    catalog = Catalog([Tool("convert", "Converts", PARAMETERS, run=convert)])
    trace = await Executor(catalog).run(plan(), on_event=on_event)
    assert trace.ok
    assert got == [{"amount": 20, "to": "EUR", "places": 2}, {"amount": 20, "to": "EUR"}]
    assert [call.args for call in started] == [(20, "EUR", None, 2), (20, "EUR")]
