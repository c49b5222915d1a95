"""What a request to the agent may cost and change, earlier turns, and requests that are sent again."""

import asyncio
import json
from datetime import datetime

import httpx
import pytest

from serving import errors
from serving.budget import beginning, within
from serving.gateway import create_app
from serving.service import Task
from serving.settings import GatewaySettings, Limits
from serving.tool_service import ToolService
from toolschool.methods.tinyagent.request import Turn
from toolschool.tools.desk import Contact, Desk, World

CHAT = "/v1/chat/completions"
NOW = datetime(2026, 3, 2, 9, 0)
PLAN = '1. get_phone_number("Sid")\n2. send_sms(["$1"], "I am late")\n3. join()<END_OF_PLAN>\n'
BAD = '1. send_sms(["$7"], "x")\n2. join()<END_OF_PLAN>\n'  # a fault that calls for another plan


@pytest.fixture
def desk():
    desk = Desk(NOW, world=World(contacts=(Contact("Sid", "sid@example.org", "555-0101"),)))
    yield desk
    desk.close()


@pytest.fixture
def agent(desk, scripted):
    """`await agent(task, *plans)`: the last event, and what the models were asked."""

    async def run(task, *plans):
        models = scripted(*plans)
        events = [event async for event in ToolService(models, desk, lambda: NOW).run(task)]
        return events[-1], models

    return run


class TestAgent:
    """Budgets, earlier turns and confirmation where the server runs its own tools."""

    async def test_earlier_turns_reach_retriever_and_planner(self, agent):
        said = (Turn("system", "Be brief."), Turn("user", "Who is\nSid"), Turn("assistant", "A man."))
        _, models = await agent(Task("Text him", earlier=said), PLAN)
        assert models.queries == ["Who is Sid. Text him"]
        assert models.requests[0].earlier == said
        _, models = await agent(Task("Text him", earlier=(Turn("user", "x" * 900), *said)), PLAN)
        assert models.queries == ["Who is Sid. Text him"]

    async def test_side_effects_are_named_and_not_done(self, agent, desk):
        done, _ = await agent(Task("Text Sid", confirm=True), PLAN)
        look_up, text = done["trace"]["observations"]
        assert (look_up["status"], text["status"]) == ("ok", "declined")
        assert text["args"] == {"recipients": ["555-0101"], "message": "I am late"}
        assert not any(desk.changes().values())

    async def test_calls_over_all_rounds(self, agent):
        _, models = await agent(Task("q", max_calls=3), BAD, PLAN)
        assert [request.max_calls for request in models.requests] == [3, 2]
        _, models = await agent(Task("q"), PLAN)
        assert models.requests[0].max_calls is None

    async def test_tokens_over_all_rounds(self, agent):
        used = len(BAD.split())
        _, models = await agent(Task("q", max_tokens=used + 9), BAD, PLAN)
        assert [request.max_tokens for request in models.requests] == [used + 9, 9]
        done, models = await agent(Task("q", max_tokens=used), BAD, PLAN)
        assert len(models.requests) == 1  # nothing is left for another plan
        assert (done["answer"], done["finish"]) == ("", "length")

    async def test_a_plan_that_is_cut_short_is_run_as_far_as_it_goes(self, agent, desk):
        done, _ = await agent(Task("q", max_tokens=7), '1. create_note("a", "b", "")\n2. create_no')
        assert done["finish"] == "length"
        assert [note["name"] for note in desk.changes()["added"]["notes"]] == ["a"]

    async def test_stop(self, agent):
        done, _ = await agent(Task("q", stop=("opened", "draft")), PLAN)
        whole, _ = await agent(Task("q"), PLAN)
        assert whole["answer"].startswith(done["answer"])
        assert len(done["answer"]) < len(whole["answer"])
        assert done["finish"] == "stop"


def test_pieces_within_a_number_of_tokens():
    def count(text):
        return len(text.split())

    pieces = ["one ", "", "two ", "thr", "ee four"]
    assert list(within(iter(pieces), count, None)) == pieces
    assert list(within(iter(pieces), count, 3)) == pieces[:-1]
    assert list(within(iter(pieces), count, 0)) == []


def test_the_beginning_of_a_text():
    from toolschool.models.tokenizer import train_tokenizer

    tokenizer = train_tokenizer(["one two three é"], 300, ())
    text = "one two thrée — ü"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    for most in range(len(ids) + 2):
        start = beginning(text, most, tokenizer)
        assert text.startswith(start)
        assert len(tokenizer(start, add_special_tokens=False)["input_ids"]) <= most
    assert beginning(text, len(ids), tokenizer) == text


async def test_a_request_may_ask_for_less_time_but_not_for_more(service, ask):
    service.gate = asyncio.Event()
    app = create_app(service, GatewaySettings(limits=Limits(deadline_s=0.2)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        for seconds, told in ((0.05, "0.05 s"), (90, "0.2 s")):
            reply = await client.post(CHAT, json=ask(toolschool={"deadline_s": seconds}))
            assert reply.status_code == 504
            assert told in reply.json()["error"]["message"]


class TestTraces:
    """GET /v1/traces/{id}."""

    async def test_of_whole_and_streamed_answers(self, client, ask):
        reply = (await client.post(CHAT, json=ask())).json()
        kept = (await client.get(f"/v1/traces/{reply['id']}")).json()
        assert kept["trace"] == reply["toolschool"]
        assert kept["answer"] == reply["choices"][0]["message"]["content"]
        streamed = (await client.post(CHAT, json=ask(stream=True))).text
        id_ = json.loads(streamed.split("\n\n")[0].removeprefix("data: "))["id"]
        assert (await client.get(f"/v1/traces/{id_}")).json()["finish_reason"] == "stop"

    async def test_only_the_last_ones(self, service, ask):
        app = create_app(service, GatewaySettings(limits=Limits(kept_answers=2)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
            ids = [(await client.post(CHAT, json=ask())).json()["id"] for _ in range(3)]
            found = [(await client.get(f"/v1/traces/{id_}")).status_code for id_ in ids]
        assert found == [404, 200, 200]


KEY = {"Idempotency-Key": "k1"}


class TestSentAgain:
    """Idempotency-Key."""

    @pytest.mark.parametrize("stream", [False, True])
    async def test_the_same_request_is_answered_once(self, client, service, ask, stream):
        first = await client.post(CHAT, json=ask(stream=stream), headers=KEY)
        again = await client.post(CHAT, json=ask(stream=stream), headers=KEY)
        assert (again.status_code, again.content) == (200, first.content)
        assert again.headers["content-type"] == first.headers["content-type"]
        assert again.headers["idempotent-replayed"] == "true"
        assert "idempotent-replayed" not in first.headers
        assert service.started == 1
        await client.post(CHAT, json=ask(stream=stream), headers={"Idempotency-Key": "k2"})
        await client.post(CHAT, json=ask(stream=stream))
        assert service.started == 3

    async def test_another_request_under_the_same_key(self, client, service, ask):
        await client.post(CHAT, json=ask(), headers=KEY)
        reply = await client.post(CHAT, json=ask("other"), headers=KEY)
        assert reply.status_code == 409
        assert reply.json()["error"]["code"] == "idempotency_key_reused"
        other = await client.post(CHAT, json=ask("other"), headers=KEY | {"authorization": "Bearer b"})
        assert other.status_code == 200  # keys of another caller
        assert service.started == 2

    async def test_while_the_first_is_at_work(self, client, service, ask):
        service.gate = asyncio.Event()
        first = asyncio.create_task(client.post(CHAT, json=ask(), headers=KEY))
        await service.wait_started(1)
        reply = await client.post(CHAT, json=ask(), headers=KEY)
        assert (reply.status_code, reply.headers["retry-after"]) == (409, "1")
        service.gate.set()
        assert (await first).status_code == 200
        assert (await client.post(CHAT, json=ask(), headers=KEY)).status_code == 200
        assert service.started == 1

    @pytest.mark.parametrize("stream", [False, True])
    async def test_where_nothing_was_done_it_may_be_tried_again(self, client, service, ask, stream):
        service.before = errors.unavailable("the planner is starting")
        assert (await client.post(CHAT, json=ask(stream=stream), headers=KEY)).status_code == 503
        service.before = None
        assert (await client.post(CHAT, json=ask(stream=stream), headers=KEY)).status_code == 200

    async def test_what_was_broken_off_is_not_done_again(self, service, ask):
        service.gate = asyncio.Event()
        app = create_app(service, GatewaySettings(limits=Limits(deadline_s=0.05)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
            assert (await client.post(CHAT, json=ask(), headers=KEY)).status_code == 504
            service.gate = None
            reply = await client.post(CHAT, json=ask(), headers=KEY)
        assert (reply.status_code, reply.json()["error"]["code"]) == (409, "idempotency_broken_off")
        assert service.started == 1

    def test_a_client_that_leaves_a_stream(self, service, settings, serve, ask):
        service.gate = asyncio.Event()
        url = serve(create_app(service, settings))
        with httpx.Client(timeout=20, headers=KEY) as client:
            with client.stream("POST", f"{url}{CHAT}", json=ask(stream=True)) as reply:
                next(reply.iter_lines())
            for _ in range(100):
                reply = client.post(f"{url}{CHAT}", json=ask(stream=True))
                if reply.json()["error"]["code"] == "idempotency_broken_off":
                    break
                assert reply.json()["error"]["code"] == "idempotency_in_progress"
            assert reply.json()["error"]["code"] == "idempotency_broken_off"
        assert service.started == 1

    async def test_keys_are_forgotten(self, service, ask):
        app = create_app(service, GatewaySettings(limits=Limits(kept_answers=2, kept_s=60)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
            for key in "abca":
                await client.post(CHAT, json=ask(), headers={"Idempotency-Key": key})
        assert service.started == 4  # the oldest of more than two went
        app = create_app(service, GatewaySettings(limits=Limits(kept_s=0.01)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
            await client.post(CHAT, json=ask(), headers=KEY)
            await asyncio.sleep(0.02)
            await client.post(CHAT, json=ask(), headers=KEY)
        assert service.started == 6

    @pytest.mark.parametrize("key", ["", "x" * 256])
    async def test_keys_that_are_none(self, client, service, ask, key):
        reply = await client.post(CHAT, json=ask(), headers={"Idempotency-Key": key})
        assert reply.status_code == 400
        assert not service.started
