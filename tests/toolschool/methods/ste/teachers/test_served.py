"""An endpoint is asked side by side, as often and as dearly as allowed; what it refuses for now is asked again."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import Response

from toolschool.errors import BudgetError, TeacherError
from toolschool.methods.ste.teachers.protocol import Reply, Request, cut
from toolschool.methods.ste.teachers.served import ServedTeacher, ping
from toolschool.models.chat_endpoint import TRIES
from toolschool.models.limits import Pace, Prices, Purse

Asking = Callable[..., Request]


def each_first(*answers: Response) -> Callable[[int, dict[str, Any]], Response | None]:
    """These answers to the first tries of every request, then good ones."""
    return lambda count, body: answers[count] if count < len(answers) else None


async def test_the_request_goes_out_as_it_is_and_the_reply_comes_back(endpoint: Any, asking: Asking) -> None:
    teacher = ServedTeacher(endpoint.url, "parrot")
    reply = await teacher.reply(asking("say this observation: that", stop=("OBSERVATION:",)))
    assert reply == Reply("SAY THIS ", 100, 20)
    assert (teacher.prompt_tokens, teacher.completion_tokens) == (100, 20)
    (body,) = endpoint.asked
    assert body == {
        "model": "parrot",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "say this observation: that"},
        ],
        "temperature": 1.0,
        "seed": 7,
        "max_tokens": 60,
        "stop": ["OBSERVATION:"],
    }
    assert endpoint.keys == {f"Bearer {endpoint.key}"}


async def test_as_many_requests_fly_as_are_allowed_and_no_more(endpoint: Any, asking: Asking) -> None:
    endpoint.slow = 0.05
    teacher = ServedTeacher(endpoint.url, "parrot", concurrency=6)
    replies = await asyncio.gather(*(teacher.reply(asking(f"word {number}")) for number in range(30)))
    assert [reply.text for reply in replies] == [f"WORD {number}" for number in range(30)]
    assert endpoint.most_flying == 6


async def test_a_pace_is_kept_on_the_wire(endpoint: Any, asking: Asking) -> None:
    teacher = ServedTeacher(endpoint.url, "parrot", requests=Pace(1200))
    await asyncio.gather(*(teacher.reply(asking(f"word {number}")) for number in range(11)))
    assert endpoint.times[-1] - endpoint.times[0] >= 0.45  # ten spaces of 50 ms


async def test_a_pace_of_tokens_is_settled_at_what_was_used(endpoint: Any, asking: Asking) -> None:
    clock = [0.0]
    tokens = Pace(6000, lambda: clock[0])
    request = asking("x" * 972, max_tokens=1000)  # 28 characters are the system's
    await ServedTeacher(endpoint.url, "parrot", tokens=tokens).reply(request)
    assert tokens.claim(1) == pytest.approx(120 / 100)  # 1250 were claimed


async def test_a_rest_is_waited_out_by_the_whole_process(endpoint: Any, asking: Asking) -> None:
    busy = endpoint.refusal(429, "slow down", {"Retry-After": "0.4"})
    endpoint.first = lambda count, body: busy if len(endpoint.asked) == 1 else None
    teacher = ServedTeacher(endpoint.url, "parrot", concurrency=1)
    replies = await asyncio.gather(*(teacher.reply(asking(f"word {number}")) for number in range(3)))
    assert len(replies) == 3
    assert len(endpoint.asked) == 4
    assert endpoint.times[1] - endpoint.times[0] >= 0.4

    other = ServedTeacher(endpoint.url, "parrot")
    endpoint.asked.clear()
    endpoint.times.clear()
    first = asyncio.create_task(other.reply(asking("first")))
    await endpoint.heard(1)
    await asyncio.sleep(0.05)
    await other.reply(asking("second"))  # was never refused itself
    assert endpoint.times[1] - endpoint.times[0] >= 0.39
    await first


@pytest.mark.parametrize(
    "bad",
    [
        Response("<html>Bad gateway</html>", 502, media_type="text/html"),
        Response("{nonsense", 200, media_type="application/json"),
        Response("<html>Welcome</html>", 200, media_type="text/html"),
        Response('{"choices": []}', 200, media_type="application/json"),
        Response('{"choices": [{"message": "hello"}]}', 200, media_type="application/json"),
        Response('{"choices": [{"message": {"role": "assistant", "content": 3}}]}', 200, media_type="application/json"),
        Response('"choices"', 200, media_type="application/json"),
        Response("", 200),
        Response("", 500),
        Response("", 503, {"Retry-After": "soon"}),
        Response("", 408),
    ],
)
async def test_what_may_pass_is_asked_again(endpoint: Any, asking: Asking, bad: Response) -> None:
    endpoint.first = each_first(bad, bad)
    reply = await ServedTeacher(endpoint.url, "parrot").reply(asking("patience"))
    assert reply.text == "PATIENCE"
    assert len(endpoint.asked) == 3


async def test_a_slow_answer_is_asked_again_and_at_last_given_up(endpoint: Any, asking: Asking) -> None:
    endpoint.slow = 0.5
    teacher = ServedTeacher(endpoint.url, "parrot", timeout_s=0.1)
    waiting = asyncio.create_task(teacher.reply(asking("hurry")))
    await endpoint.heard(2)
    endpoint.slow = 0.0
    assert (await waiting).text == "HURRY"
    endpoint.slow = 0.5
    with pytest.raises(TeacherError, match=rf"no answer in {TRIES} tries: nothing came within 0.1 s; .*run again"):
        await teacher.reply(asking("again"))


async def test_an_endpoint_that_is_down_is_named(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolschool.models.limits.FIRST_WAIT_S", 0.001)
    with pytest.raises(TeacherError, match=r"http://127\.0\.0\.1:9/v1 gave no answer in 8 tries"):
        await ServedTeacher("http://127.0.0.1:9/v1", "parrot").reply(asking("x"))
    with pytest.raises(TeacherError, match="nobody answers"):
        ping("http://127.0.0.1:9/v1", timeout_s=1)


@pytest.mark.parametrize(
    ("status", "fields", "says"),
    [
        (404, {}, "does not answer as parrot"),
        (400, {"code": "context_length_exceeded"}, "does not answer as parrot"),
        (400, {"code": "unsupported_value", "param": "messages"}, "does not answer as parrot"),
        (401, {}, "set OPENAI_API_KEY"),
        (429, {"code": "insufficient_quota"}, "does not answer as parrot"),
        (429, {"after": "7200"}, "wants 7200 s of rest"),
    ],
)
async def test_what_will_not_pass_is_final(
    endpoint: Any, asking: Asking, status: int, fields: dict[str, str], says: str
) -> None:
    headers = {"Retry-After": fields.pop("after")} if "after" in fields else None
    endpoint.first = lambda count, body: endpoint.refusal(status, f"not with {endpoint.key}, no", headers, **fields)
    with pytest.raises(TeacherError, match=says) as failed:
        await ServedTeacher(endpoint.url, "parrot").reply(asking("please"))
    assert len(endpoint.asked) == 1
    assert "not with (key), no" in str(failed.value)
    assert "\n" not in str(failed.value)
    assert failed.value.__suppress_context__


async def test_no_part_of_the_key_is_left_where_a_message_is_cut(endpoint: Any, asking: Asking) -> None:
    for length in range(240, 300, 7):
        endpoint.first = lambda count, body, length=length: endpoint.refusal(400, "x" * length + endpoint.key)
        with pytest.raises(TeacherError) as failed:
            await ServedTeacher(endpoint.url, "parrot").reply(asking(f"try {length}"))
        assert endpoint.key[:6] not in str(failed.value)


async def test_fields_that_a_model_does_not_take_are_left_out(endpoint: Any, asking: Asking) -> None:
    """As OpenAI's reasoning models answer."""

    def picky(count: int, body: dict[str, Any]) -> Response | None:
        for field in ("max_tokens", "stop", "temperature"):
            if field in body:
                return endpoint.refusal(400, f"'{field}' is not supported", code="unsupported_parameter", param=field)
        return None

    endpoint.first = picky
    teacher = ServedTeacher(endpoint.url, "parrot", concurrency=4)
    requests = [asking(f"word {number} stop here", stop=("STOP",)) for number in range(8)]
    assert [reply.text for reply in await asyncio.gather(*map(teacher.reply, requests))] == [
        f"WORD {number} " for number in range(8)
    ]
    assert set(endpoint.asked[-1]) == {"model", "messages", "seed", "max_completion_tokens"}
    asked = len(endpoint.asked)
    await teacher.reply(asking("one more", stop=("STOP",)))
    assert len(endpoint.asked) == asked + 1


async def test_a_field_that_is_refused_though_it_was_not_sent_is_final(endpoint: Any, asking: Asking) -> None:
    endpoint.first = lambda count, body: endpoint.refusal(400, "no", code="unsupported_parameter", param="stop")
    with pytest.raises(TeacherError, match="does not answer as parrot"):
        await ServedTeacher(endpoint.url, "parrot").reply(asking("x", stop=("y",)))
    assert len(endpoint.asked) == 2


async def test_the_ceiling_holds_by_tool_and_side_by_side(endpoint: Any, asking: Asking) -> None:
    """A reply costs 100 x 10 + 20 x 100 = 0.003; at worst 0.0127."""
    purses = {"a": Purse(allowed=0.05), "b": Purse(allowed=0.05, spent=0.05)}
    teacher = ServedTeacher(endpoint.url, "parrot", prices=Prices(10, 100), purse_of=purses.__getitem__)
    requests = [asking(f"word {number:02}", tool="a", max_tokens=120) for number in range(40)]
    results = await asyncio.gather(*map(teacher.reply, requests), return_exceptions=True)
    paid = [result for result in results if isinstance(result, Reply)]
    assert purses["a"].spent == pytest.approx(0.003 * len(paid))
    assert 0.05 - 0.013 < purses["a"].spent <= 0.05
    assert all(isinstance(result, Reply | BudgetError) for result in results)
    asked = len(endpoint.asked)
    with pytest.raises(BudgetError, match=r"the budget is spent: 0\.0500 of 0\.0500.*raise teacher\.max_cost"):
        await teacher.reply(asking("word", tool="b"))
    assert len(endpoint.asked) == asked == len(paid)


async def test_tokens_that_are_not_reported_are_estimated(endpoint: Any, asking: Asking) -> None:
    endpoint.usage = False
    reply = await ServedTeacher(endpoint.url, "parrot").reply(asking("x" * 72))
    assert reply == Reply("X" * 72, 25, 18)


def test_a_teacher_serves_one_event_loop_after_the_other(endpoint: Any, asking: Asking) -> None:
    endpoint.slow = 0.01
    teacher = ServedTeacher(endpoint.url, "parrot", concurrency=2)

    async def several() -> list[str]:
        return [reply.text for reply in await asyncio.gather(*(teacher.reply(asking(word)) for word in "abcde"))]

    assert [asyncio.run(several()) for _ in range(2)] == [list("ABCDE")] * 2


async def test_a_cancelled_request_frees_its_place_and_its_money(endpoint: Any, asking: Asking) -> None:
    endpoint.slow = 1
    purse = Purse(allowed=0.02)
    teacher = ServedTeacher(endpoint.url, "parrot", concurrency=1, prices=Prices(10, 100), purse_of=lambda tool: purse)
    waiting = asyncio.create_task(teacher.reply(asking("never")))
    await endpoint.heard(1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    endpoint.slow = 0
    began = time.monotonic()
    assert (await teacher.reply(asking("now"))).text == "NOW"
    assert time.monotonic() - began < 0.9


@pytest.mark.parametrize("status", [200, 404, 500])
def test_any_answer_is_a_sign_of_life_but_a_refused_key(endpoint: Any, status: int) -> None:
    endpoint.models = status
    ping(endpoint.url)
    endpoint.models = 401
    with pytest.raises(TeacherError, match="refuses the key; set OPENAI_API_KEY"):
        ping(endpoint.url)
    assert endpoint.asked == []


def test_a_text_is_cut_at_the_first_of_the_stops() -> None:
    assert cut("a Thought: b Observation: c", ("Observation:", "Thought:")) == "a "
    assert cut("nothing", ("Thought:",)) == "nothing"
