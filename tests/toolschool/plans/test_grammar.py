"""The plan language: what is accepted, what is refused and why, and that writing and reading are inverse."""

import json
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from toolschool.errors import PlanError
from toolschool.plans.grammar import (
    END_OF_PLAN,
    MAX_LINE,
    BadLine,
    Join,
    Thought,
    format_call,
    format_plan,
    parse_call,
    parse_lines,
    parse_plan,
)
from toolschool.plans.references import dependencies
from toolschool.records import Call, Plan

REFERENCE_PLAN = """Thought: find Sid first
1. get_email_address("Sid")
2. create_calendar_event("Sync", "2024-06-03 14:00:00", "2024-06-03 15:00:00", "", ["$1"], "", None)
3. join()<END_OF_PLAN>
"""


def test_reads_the_plan_of_the_reference() -> None:
    plan = parse_plan(REFERENCE_PLAN)
    event = ("Sync", "2024-06-03 14:00:00", "2024-06-03 15:00:00", "", ["$1"], "", None)
    assert plan == Plan(
        (Call(1, "get_email_address", ("Sid",)), Call(2, "create_calendar_event", event)), "find Sid first"
    )
    assert format_plan(plan) == REFERENCE_PLAN


@pytest.mark.parametrize(
    "ending",
    [
        "2. join()",
        "2. join()\n",
        "2. join()<END_OF_PLAN>",
        "2. join()\n<END_OF_PLAN>\n",
        "2. join() # done",
        "2. join()<END",
    ],
)
def test_every_way_a_stream_may_end(ending: str) -> None:
    assert parse_plan(f'1. f("a")\n{ending}') == Plan((Call(1, "f", ("a",)),))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (r'"a) b # c \" d", 1', ('a) b # c " d', 1)),
        ("'single', \"it's\"", ("single", "it's")),
        ('["$1", "$2"], {"a": [1.5, -2]}, True, False, None', (["$1", "$2"], {"a": [1.5, -2]}, True, False, None)),
        (r'"line\nbreak\ttab é 漢"', ("line\nbreak\ttab é 漢",)),
        ('("a", "b"),', (["a", "b"],)),
        (r'"C:\dir"', (r"C:\dir",)),
        ("", ()),
    ],
)
def test_arguments(arguments: str, expected: tuple[object, ...]) -> None:
    for line in (f"1. f({arguments})", f"  1 .f ( {arguments} )  # why: (see above)"):
        assert parse_call(line).args == expected


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('1. f(name="x")', "keyword argument `name`"),
        ("1. f($1)", "references are quoted"),
        ("1. f(x)", "must be literals"),
        ("1. f(true)", "must be literals"),
        ("1. f(__import__('os').system('true'))", "must be literals"),
        ('1. f("a"', "parenthesis of the call is not closed"),
        ('1. f("a)', 'quote " is not closed'),
        ('1. f("a") and then g("b")', "only a # comment"),
        ('1. f(f"{1+1}")', "no prefix letter"),
        ("1. f({1, 2})", "not a JSON value"),
        ("1. f(2j)", "not a JSON value"),
        ("1. f(1e999)", "not a JSON value"),
        ("1. f({1: 2})", "not a JSON value"),
        (r'1. f("\ud800")', "half a surrogate"),
        ("1. f(" + "[" * 40 + "]" * 40 + ")", "nested deeper"),
        ("1. f(" + "-" * 30_000 + "1)", "cannot be read|too deep"),
        ("1. f(" + "1+" * 30_000 + "1)", "too deep|must be literals"),
        ("1. f(" + "9" * 5_000 + ")", "cannot be read|must be literals"),
        ("1. f(*[1])", "must be literals"),
        ("1000. f(1)", "not a step"),
        ("f(1)", "not a step"),
        ("```python", "not a step"),
        ('1. join("x")', "join\\(\\) takes no arguments"),
    ],
)
def test_what_is_refused_names_line_and_rule(line: str, rule: str) -> None:
    with pytest.raises(PlanError, match=rf"(?s)line 2: .*(?:{rule})"):
        parse_plan(f'0. ok("first line")\n{line}\n9. join()')


def test_a_refused_line_is_an_item_and_reading_goes_on() -> None:
    first, bad, last = parse_lines('1. f("a")\n2. g(oops)\n3. join()')
    assert (first, last) == (Call(1, "f", ("a",)), Join(3))
    assert isinstance(bad, BadLine)
    assert (bad.line, bad.id, bad.tool) == (2, 2, "g")


def test_a_plan_without_join_is_refused() -> None:
    with pytest.raises(PlanError, match="no join"):
        parse_plan('1. f("a")\n')


def test_nothing_after_the_end_is_read() -> None:
    assert parse_lines("1. f(1)<END_OF_PLAN>2. g(1)\n3. h(1)") == [Call(1, "f", (1,))]
    assert parse_lines("Thought: t<END_OF_PLAN>\n1. f(1)") == [Thought("t")]


def test_a_line_of_a_megabyte_fails_fast() -> None:
    start = time.perf_counter()
    (item,) = parse_lines('1. f("' + "a" * 1_000_000 + '")')
    assert isinstance(item, BadLine)
    assert len(item.text) < 200
    assert time.perf_counter() - start < 0.5


def test_no_python_warning_reaches_the_user() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse_call(r'1. f("\d+ \. \\d")').args == (r"\d+ \. \d",)


@given(st.text())
@example("\x00")
@example("1. f(\ud800)")
@example('1. f("\\N{nothing}")')
def test_no_text_makes_the_parser_raise(text: str) -> None:
    parse_lines(text)
    parse_lines(f"1. f({text})\n2. join()")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["$1", "${1}", "$$", '"', "'", "\\", END_OF_PLAN]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)
names = st.from_regex(r"[a-z_][a-z0-9_]{0,9}", fullmatch=True).filter(lambda name: name != "join")
calls = st.lists(st.tuples(names, st.lists(json_values, max_size=4).map(tuple)), max_size=5)


@given(calls, st.sampled_from(["", "one", "one\ntwo", "one\n\nthree"]))
def test_reading_what_was_written_gives_the_plan_back(
    steps: list[tuple[str, tuple[object, ...]]], thought: str
) -> None:
    plan = Plan(tuple(Call(i, tool, args) for i, (tool, args) in enumerate(steps, 1)), thought)
    text = format_plan(plan)
    again = parse_plan(text)
    # JSON text tells True from 1 and 1 from 1.0, which == does not.
    assert again.to_json() == plan.to_json()
    assert text.count(END_OF_PLAN) == 1
    assert text.count("\n") == len(text.splitlines())


@pytest.mark.parametrize(
    "call",
    [
        Call(1, "f", (float("nan"),)),
        Call(1, "f", ("\ud800",)),
        Call(1, "join"),
        Call(1, "two words"),
        Call(1000, "f"),
        Call(1, "f", ("a" * MAX_LINE,)),
    ],
)
def test_what_could_not_be_read_back_is_not_written(call: Call) -> None:
    with pytest.raises(PlanError):
        format_call(call)


def test_an_empty_plan_is_a_join() -> None:
    assert format_plan(Plan(())) == "1. join()<END_OF_PLAN>\n"
    assert format_plan(Plan(()), first_id=4) == "4. join()<END_OF_PLAN>\n"
    assert parse_plan("1. join()") == Plan(())


# Rows that the file's own annotation reads otherwise. 341 goes on after a first join(), where every reader of this
# language stops; 1288 writes "$content$5" and counts the 5, which follows a letter and so is text here.
READ_OTHERWISE = {"tinyagent-icl-341", "tinyagent-icl-1288"}


@pytest.mark.data
def test_every_unflagged_published_plan_reads_as_annotated(data_root: Path) -> None:
    rows = [json.loads(line) for line in (data_root / "tinyagent/plans.jsonl").read_text().splitlines()]
    different = set()
    for row in rows:
        if any(flag.startswith("arity") for flag in row["flags"]):
            continue
        plan = parse_plan(row["raw_plan"])
        read = [
            {"id": call.id, "tool": call.tool, "args": list(call.args), "deps": list(dependencies(call))}
            for call in plan.calls
        ]
        if read != row["plan"]:
            different.add(row["id"])
        assert parse_plan(format_plan(plan)) == plan
    assert len(rows) > 1_000
    assert different == READ_OTHERWISE
