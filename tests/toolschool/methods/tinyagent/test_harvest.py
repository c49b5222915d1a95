"""Which recorded runs are rows, why the others are not, and which tools went wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets import harvested
from toolschool.datasets.splits import split_of
from toolschool.errors import RowError
from toolschool.methods.tinyagent.harvest import Called, calls_of, example_of, first_of_each, read_run, targets_of
from toolschool.records import Call, Example, Plan
from toolschool.tools.desk import desk_catalog

CATALOG = desk_catalog()
PLAN = '1. get_phone_number("Sid")\n2. send_sms(["$1"], "I am late")\n3. join()<END_OF_PLAN>'


def seen(tool: str, status: str = "ok", error: str | None = None) -> dict[str, Any]:
    return {
        "round": 1,
        "id": 1,
        "tool": tool,
        "args": {},
        "status": status,
        "value": "x",
        "error": error,
        "attempts": 1,
    }


RUN: dict[str, Any] = {
    "id": "r1",
    "time": "2026-03-02T08:00:00.000+00:00",
    "model": "assets/tinyagent/planner",
    "query": "Text Sid that I am late",
    "earlier": 0,
    "tools": [{"name": "get_phone_number", "probability": 0.9}, {"name": "send_sms", "probability": None}],
    "plan": PLAN,
    "rounds": 1,
    "observations": [seen("get_phone_number"), seen("send_sms")],
    "answer": "done",
    "finish": "stop",
    "problems": [],
    "now": "2026-03-02T09:00:00",
}  # fmt: skip


def run(**fields: Any) -> dict[str, Any]:
    return {**RUN, **fields}


def test_a_run_that_went_well_is_a_row_that_can_be_read_again() -> None:
    row = example_of(read_run(json.dumps(RUN)), CATALOG)
    assert (row.id, row.query, row.source) == ("harvested-r1-" + row.id[-8:], "Text Sid that I am late", "harvested")
    assert row.plan == Plan((Call(1, "get_phone_number", ("Sid",)), Call(2, "send_sms", (["$1"], "I am late"))))
    assert row.now is not None
    again = json.loads(json.dumps(row.to_row()))
    assert harvested.to_example(again) == row
    assert split_of("harvested", again) == "train"
    with pytest.raises(RowError, match="not a harvested row"):
        harvested.to_example({"id": "x"})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"earlier": 2}, "part of a conversation"),
        ({"rounds": 2}, "planned again"),
        ({"finish": "length"}, "cut short"),
        ({"problems": ["the plan has no join()"]}, "the plan had problems"),
        ({"observations": [seen("get_phone_number"), seen("send_sms", "failed", "no")]}, "a step was failed"),
        ({"observations": [seen("get_phone_number"), seen("send_sms", "declined", "no")]}, "a step was declined"),
        ({"observations": [seen("get_phone_number")]}, "not every step"),
        ({"query": "Text <PHONE> that I am late"}, "redacted: the query holds <PHONE>"),
        ({"plan": PLAN.replace('"$1"', '"<PHONE>"')}, "redacted: the plan holds <PHONE>"),
        ({"plan": PLAN.replace('"$1"', "<NUMBER>")}, "redacted: the plan holds <NUMBER>"),
        ({"plan": "I cannot do that", "observations": []}, "the plan does not parse"),
        ({"plan": "1. join()<END_OF_PLAN>", "observations": []}, "nothing was done"),
        ({"query": " "}, "nothing was done"),
        ({"plan": PLAN.replace("send_sms", "play_music")}, "tool of another source: play_music"),
        ({"plan": PLAN.replace('"Sid"', '"Sid", 5')}, "the plan is not valid: step 1"),
        ({"plan": PLAN.replace('"$1"', '"$7"')}, "the plan is not valid: step 2"),
    ],
)
def test_why_a_run_is_none(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(RowError) as caught:
        example_of(run(**fields), CATALOG)
    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize(
    "line",
    [
        json.dumps(RUN)[:-20],
        "[1]",
        "[" * 10_000,
        json.dumps(run(query="\ud800")),
        json.dumps(run(query=5)),
        json.dumps(run(now="yesterday")),
        json.dumps(run(observations=[{"tool": "x"}])),
        json.dumps(run(tools=["send_sms"])),
        json.dumps({name: value for name, value in RUN.items() if name != "plan"}),
    ],
)
def test_what_is_no_record(line: str) -> None:
    with pytest.raises(RowError):
        read_run(line)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(list(RUN)), inner),
    )
)
def test_whatever_a_line_holds_it_is_a_row_or_has_a_reason(value: Any) -> None:
    try:
        found = read_run(json.dumps({**RUN, **value} if isinstance(value, dict) else value))
        example_of(found, CATALOG)
    except RowError:
        return
    assert found["query"].strip()


def test_an_id_that_a_client_chose_twice_is_told_apart() -> None:
    one, other = (example_of(run(query=query), CATALOG) for query in ("Text Sid", "Text Sid now"))
    assert one.id != other.id
    assert first_of_each([one, other, one]) == ([one, other], [(one, one)])


def test_calls_are_those_of_tools_that_were_offered() -> None:
    bad = run(
        observations=[
            seen("get_phone_number", "failed", "no contact"),
            seen("delete_all", "invalid", "unknown"),
            seen("send_sms", "skipped", "x"),
        ]
    )
    assert calls_of(bad) == [
        Called("get_phone_number", "failed", RUN["query"], "no contact"),
        Called("send_sms", "skipped", RUN["query"], "x"),
    ]


QUERIES = st.sampled_from(["Text Sid", "text  sid ", "Text Ann", "Note it"])
ROWS = st.lists(st.tuples(QUERIES, st.sampled_from(["a", "b"])), max_size=12)


@given(ROWS)
def test_each_request_with_its_plan_once(found: list[tuple[str, str]]) -> None:
    rows = [
        Example(str(k), query, Plan((Call(1, "create_note", (arg,)),)), "harvested")
        for k, (query, arg) in enumerate(found)
    ]
    kept, repeated = first_of_each(rows)
    keys = [(row.query.lower().split(), row.plan) for row in kept]
    assert all(keys.count(key) == 1 for key in keys)
    assert len(kept) + len(repeated) == len(rows)
    for gone, first in repeated:
        assert int(first.id) < int(gone.id)
        assert first.plan == gone.plan


@given(
    st.lists(
        st.builds(
            Called,
            st.sampled_from("abc"),
            st.sampled_from(["ok", "failed", "invalid", "skipped"]),
            QUERIES,
            st.text(max_size=2),
        )
    )
)
def test_targets_count_what_failed(calls: list[Called]) -> None:
    bad = [call for call in calls if call.status in ("failed", "invalid")]
    targets = targets_of(calls, shown=3)
    assert sum(target["failures"] for target in targets) == len(bad)
    assert [target["failures"] for target in targets] == sorted(
        (target["failures"] for target in targets), reverse=True
    )
    for target in targets:
        assert 0 < len(target["examples"]) <= 3
        assert {e["error"] for e in target["examples"]} <= {call.error for call in bad if call.tool == target["tool"]}
