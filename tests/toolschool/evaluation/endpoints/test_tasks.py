"""Tasks as they are put, answers as they are read, and what is said of them: each source by its own rules."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from toolschool.datasets.registry import load
from toolschool.errors import DataError, RequestRefused, RowError
from toolschool.evaluation.endpoints.catalogue_tasks import judge_calls, judge_names, metatool_task, sealtools_task
from toolschool.evaluation.endpoints.desk_tasks import desk_task
from toolschool.evaluation.endpoints.dialects import DIALECTS, Asking, spelled
from toolschool.evaluation.endpoints.function_tasks import bfcl_task
from toolschool.evaluation.endpoints.number_tasks import number_task
from toolschool.evaluation.endpoints.sources import load_tasks, missing
from toolschool.evaluation.endpoints.talk import play
from toolschool.evaluation.endpoints.tasks import OTHERS, Call, Outcome, Reading, Task, Turn, Verdict
from toolschool.models.chat_endpoint import Answer, ChatCall, ChatRequest
from toolschool.plans.grammar import parse_plan
from toolschool.records import Example


def said(text: str = "", *calls: tuple[str, Any], finish: str = "stop") -> Answer:
    made = [
        ChatCall(f"id{place}", name, given if isinstance(given, str) else json.dumps(given))
        for place, (name, given) in enumerate(calls)
    ]
    return Answer(text, tuple(made), finish=finish)


def played(
    task: Task, *answers: Answer, dialect: str = "tool_calls", turns: int = 10
) -> tuple[Verdict, list[ChatRequest]]:
    """What is said of a model that answers so, and what it was asked."""
    left, asked = list(answers), []

    async def ask(request: ChatRequest) -> Answer:
        asked.append(request)
        return left.pop(0)

    outcome = asyncio.run(play(task, ask, DIALECTS[dialect], Asking(turns=turns)))
    return task.judge(outcome), asked


GCD = {
    "name": "math.gcd",
    "description": "Divides.",
    "parameters": {
        "type": "dict",
        "properties": {"a": {"type": "integer"}, "b": {"type": "float"}},
        "required": ["a", "b"],
    },
}


def bfcl_row(category: str = "simple_python", **more: Any) -> dict[str, Any]:
    question = [[{"role": "user", "content": "gcd of 4 and 6"}]]
    gold = {} if "relevance" in category else {"ground_truth": [{"math.gcd": {"a": [4], "b": [6.0]}}]}
    return {"id": f"{category}_0", "category": category, "question": question, "function": [GCD], **gold, **more}


def test_a_function_is_offered_and_called_under_a_name_that_the_protocol_takes() -> None:
    verdict, (asked,) = played(bfcl_task(bfcl_row()), said("", ("math_gcd", {"a": 4, "b": 6})))
    assert verdict == Verdict(True, "", 1, 1, 1)
    (tool,) = asked.tools
    assert tool["function"]["name"] == "math_gcd"
    assert tool["function"]["parameters"]["properties"] == {"a": {"type": "integer"}, "b": {"type": "number"}}
    assert asked.messages == [{"role": "user", "content": "gcd of 4 and 6"}]
    assert spelled("a" * 80) == "a" * 64


def test_python_in_the_text_is_judged_by_the_same_rules() -> None:
    verdict, (asked,) = played(bfcl_task(bfcl_row()), said("[math.gcd(a=4, b=6)]"), dialect="python")
    assert verdict.right
    assert asked.tools == ()
    assert '"math.gcd"' in asked.messages[0]["content"]
    assert not played(bfcl_task(bfcl_row()), said("[math.gcd(a='4', b=6)]"), dialect="python")[0].right


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (said("It is 2."), "0 calls instead of 1"),
        (said(""), "nothing was said"),
        (said("", ("math_gcd", '{"a": 4')), "the arguments of math.gcd are no JSON"),
        (said("", ("math_gcd", "[4, 6]")), "the arguments of math.gcd are no JSON object"),
        (said("", ("gcd", {"a": 4, "b": 6})), "gcd instead of math.gcd"),
        (said("", ("math_gcd", {"a": 4.0, "b": 6})), "a: float instead of integer"),
    ],
)
def test_what_is_wrong_is_said(answer: Answer, why: str) -> None:
    assert played(bfcl_task(bfcl_row()), answer)[0].why == why


@pytest.mark.parametrize("category", ["irrelevance", "live_irrelevance"])
def test_no_call_counts_only_where_the_answer_can_be_read(category: str) -> None:
    task = bfcl_task(bfcl_row(category))
    assert played(task, said("None of these helps."))[0].right
    for broken in (said(""), said("", ("math_gcd", "{")), said("", ("math_gcd", {}))):
        assert not played(task, broken)[0].right
    assert played(task, said("None of these helps."), dialect="python")[0].right
    assert not played(task, said("[math.gcd(a="), dialect="python")[0].right
    assert played(bfcl_task(bfcl_row("live_relevance")), said("", ("math_gcd", {})))[0] == Verdict(True)
    assert not played(bfcl_task(bfcl_row("live_relevance")), said("No."))[0].right


def outcome(*calls: tuple[str, Any]) -> Outcome:
    made = tuple(Call(name, given) for name, given in calls)
    return Outcome((Turn(Answer(""), Reading(made)),))


def test_calls_are_matched_one_to_one() -> None:
    gold = [Call("a", {"x": 1}), Call("a", {"x": 1}), Call("b", {"y": "New York"})]
    assert judge_calls(gold, outcome(("b", {"y": "new york"}), ("a", {"x": "1"}), ("a", {"x": 1}))).right
    assert judge_calls(gold, outcome(("a", {"x": 1}), ("b", {"y": "New York"}))) == Verdict(
        False, "other tools", 3, 2, 2
    )
    same = judge_calls(gold, outcome(("a", {"x": 1}), ("a", {"x": 2}), ("b", {"y": "New York"})))
    assert same == Verdict(False, "other arguments", 3, 3, 2)


def test_names_alone_are_a_set() -> None:
    assert judge_names(["a", "b"], outcome(("b", {}), ("a", {"q": 1}), ("a", {}))) == Verdict(True, "", 2, 2, 2)
    assert judge_names(["a"], outcome(("a", {}), ("c", {}))) == Verdict(False, "other tools", 1, 2, 1)
    assert judge_names(["a"], outcome()).why == "no call"


def test_the_right_tools_are_among_others_and_always_the_same_ones() -> None:
    functions = {f"t{n}": {"name": f"t{n}", "description": "", "parameters": {}} for n in range(40)}
    row = {"id": "q", "query": "do it", "tools": ["t7", "t3"], "group": "two-tool"}
    first, again = metatool_task(row, functions), metatool_task(row, functions)
    names = [one["name"] for one in first.functions]
    assert {"t3", "t7"} < set(names)
    assert len(names) == len(set(names)) == 2 + OTHERS
    assert names == [one["name"] for one in again.functions]
    with pytest.raises(RowError, match="not in the catalogue"):
        metatool_task({**row, "tools": ["t99"]}, functions)


def test_calls_that_need_results_are_left_out() -> None:
    calls = [{"api": "t1", "parameters": {"x": "API_call_0"}, "responses": []}]
    with pytest.raises(RowError, match="need results"):
        sealtools_task({"id": "q", "query": "do it", "gold": {"calls": calls}}, {})


NOW = datetime(2026, 3, 2, 9)
PLAN = '1. get_phone_number("Sid")\n2. send_sms(["$1"], "I am late")\n3. join()<END_OF_PLAN>\n'


def desk_example(now: datetime | None = NOW, plan: str = PLAN) -> Example:
    return Example("e", "Text Sid that I am late", parse_plan(plan), "desk", now=now)


def test_the_desk_is_worked_on_turn_by_turn_and_its_rows_decide() -> None:
    from toolschool.tools.desk import Desk

    number = Desk(NOW, open_world=True).call("get_phone_number", {"name": "Sid"})
    look, send = ("get_phone_number", {"name": "Sid"}), ("send_sms", {"recipients": [number], "message": "I am late"})
    verdict, asked = played(desk_task("desk", desk_example()), said("", look), said("", send), said("Done."))
    assert verdict == Verdict(True, "", 2, 2, 2)
    assert asked[1].messages[-1] == {"role": "tool", "tool_call_id": "id0", "content": number}
    assert asked[1].messages[-2]["tool_calls"][0]["function"]["arguments"] == '{"name": "Sid"}'
    assert "Monday, 2026-03-02 09:00" in asked[0].messages[0]["content"]
    other = ("send_sms", {"recipients": ["1"], "message": "I am late"})
    assert played(desk_task("desk", desk_example()), said("", other), said("Done."))[0].why == "another state"
    assert played(desk_task("desk", desk_example()), said("Done."))[0].why == "no call"


def test_an_error_is_told_and_can_be_mended() -> None:
    from toolschool.tools.desk import Desk

    number = Desk(NOW, open_world=True).call("get_phone_number", {"name": "Sid"})
    send = {"recipients": [number], "message": "I am late"}
    answers = [
        said("", ("send_message", send)),
        said("", ("send_sms", {"recipients": [number]})),
        said("", ("send_sms", '{"recip')),
        said("", ("send_sms", send)),
        said("Done."),
    ]
    verdict, asked = played(desk_task("desk", desk_example()), *answers)
    assert verdict.right
    told = [request.messages[-1]["content"] for request in asked[1:4]]
    assert told[0] == "Error: there is no function send_message"
    assert "send_sms needs" in told[1]
    assert "no JSON" in told[2]
    text = f"[get_phone_number(name='Sid'), send_sms(recipients=['{number}'], message='I am late')]"
    verdict, asked = played(
        desk_task("desk", desk_example()), said("[send_sms(x="), said(text), said("Done."), dialect="python"
    )
    assert verdict.right
    assert asked[1].messages[-1]["content"].startswith("Error: a call that cannot be read")
    assert asked[2].messages[-1]["content"].startswith(f"Results:\nget_phone_number: {number}\nsend_sms: ")


def test_dates_mean_nothing_where_nobody_knows_the_day() -> None:
    plan = '1. create_calendar_event("Lunch", "2024-05-01 12:00:00", "2024-05-01 13:00:00", "", [], "", None)\n2. join()<END_OF_PLAN>\n'
    arguments = {
        "title": "lunch", "start_date": "2031-01-01 10:00:00", "end_date": "2031-01-01 11:00:00", "location": "", "invitees": [], "notes": "",
        "calendar": None,
    }  # fmt: skip
    made = said("", ("create_calendar_event", arguments)), said("Done.")
    assert played(desk_task("tinyagent", desk_example(None, plan)), *made)[0].right
    assert not played(desk_task("desk", desk_example(NOW, plan)), *made)[0].right


def test_turns_end() -> None:
    look = said("", ("get_phone_number", {"name": "Sid"}))
    verdict, asked = played(desk_task("desk", desk_example()), *[look] * 5, turns=5)
    assert len(asked) == 5
    assert verdict == Verdict(False, "another state", 2, 5, 1)


ROW = {"question": "What is 7 times 8?", "answer": "56"}


def test_numbers_are_worked_out_with_the_calculator() -> None:
    task = number_task("arithmetic", ROW, "k")
    verdict, asked = played(task, said("", ("calculator", {"expression": "7*8"})), said("So: The answer is 56."))
    assert verdict == Verdict(True, made=1)
    assert asked[1].messages[-1]["content"] == "56"
    assert "The answer is X" in asked[0].messages[0]["content"]
    assert played(task, said("The answer is 55."))[0].why == "another number"
    assert played(task, said("It is 56."))[0].why == "no answer sentence"
    assert played(task, said("The answer is 56", finish="length"))[0].why == "no answer sentence"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("56 in all.", True),
        ("7 * 8 =56.", True),
        ("The answer is 56", True),
        ("7 times 8 make 56.", False),
        ("55", False),
    ],
)
def test_of_a_model_with_tools_of_its_own_the_first_number_counts(text: str, right: bool) -> None:
    task = number_task("arithmetic", ROW, "k").own
    assert task is not None
    verdict, (asked,) = played(task, said(text, finish="length"), dialect="own")
    assert (verdict.right, bool(verdict.why)) == (right, not right)
    assert (asked.messages, list(asked.tools)) == ([{"role": "user", "content": ROW["question"]}], [])
    assert played(task, said(""), dialect="own")[0].why == "nothing was said"
    assert desk_task("desk", desk_example()).own is None
    assert bfcl_task(bfcl_row()).own is None


def test_thoughts_are_not_what_is_said() -> None:
    task = number_task("arithmetic", ROW, "k")
    assert played(task, said("<think>The answer is 5.</think>\n\nThe answer is 56."))[0].right
    assert played(task, said("<think>The answer is 56."))[0].why == "nothing was said"
    called = said("<think>gcd(1)?</think>[math.gcd(a=4, b=6)]")
    assert played(bfcl_task(bfcl_row()), called, dialect="python")[0].right


@pytest.mark.parametrize(("clock", "extra"), [(True, {"toolschool": {"now": "2026-03-02T09:00:00"}}), (False, {})])
def test_an_agent_of_ours_is_told_the_clock_of_a_request(clock: bool, extra: dict[str, Any]) -> None:
    asked: list[ChatRequest] = []

    async def ask(request: ChatRequest) -> Answer:
        asked.append(request)
        return Answer("Done.")

    task = desk_task("desk", desk_example(datetime(2026, 3, 2, 9)))
    asyncio.run(play(task, ask, DIALECTS["tool_calls"], Asking(clock=clock)))
    assert [request.extra for request in asked] == [extra]


def test_a_request_that_is_not_taken_is_wrong_and_nothing_else() -> None:
    async def ask(request: ChatRequest) -> Answer:
        raise RequestRefused("too long")

    for task in (
        desk_task("desk", desk_example()),
        bfcl_task(bfcl_row("irrelevance")),
        number_task("arithmetic", ROW, "k"),
    ):
        verdict = task.judge(asyncio.run(play(task, ask, DIALECTS["tool_calls"], Asking())))
        assert (verdict.right, verdict.why) == (False, "too long")


def test_generated_tasks_need_no_data() -> None:
    bad: list[str] = []
    for source in ("desk", "arithmetic"):
        tasks = load_tasks(source, 12, 0, lambda row, reason: bad.append(reason))
        assert len(tasks) == len({task.id for task in tasks}) == 12
        assert [task.id for task in load_tasks(source, 12, 0, lambda row, reason: None)] == [task.id for task in tasks]
    with pytest.raises(DataError, match="no tasks are made of 'bfcl_v5'"):
        load_tasks("bfcl_v5", 1, 0, lambda row, reason: None)


@pytest.mark.data
@pytest.mark.parametrize("source", ["bfcl", "sealtools", "metatool", "tinyagent", "svamp", "gsm8k"])
def test_every_source_has_tasks(source: str, data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(data_root))
    tasks = load_tasks(source, 15, 1, lambda row, reason: None)
    assert len(tasks) == len({(task.source, task.group, task.id) for task in tasks}) == 15
    for task in tasks:
        json.dumps([list(task.messages), list(task.functions)])
        assert not task.judge(Outcome()).right
    if source == "bfcl":
        assert "multiple" in missing(source)
        assert "simple_python" not in missing(source)


@pytest.mark.data
def test_gold_calls_of_sealtools_are_right(data_root: Path) -> None:
    from toolschool.evaluation.endpoints.catalogue_tasks import sealtools_functions
    from toolschool.tools.simulated import sealtools_gold

    functions, done = sealtools_functions(), 0
    for row in load("sealtools", path=data_root / "sealtools", split="test", purpose="test"):
        if row["kind"] != "query":
            continue
        try:
            task = sealtools_task(row, functions)
        except RowError:
            continue
        calls = [(call.api, dict(call.arguments)) for call in sealtools_gold(row["gold"]["calls"])]
        assert played(task, said("", *calls))[0].right
        done += 1
    assert done > 40
