"""More than the endpoint can carry, and replicas that die under load, on a real Ray Serve over models of a fixed latency.

The client is open-loop: it sends when the clock says so, whether or not anything came back.
"""

import asyncio
import os
import signal
import time
from collections import Counter

import httpx
import psutil
import pytest

from serving.settings import Limits, Resources

pytestmark = [pytest.mark.cluster, pytest.mark.verify, pytest.mark.timeout(900)]

PLACES, LATENCY_S = 4, 2.5  # long, so that client and server on the same cores do not measure each other
OVERLOAD_S = 60


async def closed_loop(url, clients, seconds, body):
    """Answers per second to as many clients as there are places, each asking again at once."""
    done, ends = 0, time.monotonic() + seconds

    async def ask(client):
        nonlocal done
        while time.monotonic() < ends:
            reply = await client.post(url, json=body("capacity"))
            done += reply.status_code == 200

    async with httpx.AsyncClient(timeout=60) as client:
        began = time.monotonic()
        await asyncio.gather(*(ask(client) for _ in range(clients)))
        return done / (time.monotonic() - began)


async def open_loop(url, per_second, seconds, body):
    """Status -> number of answers, and seconds from the first request to the last answer."""
    statuses, began = Counter(), time.monotonic()

    async def ask(client):
        reply = await client.post(url, json=body("overload"))
        statuses[reply.status_code] += 1
        if reply.status_code != 200:
            assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
            assert int(reply.headers["retry-after"]) >= 1

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client, asyncio.TaskGroup() as group:
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
            group.create_task(ask(client))
    return statuses, time.monotonic() - began


def memory(app, fixed):
    """Resident MiB of the application's replicas and of Serve's own processes on this machine."""
    mine = psutil.Process().children(recursive=True)
    proxies = [one for one in mine if "ProxyActor" in " ".join(one.cmdline())]
    replicas = [psutil.Process(pid) for name in ("Gateway", "Executor", "Planner") for pid in fixed.pids(app, name)]
    return {f"{one.cmdline()[0]} {one.pid}": one.memory_info().rss / 2**20 for one in (*proxies, *replicas)}


def test_ten_times_the_capacity_for_a_minute(ray_cluster, fixed):
    app = fixed.fixed_app(LATENCY_S, name="overloaded", limits=Limits(max_in_flight=PLACES, deadline_s=60))
    try:
        url = app.url + fixed.CHAT
        asyncio.run(closed_loop(url, PLACES, 5, fixed.body))  # warm
        capacity = asyncio.run(closed_loop(url, PLACES, 30, fixed.body))
        assert capacity > 0.8 * PLACES / LATENCY_S, f"{capacity:.2f}/s: this machine is too busy to measure anything"
        asyncio.run(open_loop(url, 10 * capacity, 10, fixed.body))
        before = memory(app, fixed)
        statuses, took = asyncio.run(open_loop(url, 10 * capacity, OVERLOAD_S, fixed.body))
        after = memory(app, fixed)
        goodput = statuses[200] / took
        print(f"capacity {capacity:.2f}/s, goodput {goodput:.2f}/s, {dict(statuses)}, MiB {before} -> {after}")
        assert set(statuses) <= {200, 429, 503}
        assert statuses.total() == int(10 * capacity * OVERLOAD_S)
        assert goodput >= 0.9 * capacity
        assert set(before) == set(after), "a process went or came"
        assert sum(after.values()) < 1.05 * sum(before.values())
    finally:
        app.shutdown()


@pytest.mark.parametrize("part", ["Planner", "Gateway", "Executor"])
def test_a_replica_killed_under_load(ray_cluster, fixed, tmp_path, part):
    """Only what ran on it may fail, and as a 503 in the envelope; everything else is answered, before and after."""
    diary = tmp_path / "diary.txt"
    diary.touch()
    two = Resources(replicas=2, num_cpus=0.1)
    app = fixed.fixed_app(1.0, gateways=2, planner=two, name=f"killed-{part.lower()}", diary=str(diary))
    try:
        with fixed.Load(app, clients=6) as load:
            load.go_on(6)
            replicas = fixed.pids(app, part)
            fixed.wait_for(lambda: part != "Planner" or running(diary, replicas[0]), "a query at work in it")
            at_work = running(diary, replicas[0])
            os.kill(replicas[0], signal.SIGKILL)
            at = time.monotonic()
            load.go_on(12)
            fixed.wait_for(lambda: len(fixed.pids(app, part)) == len(replicas), "a new replica")
            load.go_on(12)
        print(part, load.statuses, "at work in it:", at_work)
        lost = [(query, began, ended) for query, began, ended, reply in load.seen if reply.status_code != 200]
        assert set(load.statuses) <= {200, 503}
        assert len(lost) <= 6
        assert all(began < at < ended for _, began, ended in lost), "lost without being at work then"
        for *_, reply in load.seen:
            assert reply.status_code == 200 or reply.json()["error"]["code"] in (
                "service_unavailable",
                "run_broken_off",
            )
        if part == "Planner":
            assert {query for query, *_ in lost} <= at_work, "lost without being at work there"
        if part == "Executor":
            assert lost, "nothing was at work in the only one"
    finally:
        app.shutdown()


def running(diary, pid):
    """Queries at work in a planner replica, by its notes."""
    lines = [line.split() for line in diary.read_text().splitlines()]
    begun, ended = ({query for what, query, by in lines if (what, by) == (kind, str(pid))} for kind in ("begin", "end"))
    return begun - ended


def test_planners_come_with_the_requests(ray_cluster, fixed):
    """From one to three, as soon as more wait than one should carry (Serve decides after 30 s of that)."""
    app = fixed.fixed_app(1.0, planner=Resources(num_cpus=0.1, autoscale={"max": 3}), name="scaled")
    try:
        assert len(fixed.pids(app, "Planner")) == 1
        with fixed.Load(app, clients=8) as load:
            fixed.wait_for(lambda: len(fixed.pids(app, "Planner")) == 3, "three planners", within_s=240)
            load.go_on(8)
        assert set(load.statuses) == {200}
    finally:
        app.shutdown()
