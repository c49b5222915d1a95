"""Exploration of one tool by simulated trial and error (arXiv 2403.04746, section 3; the exact procedure is reference 2).

    async for trial in explore_tool(tool, teacher, settings, world, done=trials_read_back):
        write(trial)                                   # the moment it ends: a kill loses the trial that runs, no other

An episode is a conversation of a few trials; in each the teacher makes up a query, acts on it call by call, and says whether it was
fulfilled. Queries of all earlier trials of the tool stand in the request for the next one (the long-term memory) and nowhere else.

Every trial runs in a world of its own, made from its seed, and every request of a trial carries that seed: with a teacher that goes by its
seed, neither the number of workers nor a restart changes a record. Episodes and trials are counted from 1.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from toolschool.errors import ToolError
from toolschool.methods.ste.judging import says_yes
from toolschool.methods.ste.memory import LongTermMemory
from toolschool.methods.ste.parsing import FinalAnswer, Malformed, WrittenCall, read_strict
from toolschool.methods.ste.prompts import (
    OBSERVATION,
    STOP_ACT,
    STOP_QUERY,
    SYSTEM,
    Prompts,
    ask_to_reflect,
    plain_query,
    with_memory,
)
from toolschool.methods.ste.settings import ExploreSettings
from toolschool.methods.ste.teachers.protocol import Purpose, Request, Teacher
from toolschool.methods.ste.trials import Message, Step, Trial, trial_seed
from toolschool.records import Tool
from toolschool.tools.desk import is_failure
from toolschool.tools.run import run_tool

ERROR = "Error:"
"""Begins the observation of a call that could not be read or carried out."""

World = Callable[[int], Awaitable[Tool]]
"""A trial's seed to the explored tool in a fresh world: what it does there must not depend on any other trial."""


async def explore_tool(
    tool: Tool,
    teacher: Teacher,
    settings: ExploreSettings,
    world: World,
    done: Iterable[Trial] = (),
    prompts: Prompts | None = None,
) -> AsyncIterator[Trial]:
    """All episodes of a tool in order, or `settings.wave` side by side; each new trial the moment it ends, none that is `done`.

    Of an episode that was cut off, the trials before the gap are taken over. Raises TeacherError as the teacher does; whatever was
    yielded stands.
    """
    trials = _taken_over(done, settings)
    for start in range(1, settings.episodes + 1, settings.wave):
        known = LongTermMemory.of(trial for episode in range(1, start) for trial in trials[episode])
        wave = range(start, min(start + settings.wave, settings.episodes + 1))
        episodes = [
            explore_episode(tool, teacher, settings, episode, world, known, tuple(trials[episode]), prompts)
            for episode in wave
        ]
        async for trial in _side_by_side(episodes):
            trials[trial.episode].append(trial)
            yield trial


async def explore_episode(
    tool: Tool,
    teacher: Teacher,
    settings: ExploreSettings,
    episode: int,
    world: World,
    known: LongTermMemory,
    done: Sequence[Trial] = (),
    prompts: Prompts | None = None,
) -> AsyncIterator[Trial]:
    """One episode from its trials `done`, the first ones, from which the conversation is built again; `known` of earlier episodes."""
    history = [Message("system", SYSTEM)]
    for trial in done:
        known = known.and_then(trial)
        history += trial.messages
    for number in range(len(done) + 1, settings.trials_per_episode + 1):
        before = tuple(history) if settings.short_term else tuple(history[:1])
        seed = trial_seed(settings.seed, tool.name, episode, number)
        talk = _Talk(tool, teacher, settings, prompts or Prompts(), seed, before)
        trial = await _trial(talk, episode, number, world, known if settings.long_term else LongTermMemory())
        yield trial
        known = known.and_then(trial)
        history += trial.messages


@dataclass
class _Talk:
    """What one trial adds to a conversation, and what it cost."""

    tool: Tool
    teacher: Teacher
    settings: ExploreSettings
    prompts: Prompts
    seed: int
    before: tuple[Message, ...]
    added: list[Message] = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def first(self) -> bool:
        """Whether the conversation begins with this trial."""
        return len(self.before) == 1

    async def ask(self, purpose: Purpose, question: str, stop: tuple[str, ...] = (), sent: str | None = None) -> str:
        """The reply to a question; `sent` stands in its place this once."""
        asked = (*self.before, *self.added, Message("user", question if sent is None else sent))
        settings = self.settings
        reply = await self.teacher.reply(
            Request(purpose, asked, self.tool, self.seed, settings.max_tokens, settings.temperature, stop)
        )
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens
        text = plain_query(reply.text) if purpose == "query" else reply.text.strip()
        self.added += [Message("user", question), Message("assistant", text)]
        return text


async def _trial(talk: _Talk, episode: int, number: int, world: World, known: LongTermMemory) -> Trial:
    """One query from its invention to the reflection."""
    question = talk.prompts.ask_for_query([talk.tool], talk.first)
    query = await talk.ask("query", question, STOP_QUERY, sent=with_memory(question, known))
    steps, answer = await _act(talk, await world(talk.seed), talk.prompts.ask_to_act([talk.tool], query, talk.first))
    reflection = await talk.ask("reflect", ask_to_reflect())
    return Trial(
        talk.tool.name,
        episode,
        number,
        query,
        tuple(steps),
        answer,
        says_yes(reflection),
        reflection,
        tuple(talk.added),
        talk.prompt_tokens,
        talk.completion_tokens,
    )


async def _act(talk: _Talk, tool: Tool, question: str) -> tuple[list[Step], str | None]:
    """Steps and the final answer; None where the turns ran out: then the last step was not run."""
    steps: list[Step] = []
    reply = await talk.ask("act", question, STOP_ACT)
    for _ in range(talk.settings.max_turns):
        written = read_strict(reply, [tool.name])
        if isinstance(written, FinalAnswer):
            return steps, written.text
        steps.append(await _step(reply, written, tool, talk.settings.observation_limit))
        reply = await talk.ask("act", f"{OBSERVATION} {steps[-1].observation}", STOP_ACT)
    written = read_strict(reply, [tool.name])
    if isinstance(written, FinalAnswer):
        return steps, written.text
    return [*steps, _not_run(reply, written)], None


async def _step(reply: str, written: WrittenCall | Malformed, tool: Tool, limit: int) -> Step:
    """The call carried out; whatever goes wrong is its observation."""
    step = _not_run(reply, written)
    if isinstance(written, Malformed):
        return replace(step, observation=f"{ERROR} {written.message}"[:limit])
    try:
        result = await run_tool(tool, written.arguments)
    except ToolError as error:
        return replace(step, observation=f"{ERROR} {error}"[:limit])
    text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)
    return replace(step, observation=text[:limit], ok=not is_failure(result))


def _not_run(reply: str, written: WrittenCall | Malformed) -> Step:
    return Step(reply) if isinstance(written, Malformed) else Step(reply, written.name, written.arguments)


def _taken_over(done: Iterable[Trial], settings: ExploreSettings) -> defaultdict[int, list[Trial]]:
    """Of each episode the trials done before the first gap."""
    found = {(trial.episode, trial.number): trial for trial in done}
    taken: defaultdict[int, list[Trial]] = defaultdict(list)
    for episode in range(1, settings.episodes + 1):
        numbers = takewhile(lambda n: (episode, n) in found, range(1, settings.trials_per_episode + 1))  # noqa: B023
        taken[episode] = [found[episode, number] for number in numbers]
    return taken


async def _side_by_side(streams: Iterable[AsyncIterator[Trial]]) -> AsyncIterator[Trial]:
    """What several streams yield, as it comes. Where one fails, what others had ready is yielded first."""
    waiting = {asyncio.ensure_future(anext(stream, None)): stream for stream in streams}
    try:
        while waiting:
            ready, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(ready, key=lambda task: task.exception() is not None):
                stream = waiting.pop(task)
                trial = task.result()
                if trial is not None:
                    yield trial
                    waiting[asyncio.ensure_future(anext(stream, None))] = stream
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
