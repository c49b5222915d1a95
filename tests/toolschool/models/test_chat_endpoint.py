"""Functions go out, calls come back as they were written, and what was answered is kept. (Tries and refusals: the teachers' tests.)"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from toolschool.errors import DataError, EndpointError, RequestRefused
from toolschool.models.chat_endpoint import Answer, ChatCall, ChatEndpoint, ChatRequest, ping
from toolschool.models.chat_record import ChatRecord, RecordedEndpoint, request_key
from toolschool.models.limits import Prices, Purse


@pytest.fixture
def server(chat_server: Any) -> Iterator[Any]:
    with chat_server.serving() as running:
        running.problem = chat_server.ROWS[0]["question"]
        yield running


def request_of(server: Any, **more: Any) -> ChatRequest:
    tool = {"type": "function", "function": {"name": "calculator", "parameters": {"type": "object"}}}
    return ChatRequest([{"role": "user", "content": server.problem}], [tool], **more)


@pytest.fixture
def says(chat_server: Any) -> Any:
    """`says(message)`: every request is answered so."""

    def _says(message: dict[str, Any], usage: dict[str, int] | None = None) -> Any:
        return lambda number, count: (200, chat_server.completion(message, usage), {})

    return _says


async def answered(server: Any, **more: Any) -> Answer:
    async with ChatEndpoint(server.url, "parrot", key_variable=None) as endpoint:
        return await endpoint.ask(request_of(server, **more), Purse())


async def test_functions_go_out_and_calls_come_back(server: Any) -> None:
    found = await answered(server, temperature=0.0)
    (call,) = found.calls
    assert (call.id, call.name, found.text) == ("c0", "calculator", "")
    assert (found.prompt_tokens, found.completion_tokens, found.finish) == (100, 10, "stop")
    assert found.seconds > 0
    ((_, body),) = server.asked
    assert body["tools"][0]["function"]["name"] == "calculator"
    assert (body["temperature"], body["max_tokens"]) == (0.0, 1024)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [('{"a": 1}', '{"a": 1}'), ({"a": 1}, '{"a": 1}'), (None, "{}"), ("", "{}"), ('{"a', '{"a'), ([1], "[1]")],
)
async def test_arguments_are_a_text_whatever_comes(server: Any, says: Any, arguments: Any, text: str) -> None:
    server.refuse = says(
        {"content": None, "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": arguments}}]}
    )
    found = await answered(server)
    assert found.calls == (ChatCall("", "f", text),)
    assert found.prompt_tokens > 20  # estimated: the functions count


async def test_a_call_without_a_name_is_no_answer(server: Any, says: Any) -> None:
    server.refuse = says({"content": None, "tool_calls": [{"id": "x", "function": {}}]})
    with pytest.raises(EndpointError, match="no answer in 8 tries: a call of what came names no function"):
        await answered(server)


@pytest.mark.parametrize(
    ("status", "kind"), [(400, RequestRefused), (413, RequestRefused), (422, RequestRefused), (404, EndpointError)]
)
async def test_one_request_or_all_of_them(server: Any, status: int, kind: type[Exception]) -> None:
    server.refuse = lambda number, count: (status, {"error": {"message": "no"}}, {})
    with pytest.raises(EndpointError) as failed:
        await answered(server)
    assert type(failed.value) is kind


async def test_answers_are_kept_and_their_cost_is_known(server: Any, tmp_path: Path) -> None:
    path = tmp_path / "a" / "x.jsonl"
    for _ in range(2):
        record = ChatRecord(path)
        async with ChatEndpoint(server.url, "parrot", key_variable=None, prices=Prices(10, 100)) as endpoint:
            kept = RecordedEndpoint(endpoint, record, Purse(1, record.spent))
            found = await kept.ask(request_of(server))
            assert await kept.ask(request_of(server)) == found
        assert record.spent == pytest.approx(0.002)
    assert len(server.asked) == 1
    assert request_key("u", "m", request_of(server)) != request_key("u", "m2", request_of(server))
    assert request_key("u", "m", request_of(server)) != request_key("u", "m", request_of(server, extra={"now": 1}))
    path.write_text(path.read_text() + '{"key": 1}\n')
    with pytest.raises(DataError, match=r"x\.jsonl, line 2 is no answer"):
        ChatRecord(path)


def test_a_sign_of_life_names_the_variable_of_the_key(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ping(server.url, None)
    with pytest.raises(EndpointError, match="nobody answers at"):
        ping("http://127.0.0.1:9/v1", "MINE", timeout_s=1)
