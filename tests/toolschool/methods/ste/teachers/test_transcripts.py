"""What was answered is on disk at once, is not paid for twice, and can be replayed without whoever said it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import TeacherError
from toolschool.methods.ste.teachers.protocol import Reply, Request
from toolschool.methods.ste.teachers.transcripts import (
    RecordingTeacher,
    ReplayTeacher,
    Transcript,
    Transcripts,
    costs,
    file_of,
    request_key,
)
from toolschool.methods.ste.trials import Message
from toolschool.models.limits import Prices

Asking = Callable[..., Request]


class Counting:
    """Says how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def reply(self, request: Request) -> Reply:
        self.asked += 1
        await asyncio.sleep(0)
        return Reply(f"reply {self.asked} to {request.messages[-1].content}", 1000, 100)


async def recorded(folder: Path, requests: list[Request], name: str = "counting") -> tuple[Counting, list[Reply]]:
    inner = Counting()
    teacher = RecordingTeacher(inner, Transcripts(folder), name, Prices(10, 100))
    return inner, [await teacher.reply(request) for request in requests]


async def test_a_replay_answers_as_the_teacher_did(tmp_path: Path, asking: Asking) -> None:
    requests = [asking(f"naïve {number}\n\u2028🙂", tool=tool) for number in range(5) for tool in ("a", "Über%%b/c")]
    _, replies = await recorded(tmp_path, requests)
    replay = ReplayTeacher(tmp_path)
    assert [await replay.reply(request) for request in reversed(requests)] == replies[::-1]
    assert len(costs(tmp_path)) == 2


async def test_nothing_is_asked_twice_of_the_same_teacher(tmp_path: Path, asking: Asking) -> None:
    requests = [asking(f"word {number}") for number in range(4)]
    _, first = await recorded(tmp_path, requests[:3])
    again, second = await recorded(tmp_path, requests)
    assert second[:3] == first
    assert again.asked == 1
    other, _ = await recorded(tmp_path, requests, "another")
    assert other.asked == 4
    assert costs(tmp_path) == {"add_date": pytest.approx(8 * 0.02)}
    assert Transcript(file_of(tmp_path, "add_date")).spent == pytest.approx(8 * 0.02)


async def test_a_line_that_a_kill_cut_off_is_asked_again_and_the_file_is_whole_then(
    tmp_path: Path, asking: Asking
) -> None:
    requests = [asking(f"word {number}") for number in range(3)]
    await recorded(tmp_path, requests)
    path = file_of(tmp_path, "add_date")
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for cut in (last, last + 1, last + 40, len(whole) - 1):
        path.write_bytes(whole[:cut])
        inner, replies = await recorded(tmp_path, requests)
        assert inner.asked == 1
        assert [reply.text for reply in replies] == ["reply 1 to word 0", "reply 2 to word 1", "reply 1 to word 2"]
        assert path.read_bytes().count(b"\n") == whole.count(b"\n")
        assert await ReplayTeacher(tmp_path).reply(requests[2]) == replies[2]


async def test_a_conversation_is_written_once_however_long_it_grows(tmp_path: Path, asking: Asking) -> None:
    request = asking("start")
    for turn in range(20):
        request = replace(request, messages=(*request.messages, Message("user", f"turn {turn} " + "x" * 1000)))
        await recorded(tmp_path, [request])
    path = file_of(tmp_path, "add_date")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    texts = {line["message"]: line["content"] for line in lines if "message" in line}
    assert len(texts) == 22
    assert [texts[mark] for mark in lines[-1]["messages"]] == [message.content for message in request.messages]
    assert path.stat().st_size < 60_000  # whole conversations would take 230 kB


async def test_what_is_missing_is_said(tmp_path: Path, asking: Asking) -> None:
    await recorded(tmp_path, [asking("word", seed=3), asking("other", seed=3)])
    replay = ReplayTeacher(tmp_path)
    with pytest.raises(
        TeacherError, match=r"no reply to this 'query' request with seed 3 \(key \w{12}\), but 2 to others"
    ):
        await replay.reply(asking("new", seed=3))
    with pytest.raises(TeacherError, match=r"nothing about get_day was recorded"):
        await replay.reply(asking("word", seed=3, tool="get_day"))


async def test_a_line_that_is_neither_is_named(tmp_path: Path, asking: Asking) -> None:
    await recorded(tmp_path, [asking("word")])
    path = file_of(tmp_path, "add_date")
    for wrong in ("{half", "[]", '{"key": "x"}'):
        path.write_text(f"{wrong}\n{path.read_text()}")
        with pytest.raises(TeacherError, match=r"add_date-\w+\.jsonl, line 1 is neither a message nor a reply"):
            await ReplayTeacher(tmp_path).reply(asking("word"))


async def test_a_reply_that_fails_is_not_recorded(tmp_path: Path, asking: Asking) -> None:
    class Broken:
        async def reply(self, request: Request) -> Reply:
            raise TeacherError("no")

    with pytest.raises(TeacherError):
        await RecordingTeacher(Broken(), Transcripts(tmp_path), "broken").reply(asking("word"))
    assert costs(tmp_path) == {}
    assert not file_of(tmp_path, "add_date").exists()


def test_every_part_of_a_request_tells_it_from_others(asking: Asking) -> None:
    base = asking("word")
    others = [
        replace(base, purpose="act"),
        replace(base, messages=base.messages[1:]),
        replace(base, messages=(base.messages[0], Message("assistant", "word"))),
        replace(base, seed=8),
        replace(base, temperature=0.5),
        replace(base, stop=("x",)),
        replace(base, max_tokens=61),
        asking("word", tool="get_day"),
    ]
    keys = {request_key(request) for request in [base, *others]}
    assert len(keys) == 9
    assert request_key(asking("word")) == request_key(base)


def test_half_a_character_has_a_key_and_a_line(tmp_path: Path, asking: Asking) -> None:
    request = asking("half \ud83d")
    asyncio.run(recorded(tmp_path, [request]))
    assert asyncio.run(ReplayTeacher(tmp_path).reply(request)).text == "reply 1 to half \ud83d"


@given(st.lists(st.text(), min_size=2, max_size=8, unique=True))
def test_every_tool_has_a_file_of_its_own_in_the_folder(tools: list[str]) -> None:
    paths = {file_of("here", tool) for tool in tools}
    assert len({str(path).lower() for path in paths}) == len(tools)
    assert {path.parent for path in paths} == {Path("here")}
