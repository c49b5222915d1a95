"""Gateway and executor as they are, over models that take a fixed time: what an update, a kill or too much load does shows in seconds."""

import math
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import numpy as np

from serving.app import RunningApp, bind, start
from serving.settings import AppArgs, GatewaySettings, Limits, Resources
from toolschool.tools.desk import desk_catalog

TINY = Resources(num_cpus=0.1)
CHAT = "/v1/chat/completions"


def fixed_app(
    seconds: float,
    version: float = 0.5,
    limits: Limits | None = None,
    gateways: int = 1,
    planner: Resources = TINY,
    diary: str = os.devnull,
    name: str = "fixed",
    key_file: str | None = None,
    gateway_options: dict[str, Any] | None = None,
) -> RunningApp:
    """Every query is answered after `seconds` by looking a number up; the retriever tells the `version` as a probability.

    Planner replicas note in the file `diary` when they begin and end a query, with their process id.
    """
    from ray import serve

    from serving.executor import ExecutorDeployment
    from serving.ingress import GatewayDeployment

    names = desk_catalog().names

    # Inside a function, so that replicas get the classes by value and need not import this file.
    @serve.deployment(name="Retriever", max_ongoing_requests=64)
    class FixedRetriever:
        async def card(self) -> dict[str, Any]:
            return {"tools": list(names)}

        async def classify(self, query: str) -> np.ndarray:
            likely = math.log(version / (1 - version))
            return np.array([likely if name == "get_phone_number" else -20.0 for name in names])

        async def ready(self) -> bool:
            return True

    @serve.deployment(name="Planner", max_ongoing_requests=64)
    class FixedPlanner:
        async def plan(self, request: Any) -> Any:
            import asyncio
            import os

            with open(diary, "a") as file:  # noqa: ASYNC230 - a line
                file.write(f"begin {request.query} {os.getpid()}\n")
            await asyncio.sleep(seconds)
            yield '1. get_phone_number("Sid")\n2. join()<END_OF_PLAN>\n'
            with open(diary, "a") as file:  # noqa: ASYNC230
                file.write(f"end {request.query} {os.getpid()}\n")

        async def count(self, texts: list[str]) -> list[int]:
            return [len(text) for text in texts]

        async def ready(self) -> bool:
            return True

    limits = limits or Limits(deadline_s=60)
    settings = GatewaySettings(limits=limits, key_file=key_file, echo_request_id=False).model_dump(mode="json")
    bound = partial(bind, drain_s=limits.deadline_s)
    models = [bound(FixedPlanner, planner), bound(FixedRetriever, TINY)]
    executor = bound(ExecutorDeployment, TINY, AppArgs(limits=limits).model_dump(mode="json"), *models)
    gateway = GatewayDeployment.options(**(gateway_options or {}))
    ingress = bound(gateway, Resources(replicas=gateways, num_cpus=0.1), settings, executor)
    return start(ingress, "127.0.0.1", 0, name, f"/{name}")


def pids(app: RunningApp, deployment: str) -> list[int]:
    """Process ids of the deployment's replicas."""
    import ray
    from ray.util.state import list_actors

    actors = list_actors(address=ray.get_runtime_context().gcs_address, filters=[("state", "=", "ALIVE")], limit=1000)
    return [actor.pid for actor in actors if actor.class_name == f"ServeReplica:{app.name}:{deployment}"]


def wait_for(reached: Callable[[], bool], what: str, within_s: float = 60) -> None:
    """Return once `reached()`."""
    ends = time.monotonic() + within_s
    while not reached():
        assert time.monotonic() < ends, what
        time.sleep(0.05)


def body(query: str) -> dict[str, Any]:
    return {"model": "tinyagent", "messages": [{"role": "user", "content": query}]}


class Load:
    """Clients that ask one query after the other, each over a connection of its own, inside the `with` block.

    `seen` has every query, when it was sent and answered, and the answer.
    """

    def __init__(self, app: RunningApp, clients: int) -> None:
        self.app, self.clients = app, clients
        self.seen: list[tuple[str, float, float, httpx.Response]] = []

    def __enter__(self) -> "Load":
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(120)

    def _ask(self, number: int) -> None:
        with httpx.Client(base_url=self.app.url, timeout=60) as client:
            count = 0
            while not self._stop.is_set():
                query, began, count = f"q{number}x{count}", time.monotonic(), count + 1
                reply = client.post(CHAT.removeprefix("/"), json=body(query))
                self.seen.append((query, began, time.monotonic(), reply))

    @property
    def statuses(self) -> Counter[int]:
        return Counter(reply.status_code for *_, reply in self.seen)

    def go_on(self, count: int) -> None:
        """Return after `count` more answers."""
        wanted = len(self.seen) + count
        wait_for(lambda: len(self.seen) >= wanted, f"{self.statuses}", within_s=120)
