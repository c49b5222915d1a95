"""A configuration names one teacher or is refused; spending is counted over restarts and workers; the key is written nowhere."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolschool.config import build
from toolschool.errors import BudgetError, ConfigError, TeacherError
from toolschool.methods.ste.teachers.opening import (
    TeacherConfig,
    check_teacher,
    open_teacher,
    ping_teacher,
    tool_allowances,
)
from toolschool.methods.ste.teachers.protocol import Reply, Request
from toolschool.methods.ste.teachers.served import ServedTeacher
from toolschool.methods.ste.teachers.transcripts import costs

Asking = Callable[..., Request]
URL = "http://127.0.0.1:1/v1"
PRICED = {"prompt_price": 10, "completion_price": 100, "max_cost": 1}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({}, "embedded"),
        ({"url": URL, "model": "m"}, "served"),
        ({"url": URL, "model": "m", "requests_per_minute": 5, "concurrency": 4, **PRICED}, "served"),
        ({"url": URL, "model": "m", "max_cost": 1, "prompt_price": 0, "completion_price": 1}, "served"),
        ({"model": "assets/nano", "batch": 8}, "local"),
    ],
)
def test_a_configuration_names_one_teacher(values: dict[str, Any], kind: str) -> None:
    config = build(TeacherConfig, values)
    check_teacher(config)
    check_teacher(TeacherConfig.model_validate(config.model_dump(mode="json")))
    assert config.kind == kind


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"replay": "x", "model": "m"}, "instead of a model"),
        ({"replay": "nowhere"}, "no folder with transcripts"),
        ({"url": "localhost:8000", "model": "m"}, "no address"),
        ({"url": "http://me:secret@host/v1", "model": "m"}, "no secret"),
        ({"url": "http://host/v1?key=secret", "model": "m"}, "no secret"),
        ({"url": URL}, "needs teacher.model"),
        ({"url": URL, "model": "m", "max_cost": 1}, "needs teacher.prompt_price"),
        ({"url": URL, "model": "m", "max_cost": 1, "prompt_price": 1}, "needs teacher.prompt_price"),
        ({"url": URL, "model": "m", **PRICED, "prompt_price": 0, "completion_price": 0}, "cost nothing"),
        ({"url": URL, "model": "m", "prompt_price": 1, "completion_price": 1}, "need teacher.max_cost"),
        ({"requests_per_minute": 5}, "teacher.requests_per_minute is for an endpoint"),
        ({"model": "assets/nano", **PRICED}, "is for an endpoint"),
        ({"model": "assets/nano", "timeout_s": 3}, "teacher.timeout_s is for an endpoint"),
        ({"url": URL, "model": "m", "batch": 2}, "teacher.batch"),
        ({"batch": 2}, "teacher.batch"),
    ],
)
def test_nonsense_is_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        check_teacher(build(TeacherConfig, values))


@pytest.mark.parametrize("key", ["requests_per_minute", "max_cost", "concurrency", "timeout_s", "batch"])
def test_numbers_are_positive(key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        build(TeacherConfig, {key: 0})


def test_an_endpoint_that_is_not_there_is_found_out_at_the_start() -> None:
    ping_teacher(TeacherConfig())
    with pytest.raises(TeacherError, match=f"nobody answers at {URL}"):
        ping_teacher(TeacherConfig(url=URL, model="m"))


async def test_limits_are_divided_among_the_workers() -> None:
    config = TeacherConfig(url=URL, model="m", requests_per_minute=120, tokens_per_minute=6000)
    async with open_teacher(config, shares=4) as teacher:
        assert isinstance(teacher, ServedTeacher)
        assert [round(teacher.endpoint.requests.claim(1), 2) for _ in range(2)] == [0, 2]
        assert [round(teacher.endpoint.tokens.claim(100), 2) for _ in range(2)] == [0, 4]


def every_file(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.rglob("*") if path.is_file()]


async def replies_of(config: TeacherConfig, requests: list[Request], *where: Path, **shared: Any) -> list[Any]:
    """What one process gets, errors too."""
    async with open_teacher(config, *where, **shared) as teacher:
        return list(await asyncio.gather(*map(teacher.reply, requests), return_exceptions=True))


async def test_a_recording_of_an_endpoint_replays_without_it(endpoint: Any, asking: Asking, tmp_path: Path) -> None:
    requests = [asking(f"word {number}", tool=tool) for number in range(6) for tool in ("a", "b")]
    replies = await replies_of(TeacherConfig(url=endpoint.url, model="parrot"), requests, tmp_path)
    assert {type(reply) for reply in replies} == {Reply}
    asked = len(endpoint.asked)
    replay = TeacherConfig(replay=str(tmp_path))
    check_teacher(replay)
    assert await replies_of(replay, requests) == replies
    assert len(endpoint.asked) == asked == 12


async def test_the_ceiling_holds_over_workers_and_restarts(endpoint: Any, asking: Asking, tmp_path: Path) -> None:
    """Three workers with a tool each, all killed and started again after some replies; a reply costs 0.003."""
    config = TeacherConfig(
        url=endpoint.url, model="parrot", prompt_price=10, completion_price=100, max_cost=0.15, concurrency=2
    )
    tools = ["a", "b", "c"]
    asks = {tool: [asking(f"word {n:02}", tool=tool, max_tokens=30) for n in range(40)] for tool in tools}
    for upto in (3, 7, 40):  # a restart of the driver divides the rest anew, one of a worker does not
        allowed = tool_allowances(config, tmp_path, tools)
        for tool in tools:
            for part in (upto - 1, upto):
                results = await replies_of(config, asks[tool][:part], tmp_path, shares=3, allowances=allowed)
        assert sum(costs(tmp_path).values()) <= 0.15
    refused = [result for result in results if isinstance(result, BudgetError)]
    assert "0.0480 of 0.0500" in str(refused[0])
    assert sum(costs(tmp_path).values()) == pytest.approx(48 * 0.003)
    assert len(endpoint.asked) == 48

    more = config.model_copy(update={"max_cost": 0.3})  # as the message says
    results = await replies_of(more, asks["a"], tmp_path)
    assert not [result for result in results if isinstance(result, Exception)]
    assert sum(costs(tmp_path).values()) == pytest.approx(72 * 0.003)


async def test_a_tool_without_an_allowance_may_spend_nothing(endpoint: Any, asking: Asking, tmp_path: Path) -> None:
    config = TeacherConfig(url=endpoint.url, model="parrot", prompt_price=10, completion_price=100, max_cost=1)
    (refused,) = await replies_of(config, [asking("word", tool="b")], tmp_path, allowances={"a": 1})
    assert isinstance(refused, BudgetError)
    assert not endpoint.asked


async def test_the_key_is_in_no_file_and_no_message(
    endpoint: Any, asking: Asking, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    config = TeacherConfig(url=endpoint.url, model="parrot")
    endpoint.first = lambda count, body: (
        endpoint.refusal(400, f"{endpoint.key} is no", code="unsupported_value", param="seed")
        if "seed" in body
        else None
    )
    await replies_of(config, [asking("word")], tmp_path)
    endpoint.first = lambda count, body: endpoint.refusal(500, f"{endpoint.key} broke me")
    (failed,) = await replies_of(config, [asking("other")], tmp_path)
    assert isinstance(failed, TeacherError)
    assert "(key) broke me" in str(failed)
    written = "".join(every_file(tmp_path))
    assert "word" in written
    assert endpoint.keys == {f"Bearer {endpoint.key}"}
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("toolschool")]
    assert "does not take `seed`" in ours[0]
    for text in (written, repr(config), str(config.model_dump()), repr(failed), *ours):
        assert endpoint.key not in text


async def test_transcripts_are_in_a_folder_that_can_be_appended_to() -> None:
    with pytest.raises(ConfigError, match="cannot be appended to"):
        await replies_of(TeacherConfig(url=URL, model="m"), [], "s3://bucket/run/transcripts")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="give a folder"):
        await replies_of(TeacherConfig(url=URL, model="m", **PRICED), [], allowances={"a": 1})


def test_without_a_ceiling_there_are_no_allowances(tmp_path: Path) -> None:
    assert tool_allowances(TeacherConfig(url=URL, model="m"), tmp_path, ["a"]) is None
    assert tool_allowances(TeacherConfig(url=URL, model="m", **PRICED), tmp_path, ["a", "b"]) == {"a": 0.5, "b": 0.5}
