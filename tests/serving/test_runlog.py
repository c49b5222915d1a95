"""Records of finished runs: what is in them and what is not, where they lie, and that no request waits for them or fails by them."""

import json
import threading
import time
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from serving.app import _located
from serving.gateway import create_app
from serving.runlog import RunLog, hidden_of, record_of
from serving.service import Task
from serving.settings import AppArgs, GatewaySettings, ToolAdmin
from serving.tool_service import ToolService
from toolschool.methods.tinyagent.harvest import read_run
from toolschool.tools.desk import Contact, Desk, World
from toolschool.tools.toolsets import ToolSource

NOW = datetime(2026, 3, 2, 9)
TEXT_SID = '1. get_phone_number("Sid")\n2. send_sms(["$1"], "I am late")\n3. join()<END_OF_PLAN>\n'
CHAT = "/v1/chat/completions"
SECRET = "the-secret-of-the-shop"
DONE = {
    "answer": "a",
    "finish": "stop",
    "trace": {"tools": [], "plan": "", "rounds": 0, "observations": [], "problems": [], "now": NOW.isoformat()},
}
RECORD = {"id": "r1", "time": "t", "query": "q", "observations": []}


@pytest.fixture
def desk():
    desk = Desk(NOW, world=World(contacts=(Contact("Sid", "sid@example.org", "+15550100101"),)))
    yield desk
    desk.close()


@pytest.fixture
def serving(desk, tmp_path, scripted):
    """A client of a gateway that records, and the log."""

    def make(*plans, log=None, **options):
        log = log or RunLog(str(tmp_path / "records"), "the-planner", [SECRET])
        service = ToolService(
            scripted(*plans), desk, lambda: NOW, record=lambda task, done: log.write(record_of(task, done)), **options
        )
        app = create_app(service, GatewaySettings())
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1"), log

    return make


def lines(folder):
    return [json.loads(line) for path in sorted(Path(folder).iterdir()) for line in path.read_text().splitlines()]


async def test_a_record_has_what_happened_and_nothing_that_identifies_anybody(serving, tmp_path, ask):
    http, log = serving(TEXT_SID)
    query = f"Text Sid (sid@example.org, 555-0101) about {SECRET} on 2026-03-03, Bearer abcdefgh123456"
    async with http:
        whole = await http.post(CHAT, json=ask(query), headers={"x-request-id": "r-1"})
        streamed = await http.post(CHAT, json=ask(query, stream=True))
    assert (whole.status_code, streamed.status_code) == (200, 200)
    log.close()
    first, second = lines(tmp_path / "records")
    assert first["id"] == "r-1"
    assert len(second["id"]) == 32
    assert first["query"] == "Text Sid (<EMAIL>, <PHONE>) about <KEY> on 2026-03-03, <KEY>"
    assert first["model"] == "the-planner"
    assert {"name": "get_phone_number", "probability": 0.9} in first["tools"]
    assert first["plan"] == TEXT_SID.strip()
    assert [(seen["tool"], seen["status"]) for seen in first["observations"]] == [
        ("get_phone_number", "ok"), ("send_sms", "ok"),
    ]  # fmt: skip
    assert first["observations"][0]["value"] == "<PHONE>"
    assert (first["rounds"], first["finish"], first["problems"], first["now"]) == (1, "stop", [], NOW.isoformat())
    assert datetime.fromisoformat(first["time"]).utcoffset() is not None
    text = json.dumps([first, second])
    assert not [word for word in ("sid@example", "5550100101", "555-0101", SECRET, "abcdefgh") if word in text]
    read_run(json.dumps(first))


async def test_failures_and_replans_are_recorded_and_refusals_are_not(serving, tmp_path, ask):
    bad = '1. get_phone_number("Nobody")\n2. nosuch()\n3. join()<END_OF_PLAN>\n'
    http, log = serving(bad, "3. join()<END_OF_PLAN>\n")
    async with http:
        await http.post(CHAT, json=ask("Call Nobody"))
        await http.post(CHAT, json=ask(" "))
        await http.post("/v1/plan", json={"query": "Call Nobody"})
    log.close()
    (record,) = lines(tmp_path / "records")
    assert record["rounds"] == 2
    assert [seen["status"] for seen in record["observations"]] == ["failed", "invalid"]


class TestNoRequestSuffers:
    async def test_while_the_disk_does_not_answer(self, serving, ask, tmp_path, monkeypatch, caplog):
        gate = threading.Event()
        monkeypatch.setattr(RunLog, "_append", lambda self, line: gate.wait(60))
        monkeypatch.setattr("serving.runlog.MAX_WAITING", 2)
        http, log = serving(TEXT_SID)
        began = time.monotonic()
        async with http:
            for number in range(6):
                assert (await http.post(CHAT, json=ask(f"q{number}"))).status_code == 200
        assert time.monotonic() - began < 30
        assert "records of runs were lost" in caplog.text
        gate.set()
        log.close()

    async def test_when_the_disk_fails(self, serving, ask, tmp_path, caplog):
        http, log = serving(TEXT_SID)
        (tmp_path / "records").rmdir()
        async with http:
            assert (await http.post(CHAT, json=ask())).status_code == 200
        log.close()
        assert [record.levelname for record in caplog.records if record.name == "serving.runlog"] == ["ERROR"]

    def test_a_record_that_cannot_be_written_ends_nothing(self, tmp_path, caplog):
        log = RunLog(str(tmp_path), "m")
        log.write({**RECORD, "observations": [{"value": "x"}, "no mapping"]})
        log.write(RECORD)
        log.close()
        assert [line["id"] for line in lines(tmp_path)] == ["r1"]
        assert len(caplog.records) == 1


class TestFiles:
    def test_one_for_each_replica_and_day_readable_by_the_owner_alone(self, tmp_path):
        days = iter(["20260302", "20260303"])
        first = RunLog(str(tmp_path), "m", today=lambda: next(days))
        second = RunLog(str(tmp_path), "m", today=lambda: "20260302")
        for log in (first, second):
            log.write(RECORD)
            log.write(RECORD)
            log.close()
        found = sorted(path.name for path in tmp_path.iterdir())
        assert len(found) == 3
        assert [name[:9] for name in found] == ["20260302-", "20260302-", "20260303-"]
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}

    def test_a_full_one_is_followed_by_another(self, tmp_path, monkeypatch):
        monkeypatch.setattr("serving.runlog.MAX_BYTES", 300)
        log = RunLog(str(tmp_path), "m")
        for number in range(9):
            log.write({**RECORD, "id": str(number)})
        log.close()
        assert all(path.stat().st_size <= 300 for path in tmp_path.iterdir())
        assert len(list(tmp_path.iterdir())) > 2
        assert [line["id"] for line in lines(tmp_path)] == list("012345678")

    def test_long_results_are_shortened_after_they_are_redacted(self, tmp_path):
        log = RunLog(str(tmp_path), "m")
        log.write({**RECORD, "observations": [{"value": "x" * 1995 + " sid@example.org " + "y" * 9000}]})
        log.close()
        (record,) = lines(tmp_path)
        assert len(record["observations"][0]["value"]) < 2100
        assert "sid@" not in record["observations"][0]["value"]


class TestSettings:
    def test_off_by_default_and_absolute(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        assert AppArgs().record is None
        assert _located(AppArgs(record="records")).record == str(tmp_path / "records")
        assert _located(AppArgs()).record is None

    def test_secrets_are_those_of_all_sources(self):
        sources = (
            ToolSource(openapi="http://x/openapi.json", headers={"X-Api-Key": "${A}"}, query={"key": "${B}"}),
            ToolSource.model_validate({"mcp": {"command": "server", "env": ["C"]}}),
        )
        settings = AppArgs(tools=sources, tool_admin=ToolAdmin(variables=("D", "E")))
        environ = {"A": "aaaa", "B": "Token bbbbbb", "C": "ccccc", "D": "ddddddd", "F": "not named", "E": "x"}
        found = hidden_of(settings, environ)
        assert sorted(found) == ["Token", "Token bbbbbb", "aaaa", "bbbbbb", "ccccc", "ddddddd"]
        assert [len(word) for word in found] == sorted(map(len, found), reverse=True)

    def test_the_executor_records_where_it_is_told_to(self, tmp_path):
        from serving.executor import recorder

        for settings in (AppArgs(), AppArgs(record=str(tmp_path / "here"), record_keep=("EMAIL",))):
            record, end = recorder(settings)
            record(Task("to a@b.example, 555-0101"), DONE)
            end()  # returns when it is on disk
        found = lines(tmp_path / "here")
        assert found[0]["query"] == "to a@b.example, <PHONE>"
        assert found[0]["model"] == AppArgs().planner

    def test_what_a_conversation_was_is_counted(self):
        from toolschool.methods.tinyagent.request import Turn

        assert record_of(Task("q", (Turn("user", "before"),)), DONE)["earlier"] == 1
