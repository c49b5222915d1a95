"""Faults that only a real Ray Serve can have: a client that leaves, a deadline, a planner whose process dies."""

import os
import time
from datetime import datetime
from functools import partial

import httpx
import numpy as np
import pytest

from serving.app import bind, start
from serving.settings import AppArgs, GatewaySettings, Limits, Resources
from toolschool.tools.desk import desk_catalog

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def diary(tmp_path_factory):
    """A file in which the planner replica notes what happens to it."""
    return tmp_path_factory.mktemp("planner") / "diary.txt"


@pytest.fixture(scope="module")
def url(ray_cluster, diary):
    """Gateway and executor as they are, over a planner that never finishes, or dies when told to."""
    import asyncio

    from ray import serve

    from serving.executor import ExecutorDeployment
    from serving.ingress import GatewayDeployment

    path, names = str(diary), desk_catalog().names

    # Inside a function, so that replicas get the classes by value and need not import this file.
    @serve.deployment(name="NoteRetriever")
    class NoteRetriever:
        async def card(self):
            return {"tools": list(names)}

        async def classify(self, query):
            return np.array([20.0 if name == "create_note" else -20.0 for name in names])

        async def ready(self):
            return True

    @serve.deployment(name="SlowPlanner", max_ongoing_requests=16)
    class SlowPlanner:
        async def plan(self, request):
            if request.query == "die":
                await asyncio.sleep(0.5)  # sooner, and Serve would hand the request to the next replica
                os._exit(1)
            yield f'1. create_note("{request.query}", "x", "")\n'
            try:
                await asyncio.sleep(300)
            except asyncio.CancelledError:
                with open(path, "a") as file:  # noqa: ASYNC230 - one line, on its way out
                    file.write(f"{request.query} cancelled\n")
                raise

        async def count(self, texts):
            return [0 for _ in texts]

        async def ready(self):
            return True

    tiny = Resources(num_cpus=0.1)
    args = AppArgs(now=datetime(2026, 3, 2, 9)).model_dump(mode="json")
    settings = GatewaySettings(limits=Limits(deadline_s=5, max_in_flight=4), echo_request_id=False)
    bound = partial(bind, drain_s=5)
    executor = bound(ExecutorDeployment, tiny, args, bound(SlowPlanner, tiny), bound(NoteRetriever, tiny))
    gateway = bound(GatewayDeployment, tiny, settings.model_dump(mode="json"), executor)
    running = start(gateway, "127.0.0.1", 0, name="slow", route_prefix="/slow")
    yield running.url
    running.shutdown()


def body(query, stream=False):
    return {"model": "tinyagent", "messages": [{"role": "user", "content": query}], "stream": stream}


def wait_for(condition, what, seconds=20):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.1)


@pytest.mark.parametrize("stream", [False, True])
def test_the_planner_stops_when_the_client_leaves(url, diary, stream):
    query = f"leave {stream}"
    with httpx.Client(timeout=httpx.Timeout(20, read=1.5)) as client, pytest.raises(httpx.ReadTimeout):
        client.post(f"{url}/v1/chat/completions", json=body(query, stream)).read()
    wait_for(lambda: diary.exists() and f"{query} cancelled" in diary.read_text(), "the planner went on", seconds=3)


def test_deadline(url, diary):
    with httpx.Client(timeout=30) as client:
        reply = client.post(f"{url}/v1/chat/completions", json=body("too slow"))
        assert reply.status_code == 504
        assert reply.json()["error"]["code"] == "deadline_exceeded"
        wait_for(lambda: "too slow cancelled" in diary.read_text(), "the planner went on")
        notes = client.get(f"{url}/v1/desk").json()["changes"]["added"]["notes"]
    assert "too slow" in [note["name"] for note in notes]  # what was done before the deadline is not hidden


def test_a_planner_that_dies_is_503_and_comes_back(url):
    with httpx.Client(timeout=60) as client:
        reply = client.post(f"{url}/v1/chat/completions", json=body("die"))
        assert reply.status_code == 503
        assert reply.json()["error"]["type"] == "server_error"
        assert client.get(f"{url}/health").status_code == 200
        wait_for(lambda: client.get(f"{url}/ready").status_code == 200, "the planner did not come back", seconds=60)
