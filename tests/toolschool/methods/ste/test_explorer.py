import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from toolschool.errors import TeacherError
from toolschool.methods.ste.explorer import explore_tool
from toolschool.methods.ste.prompts import SYSTEM, documentation, read_prompts
from toolschool.methods.ste.settings import ExploreSettings
from toolschool.methods.ste.teachers.protocol import Reply, Request
from toolschool.methods.ste.trials import Trial, trial_seed
from toolschool.records import JsonValue, Tool

SETTINGS = ExploreSettings(episodes=2, trials_per_episode=2, seed=5)
DOUBLE = Tool(
    "double", "Twice a number.", {"type": "object", "properties": {"value": {"type": "integer"}}, "required": ["value"]}
)


@dataclass
class Scripted:
    """Says what a function says of a request, and keeps every request; fails after `limit` of them."""

    answer: Callable[[Request], str]
    limit: int = 10**9
    asked: list[Request] = field(default_factory=list)

    async def reply(self, request: Request) -> Reply:
        if len(self.asked) >= self.limit:
            raise TeacherError("the budget is spent")
        self.asked.append(request)
        return Reply(self.answer(request), 10, 1)


def by_seed(request: Request) -> str:
    """A query that goes by the seed; a call of its number and an answer."""
    last = request.messages[-1].content
    if request.purpose == "query":
        return f' User Query: "Double {request.seed % 1000}" '
    if request.purpose == "reflect":
        return "Yes. It was."
    if last.startswith("Observation:"):
        return f"Thought: I know\nFinal Answer: {last.removeprefix('Observation:').strip()}"
    query = next(m.content for m in reversed(request.messages) if m.role == "assistant")
    return f'Thought: double\nAction: double\nAction Input: {{"value": {query.split()[1]}}}'


async def worlds(seed: int) -> Tool:
    async def run(value: int) -> JsonValue:
        return {"twice": 2 * value}

    return replace(DOUBLE, run=run)


async def explored(
    teacher: Scripted,
    settings: ExploreSettings = SETTINGS,
    world: Callable[[int], Awaitable[Tool]] = worlds,
    done: list[Trial] | None = None,
) -> list[Trial]:
    return [trial async for trial in explore_tool(DOUBLE, teacher, settings, world, done or [])]


async def test_a_trial_is_a_query_its_steps_an_answer_and_a_reflection() -> None:
    trials = await explored(Scripted(by_seed))
    assert [trial.id for trial in trials] == ["double/1/1", "double/1/2", "double/2/1", "double/2/2"]
    number = trial_seed(5, "double", 1, 1) % 1000
    first = trials[0]
    assert first.query == f"Double {number}"
    assert [step.arguments for step in first.steps] == [{"value": number}]
    assert first.steps[0].ok
    assert first.answer == json.dumps({"twice": 2 * number})
    assert first.solved
    assert (first.prompt_tokens, first.completion_tokens) == (40, 4)
    assert Trial.from_json(first.to_json()) == first


async def test_the_conversation_of_an_episode_grows_by_what_each_trial_adds() -> None:
    teacher = Scripted(by_seed)
    trials = await explored(teacher)
    per_trial = [teacher.asked[i : i + 4] for i in range(0, 16, 4)]
    for trial, requests in zip(trials, per_trial, strict=True):
        assert [request.purpose for request in requests] == ["query", "act", "act", "reflect"]
        assert {request.seed for request in requests} == {trial_seed(5, "double", trial.episode, trial.number)}
        assert [request.stop for request in requests] == [("Thought:",), ("Observation:",), ("Observation:",), ()]
        earlier = [
            m
            for other in trials
            if other.episode == trial.episode and other.number < trial.number
            for m in other.messages
        ]
        for place, request in enumerate(requests):
            sent = list(request.messages)
            assert sent[0].role == "system"
            assert sent[0].content == SYSTEM
            assert sent[1:-1] == [*earlier, *trial.messages[: 2 * place]]
            if request.purpose != "query":
                assert sent[-1] == trial.messages[2 * place]
    assert [m.role for m in trials[0].messages] == ["user", "assistant"] * 4
    assert trials[0].messages[4].content == f"Observation: {trials[0].steps[0].observation}"


async def test_documents_and_format_stand_in_the_first_trial_of_an_episode_alone() -> None:
    trials = await explored(Scripted(by_seed))
    docs = documentation([DOUBLE])
    assert [docs in trial.messages[0].content for trial in trials] == [True, False, True, False]
    assert [trial.query in trial.messages[2].content for trial in trials] == [True, False, True, False]


async def test_the_long_term_memory_stands_in_requests_for_queries_alone_and_is_not_kept() -> None:
    teacher = Scripted(by_seed)
    trials = await explored(teacher)
    queries = [request for request in teacher.asked if request.purpose == "query"]
    for place, request in enumerate(queries):
        last = request.messages[-1].content
        known = [f"Query: {trial.query} | Solved: Yes" for trial in trials[:place]]
        assert [line for line in last.splitlines() if "| Solved:" in line] == known
        assert last.endswith("\n\nUser Query:")
    for request in teacher.asked:
        kept = request.messages if request.purpose != "query" else request.messages[:-1]
        assert not any("| Solved:" in message.content for message in kept)


async def test_the_ablations_leave_a_memory_out() -> None:
    short = Scripted(by_seed)
    trials = await explored(short, ExploreSettings(episodes=2, trials_per_episode=2, short_term=False))
    assert all(len(request.messages) == 2 for request in short.asked if request.purpose == "query")
    assert all(documentation([DOUBLE]) in trial.messages[0].content for trial in trials)
    assert short.asked[4].messages[-1].content.count("| Solved:") == 1
    long = Scripted(by_seed)
    await explored(long, ExploreSettings(episodes=2, trials_per_episode=2, long_term=False))
    assert not any("| Solved:" in message.content for request in long.asked for message in request.messages)
    assert len(long.asked[4].messages) == 10


async def test_a_trial_has_four_observations_at_most_and_the_last_step_is_not_run() -> None:
    def stubborn(request: Request) -> str:
        if request.purpose == "act":
            return 'Action: double\nAction Input: {"value": "x"}'
        return "No." if request.purpose == "reflect" else "Double x"

    (trial,) = await explored(Scripted(stubborn), ExploreSettings(episodes=1, trials_per_episode=1))
    assert len(trial.steps) == 5
    assert all(step.observation.startswith("Error: double: value:") for step in trial.steps[:4])
    assert not any(step.ok for step in trial.steps)
    assert trial.steps[4].observation == ""
    assert trial.steps[4].arguments == {"value": "x"}
    assert trial.answer is None
    assert not trial.solved
    assert sum(m.content.startswith("Observation:") for m in trial.messages) == 4


async def test_what_cannot_be_read_is_told_and_is_a_step_without_arguments() -> None:
    def clumsy(request: Request) -> str:
        if request.purpose == "act" and not request.messages[-1].content.startswith("Observation:"):
            return "Action: triple\nAction Input: {}"
        return by_seed(request) if request.purpose != "act" else "Final Answer: sorry"

    trial = (await explored(Scripted(clumsy)))[0]
    assert trial.steps[0].arguments is None
    assert trial.steps[0].observation.startswith("Error: ")
    assert "double" in trial.steps[0].observation
    assert trial.answer == "sorry"


async def test_a_result_is_cut_and_a_soft_failure_is_no_success() -> None:
    async def talkative(seed: int) -> Tool:
        async def run(value: int) -> JsonValue:
            return "Not done: " + "x" * 5000

        return replace(DOUBLE, run=run)

    trial = (await explored(Scripted(by_seed), world=talkative))[0]
    assert len(trial.steps[0].observation) == 2048
    assert not trial.steps[0].ok


async def before_the_budget_is_spent(limit: int, settings: ExploreSettings) -> list[Trial]:
    done = []
    try:
        async for trial in explore_tool(DOUBLE, Scripted(by_seed, limit), settings, worlds):
            done.append(trial)
    except TeacherError:
        return done
    pytest.fail("the teacher should have stopped")


@pytest.mark.parametrize("wave", [1, 2])
async def test_cut_off_anywhere_and_taken_up_again_gives_the_same_trials(wave: int) -> None:
    settings = ExploreSettings(episodes=3, trials_per_episode=3, wave=wave)
    whole = {trial.id: trial for trial in await explored(Scripted(by_seed), settings)}
    assert len(whole) == 9
    for limit in range(0, 36, 3):
        done = await before_the_budget_is_spent(limit, settings)
        rest = await explored(Scripted(by_seed), settings, done=list(reversed(done)))
        assert {trial.id: trial for trial in [*done, *rest]} == whole
        assert len(done) + len(rest) == 9


async def test_a_wave_goes_on_a_frozen_memory() -> None:
    teacher = Scripted(by_seed)
    await explored(teacher, ExploreSettings(episodes=4, trials_per_episode=1, wave=2))
    counts = [r.messages[-1].content.count("| Solved:") for r in teacher.asked if r.purpose == "query"]
    assert counts == [0, 0, 2, 2]


async def test_every_trial_has_a_world_of_its_own() -> None:
    seeds = []

    async def counting(seed: int) -> Tool:
        seeds.append(seed)
        calls: list[int] = []

        async def run(value: int) -> JsonValue:
            calls.append(value)
            return len(calls)

        return replace(DOUBLE, run=run)

    trials = await explored(Scripted(by_seed), world=counting)
    assert {trial.steps[0].observation for trial in trials} == {"1"}
    assert seeds == [trial_seed(5, "double", trial.episode, trial.number) for trial in trials]


@pytest.mark.data
async def test_the_published_prompts_can_be_used(data_root: Path) -> None:
    folder = data_root / "ste" / "prompts"
    prompts = read_prompts(f"{folder}/prompt_explore.txt", f"{folder}/prompt_filtering.txt")
    teacher = Scripted(by_seed)
    trials = [trial async for trial in explore_tool(DOUBLE, teacher, SETTINGS, worlds, prompts=prompts)]
    assert all(trial.solved for trial in trials)
    assert trials[0].messages[0].content.endswith("User Query:")
    assert '{\n    "key_1"' in trials[0].messages[2].content
    assert "\\nThought:" in trials[1].messages[2].content
