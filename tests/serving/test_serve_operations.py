"""Operating the endpoint on a real Ray Serve: an update under load, keys that come and go, an end that waits, full queues."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from serving import keys
from serving.settings import Limits

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def test_a_rolling_update_fails_no_request(ray_cluster, fixed):
    """Every deployment is replaced, also those of one replica; what runs on an old one ends there."""
    first = fixed.fixed_app(0.2, version=0.25, gateways=2, name="updated")
    try:
        before = {name: fixed.pids(first, name) for name in ("Gateway", "Executor", "Planner", "Retriever")}
        with fixed.Load(first, clients=3) as load:
            load.go_on(6)
            fixed.fixed_app(0.2, version=0.75, gateways=2, name="updated")
            load.go_on(6)
        answers = [reply.json()["toolschool"]["tools"][0]["probability"] for *_, reply in load.seen]
        assert load.statuses == {200: len(load.seen)}
        assert (answers[0], answers[-1]) == (0.25, 0.75)
        after = {name: fixed.pids(first, name) for name in before}
        assert not [name for name in before if set(before[name]) & set(after[name])]
    finally:
        first.shutdown()


def test_keys_come_and_go_and_are_nowhere_in_the_logs(ray_cluster, fixed, tmp_path):
    """Two gateways, so that both have to see the change; the logs are those of the whole cluster."""
    import ray

    path = tmp_path / "keys.txt"
    alice = keys.add(path, "alice")
    app = fixed.fixed_app(0.0, gateways=2, name="keyed", key_file=str(path))
    try:

        def statuses(key, count=8):
            headers = {"authorization": f"Bearer {key}"} if key else {}
            with httpx.Client(base_url=app.url, headers=headers, timeout=60) as client:
                return {client.post("v1/plan", json={"query": "x"}).status_code for _ in range(count)}

        assert statuses(alice) == {200}
        assert statuses(None) == statuses("ts-wrong-0123456789") == {401}
        bob = keys.add(path, "bob")
        keys.revoke(path, "alice")
        fixed.wait_for(lambda: statuses(bob) == {200}, "bob's key is not known everywhere")
        fixed.wait_for(lambda: statuses(alice) == {401}, "alice's key is still known")
        assert httpx.get(f"{app.url}/health").status_code == 200
    finally:
        app.shutdown()
    logs = Path(ray._private.worker._global_node.get_logs_dir_path())
    texts = {file: file.read_text(errors="replace") for file in logs.rglob("*") if file.is_file()}
    secrets = (alice, bob, "ts-wrong-0123456789")
    assert not [(file, key) for file, text in texts.items() for key in secrets if key in text]
    lines = [
        json.loads(line)
        for line in re.findall(r'^\{"time".*"message": "request".*\}$', "\n".join(texts.values()), re.M)
    ]
    ours = [line for line in lines if line["route"] == "/v1/plan"]
    assert {(line["key"], line["status"]) for line in ours} >= {("alice", 200), ("bob", 200)}
    assert {line["status"] for line in lines if line["code"] == "invalid_api_key"} == {401}


def test_the_end_waits_for_what_runs(ray_cluster, fixed, tmp_path):
    diary = tmp_path / "diary.txt"
    diary.touch()
    app = fixed.fixed_app(5.0, gateways=2, name="drained", diary=str(diary))
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(httpx.post, app.url + fixed.CHAT, json=fixed.body("x"), timeout=60) for _ in range(4)]
        fixed.wait_for(lambda: diary.read_text().count("begin") == 4, "four queries at work")
        draining = threading.Thread(target=app.drain)
        draining.start()
        ready = lambda: {httpx.get(f"{app.url}/ready").status_code for _ in range(4)}  # noqa: E731
        fixed.wait_for(lambda: ready() == {503}, "both gateways refuse")
        assert draining.is_alive()
        assert httpx.get(f"{app.url}/health").status_code == 200
        refused = httpx.post(app.url + fixed.CHAT, json=fixed.body("x"))
        assert refused.json()["error"]["code"] == "service_unavailable"
        draining.join(30)
        assert [task.result().status_code for task in running] == [200] * 4
    app.shutdown()


def test_serves_own_full_queue_answers_in_the_envelope(ray_cluster, fixed):
    """Reached only by options far below those that ship: the gateway itself is meant to be the one that refuses."""
    options = {"max_ongoing_requests": 2, "max_queued_requests": 1}
    app = fixed.fixed_app(1.0, name="full", limits=Limits(max_in_flight=8), gateway_options=options)
    try:
        with ThreadPoolExecutor(12) as pool:
            send = lambda _: httpx.post(app.url + fixed.CHAT, json=fixed.body("x"), timeout=60)  # noqa: E731
            replies = list(pool.map(send, range(12)))
        refused = [reply for reply in replies if reply.status_code != 200]
        assert {reply.status_code for reply in refused} == {429}
        for reply in refused:
            assert reply.json()["error"]["code"] == "at_capacity"
            assert int(reply.headers["retry-after"]) >= 1
            assert len(reply.headers["x-request-id"]) > 8
        assert httpx.get(app.url.removesuffix("/full") + "/-/routes").status_code == 404
        assert httpx.get(app.url.removesuffix("/full") + "/-/healthz").status_code == 200
    finally:
        app.shutdown()
