"""The executor, defect by defect of the published one: nothing hangs, nothing leaks, nothing is lost."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from toolschool.errors import ToolError
from toolschool.plans.executor import Event, Executor, Observation, Trace
from toolschool.plans.graph import critical_path
from toolschool.records import Call, Tool
from toolschool.tools.catalog import Catalog

NAP_S = 0.1
TEXT = {"type": "string"}
PARAMETERS = {"type": "object", "properties": {"text": TEXT}}


class World:
    """Tools that note when they are called."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.sent: list[str] = []
        self.flaky_failures = 1

    def catalog(self) -> Catalog:
        async def echo(text: str) -> str:
            self.log.append(text)
            return f"<{text}>"

        async def boom(text: str) -> str:
            self.log.append(f"boom {text}")
            raise ValueError("takes 2 positional arguments but 3 were given")

        async def hang(text: str) -> str:
            await asyncio.Event().wait()
            return text

        async def flaky(text: str) -> str:
            self.log.append("flaky")
            if self.flaky_failures > 0:
                self.flaky_failures -= 1
                raise ToolError("busy")
            return text

        async def missing(text: str) -> str:
            return f"No contacts found for {text}"

        async def send(text: str) -> str:
            self.log.append("send")
            await asyncio.sleep(0.01)
            self.sent.append(text)
            return f"sent {text}"

        async def cancels(text: str) -> str:
            raise asyncio.CancelledError

        async def nap(text: str) -> str:
            await asyncio.sleep(NAP_S)
            return text

        async def record(text: str) -> dict[str, Any]:
            return {"name": text, "age": 5}

        return Catalog(
            [
                make("echo", echo),
                make("boom", boom),
                make("hang", hang, timeout_s=0.1),
                make("stuck", hang, timeout_s=60),
                make("flaky", flaky, idempotent=True),
                make("flaky_send", flaky, side_effects=True),
                make("missing", missing),
                make("send", send, side_effects=True),
                make("cancels", cancels),
                make("nap", nap),
                make("record", record),
                make("planned_only", None),
            ]
        )


def make(name: str, run: Callable[..., Awaitable[Any]] | None, **fields: Any) -> Tool:
    return Tool(name, name, PARAMETERS, run=run, **fields)


async def chunks(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


def steps(*calls: str) -> AsyncIterator[str]:
    lines = [f"{number}. {call}" for number, call in enumerate([*calls, "join()"], 1)]
    return chunks("\n".join(lines))


async def run(*calls: str, world: World | None = None, **options: Any) -> Trace:
    executor = Executor((world or World()).catalog(), **options)
    return await asyncio.wait_for(executor.run(steps(*calls)), 5)


def statuses(trace: Trace) -> list[str]:
    return [seen.status for seen in trace.observations]


async def test_results_flow_into_later_steps() -> None:
    trace = await run(
        'echo("a")',
        'echo("b")',
        'echo("$1 and ${2}")',
        'record("Sid")',
        'echo("${4.name} is ${4.age}")',
        'echo("$4.age")',
    )
    assert trace.ok
    assert [seen.value for seen in trace.observations[2:]] == [
        "<<a> and <b>>",
        {"name": "Sid", "age": 5},
        "<Sid is 5>",
        "<5>",
    ]


async def test_a_call_that_becomes_ready_starts_while_no_line_arrives() -> None:
    """The published executor waits for the next line; here the text stops until step 2, which needs step 1, has run."""
    finished = asyncio.Event()

    async def text() -> AsyncIterator[str]:
        yield '1. nap("a")\n2. echo("$1")\n'
        await asyncio.wait_for(finished.wait(), 5)
        yield "3. join()"

    def on_event(event: Event) -> None:
        if event.kind == "finished" and event.observation and event.observation.id == 2:
            finished.set()

    trace = await Executor(World().catalog()).run(text(), on_event=on_event)
    assert [seen.value for seen in trace.observations] == ["a", "<a>"]


async def test_several_lines_in_a_chunk_and_no_line_break_at_the_end() -> None:
    executor = Executor(World().catalog())
    trace = await executor.run(chunks('1. echo("a")\n2. echo("b")\n3. ec', 'ho("$2")'))
    assert [seen.value for seen in trace.observations] == ["<a>", "<b>", "<<b>>"]
    assert trace.problems == ("the plan has no join(), it may have been cut short",)


async def test_an_unknown_tool_kills_no_other_step() -> None:
    trace = await run('echo("a")', 'nosuch("b")', 'echo("$1")', 'echo("$2")')
    assert statuses(trace) == ["ok", "invalid", "ok", "skipped"]
    assert "unknown tool nosuch" in (trace.observations[1].error or "")


async def test_a_tool_that_was_not_offered_does_not_run() -> None:
    world = World()
    trace = await run('echo("a")', 'send("x")', world=world, allowed=("echo",))
    assert statuses(trace) == ["ok", "invalid"]
    assert "not offered" in (trace.observations[1].error or "")
    assert world.sent == []


async def test_an_exception_becomes_an_observation_and_is_not_fed_on() -> None:
    world = World()
    trace = await run('boom("a")', 'echo("got $1")', 'echo("$2")', 'echo("free")', world=world)
    assert statuses(trace) == ["failed", "skipped", "skipped", "ok"]
    assert trace.observations[1].error == "skipped: step 1 failed"
    assert world.log == ["boom a", "free"]
    assert "\n" not in (trace.observations[0].error or "")


async def test_a_tool_that_raises_cancelled_error_does_not_hang_its_dependents() -> None:
    assert statuses(await run('cancels("a")', 'echo("$1")')) == ["failed", "skipped"]


async def test_a_tool_that_cannot_run_says_so() -> None:
    assert statuses(await run('planned_only("a")')) == ["failed"]


async def test_each_tool_has_its_own_timeout() -> None:
    start = time.perf_counter()
    trace = await run('hang("a")', 'echo("$1")', 'echo("b")')
    assert statuses(trace) == ["failed", "skipped", "ok"]
    assert time.perf_counter() - start < 2


async def test_a_soft_failure_is_not_pasted_into_the_next_step() -> None:
    trace = await run('missing("Sid")', 'echo("$1")', is_failure=lambda value: str(value).startswith("No contacts"))
    assert statuses(trace) == ["failed", "skipped"]
    assert trace.observations[0].value == "No contacts found for Sid"


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        (['echo("$1")'], ["invalid"]),
        (['echo("$2")', 'echo("a")'], ["invalid", "ok"]),
        (['echo("$2")', 'echo("$1")'], ["invalid", "skipped"]),
        (['echo("$9")'], ["invalid"]),
        (['record("a")', 'echo("$1.nothing")'], ["ok", "invalid"]),
        (['echo("a", "b")'], ["invalid"]),
        (["echo(5)"], ["invalid"]),
        (['echo(text="a")', 'echo("$1")'], ["invalid", "skipped"]),
        (["echo(__import__('os'))"], ["invalid"]),
    ],
)
async def test_mistakes_of_the_planner_become_observations(calls: list[str], expected: list[str]) -> None:
    assert statuses(await run(*calls)) == expected


async def test_money_stays_money() -> None:
    trace = await run('echo("a")', 'echo("it costs $1000, $1.50 or $5, see $1")')
    assert trace.observations[1].value == "<it costs $1000, $1.50 or $5, see <a>>"


async def test_text_of_a_result_is_never_a_reference() -> None:
    trace = await run('echo("$$2 $$1")', 'echo("x")', 'echo("$1 $2")')
    assert trace.observations[2].value == "<<$2 $1> <x>>"


async def test_lines_that_are_no_steps_are_problems_and_the_rest_runs() -> None:
    text = (
        'Thought: go\nSure, here is the plan:\n1. echo("a")\n1. echo("again")\n2. echo("$1")\n3. join("x")\n3. join()'
    )
    trace = await Executor(World().catalog()).run(chunks(text))
    assert [seen.value for seen in trace.observations] == ["<a>", "<<a>>"]
    assert trace.plan.thought == "go"
    assert len(trace.problems) == 3
    assert "line 2" in trace.problems[0]
    assert "must be above 1" in trace.problems[1]
    assert "takes no arguments" in trace.problems[2]


async def test_only_idempotent_tools_are_retried() -> None:
    world = World()
    trace = await run('flaky("a")', world=world, retries=1)
    assert (trace.observations[0].value, trace.observations[0].attempts) == ("a", 2)
    assert (await run('flaky("a")', retries=0)).observations[0].error == "busy"
    world = World()
    trace = await run('flaky_send("a")', world=world, retries=3)
    assert (statuses(trace), world.log) == (["failed"], ["flaky"])


async def test_confirmation_sees_the_arguments_filled_in_and_can_say_no() -> None:
    asked: list[Call] = []

    async def confirm(call: Call) -> bool:
        asked.append(call)
        return call.args != ("<a>",)

    world = World()
    trace = await run('echo("a")', 'send("$1")', 'send("b")', 'echo("$2")', world=world, confirm=confirm)
    assert statuses(trace) == ["ok", "declined", "ok", "skipped"]
    assert sorted(asked, key=lambda call: call.id) == [Call(2, "send", ("<a>",)), Call(3, "send", ("b",))]
    assert world.sent == ["b"]


@pytest.mark.parametrize("error", [OSError("terminal gone"), asyncio.CancelledError()])
async def test_a_confirmation_that_fails_counts_as_no(error: BaseException) -> None:
    async def confirm(call: Call) -> bool:
        raise error

    world = World()
    trace = await run('send("a")', 'echo("$1")', world=world, confirm=confirm)
    assert (statuses(trace), world.sent) == (["failed", "skipped"], [])


async def test_the_same_side_effect_happens_once() -> None:
    world = World()
    trace = await run('send("a")', 'send("a")', 'send("b")', 'echo("$2")', world=world)
    assert statuses(trace) == ["ok", "repeated", "ok", "ok"]
    assert trace.observations[1].value == "sent a"
    assert sorted(world.sent) == ["a", "b"]


async def test_a_side_effect_of_an_earlier_round_is_not_repeated() -> None:
    world = World()
    executor = Executor(world.catalog())
    first = await executor.run(steps('echo("a")', 'send("$1")', 'boom("b")'))
    known = {seen.id: seen for seen in first.observations}
    second = await executor.run(
        chunks('4. send("<a>")\n5. echo("$1 $4")\n6. echo("$3")\n7. join()'), first_id=4, known=known
    )
    assert statuses(second) == ["repeated", "ok", "skipped"]
    assert second.observations[1].value == "<<a> sent <a>>"
    assert world.sent == ["<a>"]
    assert [seen.id for seen in second.observations] == [4, 5, 6]


async def test_a_second_round_cannot_overwrite_the_first() -> None:
    known = {1: Observation(1, Call(1, "echo", ("a",)), value="<a>")}
    trace = await Executor(World().catalog()).run(
        chunks('1. echo("b")\n2. echo("$1")\n3. join()'), first_id=2, known=known
    )
    assert [seen.value for seen in trace.observations] == ["<<a>>"]
    assert len(trace.problems) == 1


async def test_a_runaway_plan_is_stopped_and_its_stream_closed() -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncIterator[str]:
        number = 0
        try:
            while True:
                number += 1
                yield f'{number}. echo("{number}")\n'
        finally:
            closed.set()

    stream = endless()  # held, so that only the executor can close it
    trace = await asyncio.wait_for(Executor(World().catalog(), max_calls=4).run(stream), 5)
    assert len(trace.observations) == 4
    assert "more than 4 steps" in trace.problems[0]
    assert closed.is_set()


async def test_reading_stops_at_the_join() -> None:
    async def text() -> AsyncIterator[str]:
        yield '1. echo("a")\n2. join()\n'
        raise AssertionError("asked for more")

    trace = await Executor(World().catalog()).run(text())
    assert trace.ok


async def test_a_planner_that_breaks_down_loses_nothing() -> None:
    async def text() -> AsyncIterator[str]:
        yield '1. nap("a")\n2. echo("$1")\n'
        raise RuntimeError("replica died")

    trace = await Executor(World().catalog()).run(text())
    assert statuses(trace) == ["ok", "ok"]
    assert trace.problems[0] == "the planner failed: replica died"


async def test_a_planner_that_cannot_be_closed_does_no_harm() -> None:
    class Stream:
        def __init__(self) -> None:
            self.lines = iter(['1. nap("a")\n', '2. echo("$1")\n', "3. join()\n"])

        def __aiter__(self) -> "Stream":
            return self

        async def __anext__(self) -> str:
            for line in self.lines:
                return line
            raise StopAsyncIteration

        async def aclose(self) -> None:
            raise RuntimeError("already gone")

    assert (await Executor(World().catalog()).run(Stream())).ok


async def test_the_deadline_keeps_what_was_done() -> None:
    trace = await Executor(World().catalog()).run(steps('echo("a")', 'stuck("b")', 'echo("$2")'), timeout_s=0.1)
    assert trace.timed_out
    assert not trace.ok
    assert statuses(trace) == ["ok", "unfinished", "unfinished"]
    assert "may still have taken effect" in (trace.observations[1].error or "")


async def test_the_deadline_stops_a_planner_that_says_nothing() -> None:
    async def silence() -> AsyncIterator[str]:
        yield '1. echo("a")\n'
        await asyncio.Event().wait()

    trace = await asyncio.wait_for(Executor(World().catalog()).run(silence(), timeout_s=0.1), 5)
    assert statuses(trace) == ["ok"]
    assert trace.timed_out


async def test_cancelling_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    task = asyncio.create_task(Executor(World().catalog()).run(steps('stuck("a")', 'echo("$1")', 'stuck("b")')))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == before


async def test_a_listener_that_fails_does_not_stop_the_plan() -> None:
    def on_event(event: Event) -> None:
        raise RuntimeError("client gone")

    trace = await Executor(World().catalog()).run(steps('echo("a")', 'echo("$1")'), on_event=on_event)
    assert trace.ok


async def test_events_tell_the_whole_story() -> None:
    events: list[Event] = []
    await Executor(World().catalog()).run(steps('echo("a")', 'boom("$1")'), on_event=events.append)
    story = [(event.kind, (event.call or event.observation or Call(0, "")).id) for event in events]
    for number in (1, 2):
        order = [kind for kind, step in story if step == number]
        assert order == ["planned", "started", "finished"]
    assert events[-1].to_dict()["observation"]["status"] == "failed"
    started = next(event for event in events if event.kind == "started" and event.call and event.call.id == 2)
    assert started.to_dict() == {"kind": "started", "call": {"id": 2, "tool": "boom", "args": ["<a>"]}}


@pytest.mark.parametrize("seed", range(5))
async def test_random_graphs_finish_in_critical_path_time(seed: int) -> None:
    rng = random.Random(seed)
    calls = []
    for number in range(1, 13):
        needs = [k for k in range(1, number) if rng.random() < 0.2]
        calls.append(f'nap("{number} {" ".join(f"${k}" for k in needs)}")')
    trace = await run(*calls)
    assert trace.ok
    longest = len(critical_path(trace.plan)) * NAP_S
    assert longest <= trace.wall_s + 0.005
    assert trace.wall_s < longest + 0.5  # all one after the other would be 1.2 s
    by_id = {seen.id: seen for seen in trace.observations}
    for call in trace.plan.calls:
        for k in range(1, call.id):
            if f"${k} " in call.args[0] + " ":
                assert by_id[k].finished_s <= by_id[call.id].started_s


async def test_fifty_plans_at_once_do_not_mix() -> None:
    executor = Executor(World().catalog())

    async def one(name: str) -> Trace:
        async def text() -> AsyncIterator[str]:
            for character in f'1. nap("{name}")\n2. echo("$1")\n3. echo("$2 {name}")\n4. join()':
                yield character
                await asyncio.sleep(0)

        return await executor.run(text())

    names = [f"request{number}" for number in range(50)]
    for name, trace in zip(names, await asyncio.gather(*map(one, names)), strict=True):
        assert [seen.value for seen in trace.observations] == [name, f"<{name}>", f"<<{name}> {name}>"]
