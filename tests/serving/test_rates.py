"""Token buckets per key, and their headers at the gateway."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.auth import digest
from serving.errors import ApiError
from serving.gateway import create_app
from serving.rates import Rates, duration
from serving.settings import GatewaySettings, Limits


class Clock:
    """Seconds that a test lets pass."""

    now = 0.0

    def __call__(self):
        return self.now


def taken(rates, key):
    """Whether the key may ask now, else in how many seconds."""
    try:
        rates.take(key)
    except ApiError as error:
        return error.retry_after_s
    return True


def test_a_minute_at_once_and_then_evenly():
    clock = Clock()
    rates = Rates(30, clock)
    assert [taken(rates, "a") for _ in range(31)] == [True] * 30 + [2]
    assert taken(rates, "b") is True  # of its own
    clock.now = 1.5
    assert taken(rates, "a") == 1
    clock.now = 2
    assert [taken(rates, "a") for _ in range(2)] == [True, 2]
    clock.now = 1000
    assert rates.look("a").remaining == 30


@given(limit=st.integers(1, 100), pauses=st.lists(st.floats(0, 30), max_size=300))
def test_never_more_than_the_burst_and_what_flowed_in(limit, pauses):
    """Any minute sees at most twice the limit, any hour at most 61 times; after `Retry-After` a request always passes."""
    clock = Clock()
    rates, passed = Rates(limit, clock), 0
    for pause in pauses:
        clock.now += pause
        answer = taken(rates, None)
        passed += answer is True
        assert passed <= limit + clock.now * limit / 60 + 1e-6
        if answer is not True:
            clock.now += answer
            assert taken(rates, None) is True
            passed += 1


def test_no_limit():
    rates = Rates(None)
    assert all(taken(rates, "a") is True for _ in range(1000))
    assert rates.look("a") is None


@pytest.mark.parametrize(("seconds", "text"), [(0, "0ms"), (0.12, "120ms"), (1.5, "1.5s"), (60, "1m0s"), (360, "6m0s")])
def test_durations_read_as_openais(seconds, text):
    assert duration(seconds) == text


async def test_headers_and_429_at_the_gateway(service, ask):
    limits, keyed = Limits(requests_per_minute=2), {digest("one"): "alice", digest("two"): "bob"}
    app = create_app(service, GatewaySettings(limits=limits, keys=keyed))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:

        async def post(key):
            return await client.post("/v1/chat/completions", json=ask(), headers={"authorization": f"Bearer {key}"})

        first, second, third = [await post("one") for _ in range(3)]
        assert [first.status_code, second.status_code, third.status_code] == [200, 200, 429]
        assert [reply.headers["x-ratelimit-remaining-requests"] for reply in (first, second, third)] == ["1", "0", "0"]
        assert third.headers["x-ratelimit-limit-requests"] == "2"
        assert third.headers["x-ratelimit-reset-requests"].endswith("s")
        assert 1 <= int(third.headers["retry-after"]) <= 30
        assert third.json()["error"]["code"] == "rate_limit_exceeded"
        assert "'alice'" in third.json()["error"]["message"]
        assert (await post("two")).status_code == 200
        wrong = await post("three")
        assert wrong.status_code == 401  # and nothing is told of limits
        assert not [name for name in wrong.headers if name.startswith("x-ratelimit")]
        for path in ("/health", "/ready"):
            reply = await client.get(path)
            assert reply.status_code == 200
            assert "x-ratelimit-limit-requests" not in reply.headers
        assert service.started == 3
