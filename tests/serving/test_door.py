"""A gateway that closes, what it tells its watch, and what Serve's proxy says in its place."""

import asyncio

import httpx
import pytest

from serving import proxy
from serving.door import Door
from serving.gateway import create_app
from serving.settings import Autoscale, GatewaySettings, Limits, Resources
from toolschool.config import build
from toolschool.errors import ConfigError

CHAT = "/v1/chat/completions"


class Seen:
    """A watch that remembers."""

    def __init__(self):
        self.entries, self.counts = [], []

    def inside(self, count):
        self.counts.append(count)

    def ended(self, entry):
        self.entries.append(entry)


@pytest.fixture
def seen():
    return Seen()


@pytest.fixture
def settings():
    return GatewaySettings(limits=Limits(max_in_flight=1))


@pytest.fixture
def door(settings, seen):
    return Door(settings, seen)


@pytest.fixture
async def http(service, settings, door):
    transport = httpx.ASGITransport(app=create_app(service, settings, door))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


class TestClosing:
    @pytest.mark.parametrize("stream", [False, True])
    async def test_what_runs_ends_well_and_nothing_new_comes_in(self, http, door, service, ask, stream):
        service.gate = asyncio.Event()
        running = asyncio.create_task(http.post(CHAT, json=ask(stream=stream)))
        await service.wait_started(1)
        closing = asyncio.create_task(door.close(within_s=30))
        await asyncio.sleep(0)
        for reply in (await http.post(CHAT, json=ask()), await http.get("/ready"), await http.get("/")):
            assert reply.status_code == 503
            assert reply.json()["error"]["code"] == "service_unavailable"
            assert "retry-after" in reply.headers
        assert (await http.get("/health")).status_code == 200
        assert not closing.done()
        service.gate.set()
        assert await closing == 0
        reply = await running
        assert reply.status_code == 200
        assert not stream or reply.text.endswith("data: [DONE]\n\n")
        assert service.started == 1

    async def test_it_does_not_wait_for_ever(self, http, door, service, ask):
        service.gate = asyncio.Event()
        running = asyncio.create_task(http.post(CHAT, json=ask()))
        await service.wait_started(1)
        assert await door.close(within_s=0.05) == 1
        service.gate.set()
        assert (await running).status_code == 200

    async def test_nobody_inside(self, door):
        assert await door.close(within_s=30) == 0


class TestWatch:
    async def test_every_request_once_with_route_and_code(self, http, service, seen, ask):
        await http.post(CHAT, json=ask())
        await http.get("/v1/models/tinyagent")
        await http.get("/v1/models/other")
        await http.get("/v1/nothing?x=1")
        await http.post(CHAT, content=b"{", headers={"content-type": "application/json"})
        service.gate = asyncio.Event()
        running = asyncio.create_task(http.post(CHAT, json=ask()))
        await service.wait_started(2)
        await http.post(CHAT, json=ask())
        service.gate.set()
        await running
        assert [(entry.method, entry.route, entry.status, entry.code) for entry in seen.entries] == [
            ("POST", CHAT, 200, None),
            ("GET", "/v1/models/{name}", 200, None),
            ("GET", "/v1/models/{name}", 404, "model_not_found"),
            ("GET", None, 404, None),
            ("POST", CHAT, 400, "invalid_json"),
            ("POST", CHAT, 429, "at_capacity"),
            ("POST", CHAT, 200, None),
        ]
        assert seen.counts == [1, 0] * 5 + [1, 2, 1, 0]
        assert all(entry.seconds > 0 for entry in seen.entries)


class TestProxy:
    """Serve's own refusals, as its proxy sends them: plain text, or nothing where a replica died."""

    async def answer(self, status, content_type=b"text/plain", headers=(), path="/v1/models"):
        async def served(scope, receive, send):
            if status is not None:
                raw = [(b"content-type", content_type), (b"x-request-id", b"r-1"), *headers]
                await send({"type": "http.response.start", "status": status, "headers": raw})
                await send({"type": "http.response.body", "body": b"said", "more_body": True})
                await send({"type": "http.response.body", "body": b" by Serve"})

        (middleware,) = proxy.middlewares()
        app = middleware.cls(served, *middleware.args, **middleware.kwargs)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
            return await client.get(path)

    @pytest.mark.parametrize(
        ("status", "code"),
        [(429, "at_capacity"), (503, "service_unavailable"), (408, "request_timeout"), (404, None), (413, None)],
    )
    async def test_refusals_in_the_envelope(self, status, code):
        reply = await self.answer(status)
        assert reply.status_code == status
        assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
        assert reply.json()["error"]["code"] == code
        assert reply.headers["x-request-id"] == "r-1"
        assert ("retry-after" in reply.headers) == (status in (429, 503))
        assert "Serve" not in reply.text

    async def test_serves_own_time_to_come_back(self):
        assert (await self.answer(429, headers=[(b"retry-after", b"7")])).headers["retry-after"] == "7"

    async def test_a_replica_that_died_is_503(self):
        reply = await self.answer(None)
        assert reply.status_code == 503
        assert "in part" in reply.json()["error"]["message"]
        assert "retry-after" in reply.headers

    @pytest.mark.parametrize(
        ("status", "kind"), [(200, b"text/plain"), (404, b"application/json"), (401, b"text/html")]
    )
    async def test_the_gateways_answers_pass(self, status, kind):
        reply = await self.answer(status, kind)
        assert (reply.status_code, reply.text) == (status, "said by Serve")

    async def test_health_stays_and_routes_are_not_told(self):
        assert (await self.answer(503, path="/-/healthz")).text == "said by Serve"
        assert (await self.answer(200, b"application/json", path="/-/routes")).status_code == 404

    def test_serve_finds_it_by_its_path(self):
        from ray.serve._private.http_util import validate_http_proxy_callback_return
        from ray.serve._private.utils import call_function_from_import_path

        (path,) = proxy.ENVIRONMENT.values()
        assert len(validate_http_proxy_callback_return(call_function_from_import_path(path))) == 1


class TestAutoscale:
    def test_by_one_field(self):
        from serving.app import bind
        from serving.planner import PlannerDeployment

        resources = build(Resources, {"autoscale": {"max": 4}, "num_gpus": 1})
        options = bind(PlannerDeployment, resources, "model", drain_s=120)._bound_deployment._deployment_config
        assert (options.autoscaling_config.min_replicas, options.autoscaling_config.max_replicas) == (1, 4)
        assert options.max_surge_percent == 100
        assert options.graceful_shutdown_timeout_s > 120
        fixed = bind(PlannerDeployment, Resources(replicas=3), "model", drain_s=120)._bound_deployment
        assert fixed.num_replicas == 3
        assert fixed._deployment_config.autoscaling_config is None

    @pytest.mark.parametrize("wrong", [{"min": 3, "max": 2}, {"min": 0, "max": 2}, {"min": 1}])
    def test_wrong_ranges(self, wrong):
        with pytest.raises(ConfigError):
            build(Autoscale, wrong)

    def test_not_beside_a_fixed_number(self):
        with pytest.raises(ConfigError, match="leave it out"):
            build(Resources, {"replicas": 2, "autoscale": {"max": 4}})
        assert Resources.model_validate(Resources(autoscale={"max": 2}).model_dump(mode="json")).autoscale.max == 2
