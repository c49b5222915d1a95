"""Which teacher explores: one of the package, one behind an endpoint, a model in this process, or a recording.

    async with open_teacher(TeacherConfig()) as teacher: ...                        # embedded: no hub, no key
    config = TeacherConfig(url="https://api.openai.com/v1", model="gpt-4o-mini", requests_per_minute=500,
                           prompt_price=0.15, completion_price=0.60, max_cost=5)
    check_teacher(config); ping_teacher(config)                                    # in the driver, before anything starts
    allowed = tool_allowances(config, folder, tools)                                # in the driver, at every start
    async with open_teacher(config, folder, shares=workers, allowances=allowed) as teacher: ...    # in each worker, for all its tools

A key is read from OPENAI_API_KEY, in every worker, and written nowhere. Paths are taken from the current folder: workers need absolute ones.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from toolschool.errors import ConfigError
from toolschool.methods.ste.teachers.protocol import Teacher
from toolschool.methods.ste.teachers.transcripts import RecordingTeacher, ReplayTeacher, Transcripts, costs
from toolschool.models.limits import Limits, Pace, Purse, check_url, divide

if TYPE_CHECKING:
    from toolschool.methods.ste.teachers.served import ServedTeacher

Kind = Literal["embedded", "served", "local", "replay"]


class TeacherConfig(Limits):
    """Nothing set: the embedded teacher. `url` and `model`: an endpoint. `model` alone: a model in this process. `replay`: a recording."""

    url: str | None = None
    """An OpenAI-compatible endpoint, with its /v1; the key comes from OPENAI_API_KEY."""
    model: str | None = None
    """The endpoint's model; without `url` a model folder or hub id for this process."""
    replay: str | None = None
    """A folder of transcripts that answers instead of a model."""
    batch: int = Field(default=1, ge=1)
    """Requests that a model in this process answers at once. 1 is exact; in larger batches rounding may change a reply."""

    @property
    def kind(self) -> Kind:
        if self.replay:
            return "replay"
        return "served" if self.url else "local" if self.model else "embedded"

    @property
    def name(self) -> str:
        """Who speaks, as the transcripts say it."""
        return {"served": f"{self.model} at {self.url}", "local": self.model or ""}.get(self.kind, self.kind)


_OF_ENDPOINTS = tuple(Limits.model_fields)


def check_teacher(config: TeacherConfig) -> None:
    """Raises ConfigError where the keys do not fit together or name what is not there. Asks no network."""
    if config.replay and (config.url or config.model):
        raise ConfigError("teacher.replay answers instead of a model; leave out teacher.url and teacher.model")
    if config.replay and not any(Path(config.replay).glob("*.jsonl")):
        raise ConfigError(f"teacher.replay={config.replay} is no folder with transcripts (*.jsonl)")
    if config.kind == "served":
        _check_endpoint(config)
    else:
        for key in _OF_ENDPOINTS:
            if getattr(config, key) != TeacherConfig.model_fields[key].default:
                raise ConfigError(f"teacher.{key} is for an endpoint; set teacher.url, or leave it out")
    if config.batch > 1 and config.kind != "local":
        raise ConfigError("teacher.batch is for a model in this process; an endpoint has teacher.concurrency")


def _check_endpoint(config: TeacherConfig) -> None:
    check_url("teacher.url", config.url or "", "OPENAI_API_KEY")
    if not config.model:
        raise ConfigError("teacher.url needs teacher.model, the name of one of the endpoint's models")
    prices = (config.prompt_price, config.completion_price)
    if config.max_cost is not None and None in prices:
        raise ConfigError(
            "teacher.max_cost needs teacher.prompt_price and teacher.completion_price, of a million tokens"
        )
    if config.max_cost is not None and not any(prices):
        raise ConfigError("teacher.max_cost means nothing where tokens cost nothing; leave it out")
    if config.max_cost is None and any(price is not None for price in prices):
        raise ConfigError(
            "teacher.prompt_price and completion_price need teacher.max_cost, the ceiling they count towards"
        )


def ping_teacher(config: TeacherConfig) -> None:
    """Ask the endpoint, where there is one, for a sign of life. TeacherError when there is none."""
    if config.kind == "served":
        from toolschool.methods.ste.teachers.served import ping

        ping(config.url or "")


def tool_allowances(config: TeacherConfig, transcripts: str | Path, tools: Collection[str]) -> dict[str, float] | None:
    """What each of the tools that are left may cost in all, from what is recorded and `max_cost`; None without a ceiling."""
    return None if config.max_cost is None else divide(config.max_cost, costs(transcripts), tools)


@asynccontextmanager
async def open_teacher(
    config: TeacherConfig,
    transcripts: str | Path | None = None,
    *,
    shares: int = 1,
    allowances: Mapping[str, float] | None = None,
) -> AsyncIterator[Teacher]:
    """The teacher of one process; it may be asked about any number of tools at once. Connections end with the block.

    What it says is recorded in the folder `transcripts`, and what is recorded there is not asked again. `shares`: processes among which
    the endpoint's limits are divided. `allowances`: what each tool may cost in all, counted in the transcripts; without them, this process
    alone may spend what is left of `max_cost`.
    """
    if allowances is not None and transcripts is None:
        raise ConfigError("a budget is counted in the transcripts; give a folder for them")
    if "://" in str(transcripts or ""):
        raise ConfigError(f"{transcripts} cannot be appended to; keep transcripts in a local or mounted folder")
    record = Transcripts(transcripts) if transcripts else None
    async with AsyncExitStack() as stack:
        if config.kind == "embedded":
            from toolschool.methods.ste.teachers.embedded import EmbeddedTeacher

            teacher: Teacher = EmbeddedTeacher()
        elif config.kind == "replay":
            teacher = ReplayTeacher(config.replay or "")
        elif config.kind == "local":
            from toolschool.methods.ste.teachers.local import LocalTeacher

            teacher = LocalTeacher.load(config.model or "", config.batch)
        else:
            teacher = await stack.enter_async_context(
                _served(config, _Purses(config.max_cost, record, allowances), shares)
            )
        if record and config.kind != "replay":
            teacher = RecordingTeacher(teacher, record, config.name, config.prices)
        yield teacher


def _served(config: TeacherConfig, purses: _Purses, shares: int) -> ServedTeacher:
    from toolschool.methods.ste.teachers.served import ServedTeacher

    return ServedTeacher(
        config.url or "",
        config.model or "",
        concurrency=config.concurrency,
        timeout_s=config.timeout_s,
        requests=Pace(config.requests_per_minute and config.requests_per_minute / shares),
        tokens=Pace(config.tokens_per_minute and config.tokens_per_minute / shares),
        prices=config.prices,
        purse_of=purses.of,
    )


class _Purses:
    """One for each tool that has an allowance, one for all others."""

    def __init__(
        self, max_cost: float | None, record: Transcripts | None, allowances: Mapping[str, float] | None
    ) -> None:
        self.record, self.allowances = record, allowances if max_cost is not None else None
        spent = sum(costs(record.folder).values()) if record and max_cost is not None and allowances is None else 0.0
        self.common = Purse(float("inf") if max_cost is None else max_cost, spent)
        self._own: dict[str, Purse] = {}

    def of(self, tool: str) -> Purse:
        if self.allowances is None:
            return self.common
        if tool not in self._own:
            spent = self.record.of(tool).spent if self.record else 0.0
            self._own[tool] = Purse(self.allowances.get(tool, 0.0), spent)
        return self._own[tool]
