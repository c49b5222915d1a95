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
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from toolschool.methods.ste.judging import leading_yes
from toolschool.methods.ste.memory import LongTermMemory
from toolschool.methods.ste.parsing import parse_strict
from toolschool.methods.ste.prompts import STOP_ACT, STOP_QUERY, SYSTEM, Prompts, ask_to_reflect, with_memory
from toolschool.methods.ste.settings import ExploreSettings
from toolschool.methods.ste.teachers.protocol import Purpose, Request, Teacher
from toolschool.methods.ste.trials import Message, Step, Trial, trial_seed
from toolschool.records import Tool

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
    raise NotImplementedError
    yield


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
    raise NotImplementedError
    yield
