"""The agent: from a query to effects on the desk, planning again, deadlines, and fifty requests at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import pytest

from toolschool.methods.tinyagent.agent import Agent, AgentResult
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.plans.join import NOTHING, Decision
from toolschool.plans.trace import Event, Trace
from toolschool.records import Call
from toolschool.tools.desk import DESK_TOOLS, Desk, default_world, is_failure

NOW = datetime(2026, 3, 2, 9, 0)
TEXT_SID = '1. get_phone_number("Sid Sharma")\n2. send_sms(["$1"], "I am late")\n3. join()<END_OF_PLAN>'


class Planner:
    """Writes the given plans one after the other, and keeps what it was asked."""

    def __init__(self, *plans: str) -> None:
        self.plans = list(plans)
        self.requests: list[PlanRequest] = []

    async def __call__(self, request: PlanRequest) -> AsyncIterator[str]:
        self.requests.append(request)
        text = self.plans[len(self.requests) - 1]
        for start in range(0, len(text), 7):
            yield text[start : start + 7]
            await asyncio.sleep(0)


async def all_tools(query: str) -> Sequence[str]:
    return DESK_TOOLS


def agent(desk: Desk, planner: Planner, **options: Any) -> Agent:
    return Agent(all_tools, planner, desk.catalog(), lambda: NOW, is_failure=is_failure, **options)


@pytest.fixture
def desk() -> Any:
    desk = Desk(now=NOW, world=default_world())
    yield desk
    desk.close()


def texts(desk: Desk) -> list[Any]:
    """What was added to the desk's messages."""
    return [row for table, rows in desk.state().items() if "sms" in table or "message" in table for row in rows]


async def test_a_query_becomes_rows_on_the_desk(desk: Desk) -> None:
    planner = Planner(TEXT_SID)
    result = await agent(desk, planner).run("Text Sid that I am late")
    assert result.ok
    assert result.tools == DESK_TOOLS
    assert len(texts(desk)) == 1
    assert "I am late" in str(texts(desk))
    assert planner.requests == [PlanRequest("Text Sid that I am late", DESK_TOOLS, NOW, catalog=desk.catalog())]
    assert all(tool.run is None for tool in planner.requests[0].catalog or ())
    assert result.answer


async def test_a_listener_sees_the_whole_request(desk: Desk) -> None:
    events: list[Event] = []
    result = await agent(desk, Planner(TEXT_SID)).run("Text Sid", on_event=events.append)
    kinds = [event.kind for event in events]
    assert kinds[0] == "retrieved"
    assert kinds[-1] == "answer"
    assert sorted(kinds[1:-1]) == ["finished"] * 2 + ["planned"] * 2 + ["started"] * 2
    assert events[0].tools == DESK_TOOLS
    assert events[-1].text == result.answer


async def test_nothing_retrieved_is_an_answer_without_planning(desk: Desk) -> None:
    async def nothing(query: str) -> Sequence[str]:
        return ("not_on_the_desk",)

    planner = Planner()
    result = await Agent(nothing, planner, desk.catalog(), lambda: NOW).run("Fly me to the moon")
    assert (result.rounds, result.tools, planner.requests) == ((), (), [])
    assert result.answer == NOTHING


async def test_only_retrieved_tools_run(desk: Desk) -> None:
    async def phone_only(query: str) -> Sequence[str]:
        return ("get_phone_number",)

    planner = Planner(TEXT_SID, "3. join()")
    result = await Agent(phone_only, planner, desk.catalog(), lambda: NOW).run("Text Sid")
    assert texts(desk) == []
    assert "not offered" in result.answer


async def test_planning_again_keeps_results_and_repeats_no_side_effect(desk: Desk) -> None:
    first = '1. get_phone_number("Sid Sharma")\n2. send_sms(["$1"], "I am late")\n3. create_note("Late")\n4. join()'
    second = '4. send_sms(["$1"], "I am late")\n5. create_note("Late", "told $1", "")\n6. join()'
    planner = Planner(first, second)
    events: list[Event] = []
    result = await agent(desk, planner).run("Text Sid and note it", on_event=events.append)
    assert result.ok
    assert len(result.rounds) == 2
    assert [seen.status for seen in result.rounds[1].observations] == ["repeated", "ok"]
    assert len(texts(desk)) == 1
    again = planner.requests[1]
    assert again.first_id == 4
    assert '1. get_phone_number("Sid Sharma")\nObservation: ' in again.context
    assert "create_note takes 3 arguments" in again.context
    assert again.context.endswith("Current Plan:\n\n")
    assert [event.kind for event in events].count("replan") == 1
    assert "did not work" not in result.answer


async def test_a_plan_that_is_still_wrong_ends_with_a_report(desk: Desk) -> None:
    planner = Planner("I am sorry, I cannot plan.", "3. nosuch(1)\n4. join()")
    result = await agent(desk, planner, max_rounds=2).run("Do it")
    assert len(planner.requests) == 2
    assert not result.ok
    assert "nosuch" in result.answer


async def test_an_unknown_contact_is_reported_and_nothing_is_sent(desk: Desk) -> None:
    plan = TEXT_SID.replace("Sid Sharma", "Nobody Known")
    planner = Planner(plan, "3. join()")
    result = await agent(desk, planner).run("Text Nobody")
    assert texts(desk) == []
    assert [seen.status for seen in result.rounds[0].observations] == ["failed", "skipped"]
    assert "get phone number" in result.answer
    assert len(planner.requests) == 1


async def test_side_effects_wait_for_the_user(desk: Desk) -> None:
    asked: list[Call] = []

    async def confirm(call: Call) -> bool:
        asked.append(call)
        return False

    result = await agent(desk, Planner(TEXT_SID), confirm=confirm).run("Text Sid")
    assert [call.tool for call in asked] == ["send_sms"]
    assert "$" not in str(asked[0].args)
    assert texts(desk) == []
    assert "was not allowed" in result.answer


async def test_the_deadline_bounds_the_whole_request(desk: Desk) -> None:
    async def slow(request: PlanRequest) -> AsyncIterator[str]:
        yield '1. get_phone_number("Sid Sharma")\n'
        await asyncio.Event().wait()

    start = time.perf_counter()
    result = await Agent(all_tools, slow, desk.catalog(), lambda: NOW, deadline_s=0.3).run("Text Sid")
    assert time.perf_counter() - start < 3
    assert len(result.rounds) == 1
    assert "ran out" in result.answer
    assert result.rounds[0].observations[0].ok


async def test_the_deadline_bounds_retrieval_too(desk: Desk) -> None:
    async def never(query: str) -> Sequence[str]:
        await asyncio.Event().wait()
        return ()

    planner = Planner()
    result = await Agent(never, planner, desk.catalog(), lambda: NOW, deadline_s=0.05).run("Text Sid")
    assert "ran out" in result.answer
    assert planner.requests == []


async def test_errors_of_retrieval_reach_the_caller(desk: Desk) -> None:
    async def broken(query: str) -> Sequence[str]:
        raise TimeoutError("replica gone")

    with pytest.raises(TimeoutError, match="replica gone"):
        await Agent(broken, Planner(), desk.catalog(), lambda: NOW).run("Text Sid")


async def test_a_join_model_is_asked_only_where_rules_are_weak(desk: Desk) -> None:
    asked: list[tuple[str, int, bool]] = []

    async def join_model(query: str, rounds: Sequence[Trace], last: bool) -> Decision:
        asked.append((query, len(rounds), last))
        return Decision("finish", "Sid's number is on the desk.")

    options = {"join_model": join_model}
    sent = await agent(desk, Planner(TEXT_SID), **options).run("Text Sid")
    assert asked == []
    number = '1. get_phone_number("Sid Sharma")\n2. join()'
    told = await agent(desk, Planner(number), **options).run("What is Sid's number?")
    assert asked == [("What is Sid's number?", 1, False)]
    assert told.answer == "Sid's number is on the desk."
    assert sent.answer != told.answer


@pytest.mark.parametrize("fault", ["raises", "empty", "replans for ever"])
async def test_a_join_model_that_fails_leaves_it_to_the_rules(desk: Desk, fault: str) -> None:
    async def join_model(query: str, rounds: Sequence[Trace], last: bool) -> Decision:
        if fault == "raises":
            raise RuntimeError("no memory")
        return Decision("finish", "") if fault == "empty" else Decision("replan", "not good enough")

    planner = Planner('1. get_phone_number("Sid Sharma")\n2. join()', "2. join()")
    result = await agent(desk, planner, join_model=join_model).run("What is Sid's number?")
    assert "555" in result.answer
    assert len(planner.requests) == (2 if fault == "replans for ever" else 1)


async def test_the_clock_is_read_for_every_request(desk: Desk) -> None:
    times = iter([NOW, NOW.replace(day=3)])
    planner = Planner("1. join()", "1. join()")
    one = Agent(all_tools, planner, desk.catalog(), lambda: next(times))
    await one.run("a")
    await one.run("b")
    assert [request.now.day for request in planner.requests] == [2, 3]


async def test_fifty_requests_at_once_do_not_mix(desk: Desk) -> None:
    """One agent, one desk: every answer, event and note belongs to its own request."""

    async def plan(request: PlanRequest) -> AsyncIterator[str]:
        name = request.query
        first = f'1. create_note("{name}", "text of {name}", "")\n2. open_note("{name}", "")\n'
        for character in first + f'3. append_note_content("{name}", "seen: $2", "")\n4. join()':
            yield character
            await asyncio.sleep(0)

    one = Agent(all_tools, plan, desk.catalog(), lambda: NOW)
    events: dict[str, list[Event]] = {f"note{number:02}": [] for number in range(50)}

    async def ask(name: str) -> AgentResult:
        return await one.run(name, on_event=events[name].append)

    results = await asyncio.gather(*map(ask, events))
    for name, result in zip(events, results, strict=True):
        assert [seen.call.args[0] for seen in result.rounds[0].observations] == [name] * 3
        told = [event.observation.args for event in events[name] if event.observation]
        assert {args["name"] for args in told if args} == {name}
        others = set(events) - {name}
        assert not any(other in str(result) for other in others)
