"""A configuration names one teacher or is refused; spending is counted over restarts and workers; the key is written nowhere."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolschool.config import build
from toolschool.errors import ConfigError, TeacherError
from toolschool.methods.ste.teachers.limits import allowances
from toolschool.methods.ste.teachers.opening import TeacherConfig, check_teacher, open_teacher, ping_teacher
from toolschool.methods.ste.teachers.protocol import Reply, Request
from toolschool.methods.ste.teachers.served import ServedTeacher
from toolschool.methods.ste.teachers.transcripts import RecordingTeacher, costs

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


def test_limits_are_divided_among_the_workers() -> None:
    config = TeacherConfig(url=URL, model="m", requests_per_minute=120, tokens_per_minute=6000)
    teacher = open_teacher(config, shares=4)
    assert isinstance(teacher, ServedTeacher)
    assert [round(teacher.requests.claim(1), 2) for _ in range(2)] == [0, 2]
    assert [round(teacher.tokens.claim(100), 2) for _ in range(2)] == [0, 4]


def every_file(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.rglob("*") if path.is_file()]


async def replies_of(teacher: Any, requests: list[Request]) -> list[Any]:
    return list(await asyncio.gather(*map(teacher.reply, requests), return_exceptions=True))


async def test_a_recording_of_an_endpoint_replays_without_it(endpoint: Any, asking: Asking, tmp_path: Path) -> None:
    requests = [asking(f"word {number}", tool=tool) for number in range(6) for tool in ("a", "b")]
    teacher = open_teacher(TeacherConfig(url=endpoint.url, model="parrot"), tmp_path)
    replies = await replies_of(teacher, requests)
    assert {type(reply) for reply in replies} == {Reply}
    asked = len(endpoint.asked)
    replay = TeacherConfig(replay=str(tmp_path))
    check_teacher(replay)
    assert await replies_of(open_teacher(replay), requests) == replies
    assert len(endpoint.asked) == asked == 12


async def test_the_ceiling_holds_over_workers_and_restarts(endpoint: Any, asking: Asking, tmp_path: Path) -> None:
    """Three workers with a tool each, all killed and started again after some replies; a reply costs 0.003."""
    config = TeacherConfig(
        url=endpoint.url, model="parrot", prompt_price=10, completion_price=100, max_cost=0.15, concurrency=2
    )
    tools = ["a", "b", "c"]
    asks = {tool: [asking(f"word {n:02}", tool=tool, max_tokens=30) for n in range(40)] for tool in tools}
    for upto in (3, 7, 40):  # a restart of the driver divides the rest anew, one of a worker does not
        allowed = allowances(0.15, costs(tmp_path), tools)
        for tool in tools:
            for part in (upto - 1, upto):
                worker = open_teacher(config, tmp_path, shares=3, allowances=allowed)
                results = await replies_of(worker, asks[tool][:part])
        assert sum(costs(tmp_path).values()) <= 0.15
    refused = [result for result in results if isinstance(result, TeacherError)]
    assert "0.0480 of 0.0500" in str(refused[0])
    assert sum(costs(tmp_path).values()) == pytest.approx(48 * 0.003)
    assert len(endpoint.asked) == 48

    more = config.model_copy(update={"max_cost": 0.3})  # as the message says
    alone = open_teacher(more, tmp_path)
    results = await replies_of(alone, asks["a"])
    assert not [result for result in results if isinstance(result, Exception)]
    assert sum(costs(tmp_path).values()) == pytest.approx(72 * 0.003)


async def test_a_tool_without_an_allowance_may_spend_nothing(endpoint: Any, asking: Asking, tmp_path: Path) -> None:
    config = TeacherConfig(url=endpoint.url, model="parrot", prompt_price=10, completion_price=100, max_cost=1)
    with pytest.raises(TeacherError, match="budget is spent"):
        await open_teacher(config, tmp_path, allowances={"a": 1}).reply(asking("word", tool="b"))
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
    teacher = open_teacher(config, tmp_path)
    await teacher.reply(asking("word"))
    endpoint.first = lambda count, body: endpoint.refusal(500, f"{endpoint.key} broke me")
    failed = (await replies_of(teacher, [asking("other")]))[0]
    assert isinstance(failed, TeacherError)
    assert "(key) broke me" in str(failed)
    written = "".join(every_file(tmp_path))
    assert "word" in written
    assert endpoint.keys == {f"Bearer {endpoint.key}"}
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("toolschool")]
    assert "does not take `seed`" in ours[0]
    for text in (written, repr(config), str(config.model_dump()), repr(failed), *ours):
        assert endpoint.key not in text


def test_a_teacher_with_a_folder_records(tmp_path: Path) -> None:
    config = TeacherConfig(url=URL, model="m", **PRICED)
    teacher = open_teacher(config, tmp_path)
    assert isinstance(teacher, RecordingTeacher)
    assert teacher.name == f"m at {URL}"
    assert teacher.prices == config.prices
