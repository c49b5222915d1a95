"""The embedded teacher explores real tools from end to end, without a hub and without a key."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from toolschool.datasets.splits import skeleton
from toolschool.methods.ste.exploitation import exploit
from toolschool.methods.ste.explorer import explore_tool
from toolschool.methods.ste.judging import read_judgement
from toolschool.methods.ste.prompts import Prompts, ask_to_paraphrase, call_text, read_prompts
from toolschool.methods.ste.settings import ExploitSettings, ExploreSettings
from toolschool.methods.ste.teachers.embedded import EmbeddedTeacher, judgement, new_query, paraphrase
from toolschool.methods.ste.teachers.invention.leaves import read_leaves
from toolschool.methods.ste.teachers.invention.reading import read_request
from toolschool.methods.ste.trials import Trial
from toolschool.records import JsonValue, Tool
from toolschool.tools.desk import Desk, default_world, desk_catalog
from toolschool.tools.simulated import SimulatedBackend, read_apis

NOW = datetime(2026, 3, 2, 9)
TEACHER = EmbeddedTeacher()
SHORT = ExploreSettings(episodes=5)


async def convert_currency(amount: float, source: str, target: str) -> JsonValue:
    if source == target:
        raise ValueError("two currencies are needed")
    return {"amount": round(amount * 1.25, 2), "currency": target}


CONVERT = Tool(
    "convert_currency",
    "Converts an amount of money.",
    {
        "type": "object",
        "properties": {"amount": {"type": "number"}, "source": {"type": "string"}, "target": {"type": "string"}},
        "required": ["amount", "source", "target"],
        "additionalProperties": False,
    },
    run=convert_currency,
)


async def the_same(seed: int) -> Tool:
    return CONVERT


def on_a_desk(name: str) -> Callable[[int], Awaitable[Tool]]:
    async def world(seed: int) -> Tool:
        return Desk(NOW, world=default_world(), open_world=True).catalog()[name]

    return world


async def explored(
    tool: Tool,
    world: Callable[[int], Awaitable[Tool]],
    settings: ExploreSettings = SHORT,
    teacher: EmbeddedTeacher = TEACHER,
) -> list[Trial]:
    return [trial async for trial in explore_tool(tool, teacher, settings, world)]


async def test_a_function_is_explored_judged_and_paraphrased() -> None:
    trials = await explored(CONVERT, the_same, ExploreSettings())
    assert len(trials) == 60
    assert len({trial.query for trial in trials}) >= 55
    assert sum(trial.solved for trial in trials) >= 57
    clumsy = [trial for trial in trials if not trial.steps[0].ok]
    assert 4 <= len(clumsy) <= 25
    assert all(trial.steps[-1].ok for trial in clumsy if trial.solved)
    found = await exploit(CONVERT, trials, TEACHER, ExploitSettings())
    assert len(found.examples) >= 100
    for example in found.examples:
        assert all(str(value) in example.query for value in example.arguments.values())
    assert {example.part for example in found.examples} == {"train", "validation", "test"}


@pytest.mark.parametrize("tool", desk_catalog(), ids=lambda tool: tool.name)
async def test_desk_tools_are_explored(tool: Tool) -> None:
    trials = await explored(tool, on_a_desk(tool.name))
    assert sum(trial.solved for trial in trials) >= 17
    assert len({trial.query for trial in trials}) >= 19


async def test_the_same_seed_tells_the_same_trials_side_by_side_or_not() -> None:
    names = ("create_note", "send_sms", "maps_show_directions")
    tools = {tool.name: tool for tool in desk_catalog()}
    alone = [await explored(tools[name], on_a_desk(name)) for name in names]
    together = await asyncio.gather(*(explored(tools[name], on_a_desk(name)) for name in names))
    assert alone == list(together)
    other = await explored(tools["send_sms"], on_a_desk("send_sms"), ExploreSettings(episodes=5, seed=1))
    assert {trial.query for trial in other}.isdisjoint({trial.query for trial in alone[1]})


async def test_without_clumsiness_every_first_call_is_right() -> None:
    trials = await explored(CONVERT, the_same, teacher=EmbeddedTeacher(clumsiness=0.0))
    assert all(len(trial.steps) == 1 and trial.steps[0].ok for trial in trials)


async def test_a_tool_that_always_fails_is_given_up() -> None:
    async def broken(**arguments: JsonValue) -> JsonValue:
        raise RuntimeError("out of order")

    async def world(seed: int) -> Tool:
        return replace(CONVERT, run=broken)

    trials = await explored(CONVERT, world)
    assert not any(trial.solved for trial in trials)
    assert all("out of order" in (trial.answer or "") for trial in trials)
    found = await exploit(CONVERT, trials, TEACHER, ExploitSettings())
    assert found.examples == ()


async def test_it_learns_from_the_memory_what_must_be_said() -> None:
    tool = next(tool for tool in desk_catalog() if tool.name == "send_sms")
    trials = await explored(tool, on_a_desk("send_sms"), ExploreSettings())
    last = trials[20:]
    assert all("recipients" in read_request(read_leaves(tool), trial.query) for trial in last)
    assert all(trial.solved for trial in last)


def test_it_avoids_what_was_tried() -> None:
    import random

    tried: list[tuple[str, bool]] = []
    for seed in range(40):
        tried.append((new_query(CONVERT, tried, random.Random(seed)), True))
    assert len({skeleton(query) for query, _ in tried}) == 40


def judged(
    query: str, arguments: dict[str, JsonValue], observation: str, answer: str, prompts: Prompts
) -> tuple[bool | None, ...]:
    prompt = prompts.ask_to_judge([CONVERT], query, call_text("convert_currency", arguments, observation), answer)
    return read_judgement(judgement(CONVERT, prompt)).aspects


def check_the_judge(prompts: Prompts) -> None:
    query, right = "Convert 20 from EUR to JPY", {"amount": 20, "source": "EUR", "target": "JPY"}
    seen = '{"amount": 25.0, "currency": "JPY"}'
    told = "amount: 25.0, currency: JPY"
    assert judged(query, right, seen, told, prompts) == (True, True, True)
    assert judged(query, right, seen, "amount: 26.0, currency: JPY", prompts) == (True, False, True)
    assert judged(query, right | {"target": "USD"}, seen, told, prompts) == (True, True, False)
    assert judged(query, right, "Error: out of order", "Sorry, this did not work: out of order", prompts) == (
        False,
        False,
        True,
    )


def test_it_judges_by_result_answer_and_request() -> None:
    check_the_judge(Prompts())


@pytest.mark.data
def test_it_reads_the_published_prompt_of_the_judge(data_root: Path) -> None:
    check_the_judge(read_prompts(judge=str(data_root / "ste" / "prompts" / "prompt_filtering.txt")))


def test_a_prompt_that_it_cannot_read_passes_nothing() -> None:
    assert not read_judgement(judgement(CONVERT, "Judge this.")).passes()


def test_paraphrases_say_the_same_in_other_words() -> None:
    import random

    query = "Could you convert 42.5 from EUR to JPY?"
    before: list[str] = []
    for seed in range(6):
        before.append(paraphrase(CONVERT, query, before, random.Random(seed)))
    assert len({query, *before}) == 7
    said = {"amount": 42.5, "source": "EUR", "target": "JPY"}
    assert all(read_request(read_leaves(CONVERT), text) == said for text in before)
    assert ask_to_paraphrase(query, first=True).endswith(query)


@pytest.mark.data
@pytest.mark.parametrize("source", ["ste", "toolbench"])
async def test_simulated_apis_are_explored(source: str, data_root: Path) -> None:
    apis = read_apis(source, str(data_root / source))[:8]
    for name in SimulatedBackend(apis).apis:

        async def world(seed: int, name: str = name) -> Tool:
            return SimulatedBackend(apis, seed=seed).tool(name)

        trials = await explored(await world(0), world)
        assert sum(trial.solved for trial in trials) >= 17, name
        assert len({trial.query for trial in trials}) >= 17, name
