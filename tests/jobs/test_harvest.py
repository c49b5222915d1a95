"""The loop: a served agent records its runs, `jobs.harvest` makes rows and targets of them, `jobs.prepare` and `jobs.explore` take these."""

import asyncio
import json
from collections import Counter
from datetime import datetime
from itertools import combinations
from pathlib import Path

import httpx
import pytest

from jobs import explore, harvest, prepare
from pipelines import files, manifest
from pipelines.harvest import read_targets, targets_first
from serving.gateway import create_app
from serving.runlog import RunLog, record_of
from serving.settings import GatewaySettings
from serving.tool_service import ToolService
from toolschool.datasets.splits import split_of
from toolschool.errors import ConfigError, DataError
from toolschool.records import Example
from toolschool.tools.desk import DESK_TOOLS, Contact, Desk, World

NOW = datetime(2026, 3, 2, 9)
END = "join()<END_OF_PLAN>\n"


def note(name: str) -> str:
    return f'1. create_note("{name}", "{name}", "")\n2. {END}'


def text(name: str) -> str:
    return f'1. get_phone_number("{name}")\n2. send_sms(["$1"], "I am late")\n3. {END}'


PLANS = {
    "Note milk": note("milk"),
    "note  MILK": note("milk"),
    "Note bread": note("bread"),
    "Text Sid that I am late": text("Sid"),
    "Text Nobody that I am late": text("Nobody"),
    "Text Noone that I am late": text("Noone"),
    "Text 555-0101 that I am late": f'1. send_sms(["555-0101"], "I am late")\n2. {END}',
    "Sing": "I cannot sing.\n",
    "Note what we test": note("test"),
}


class Models:
    """Finds all tools, and plans what the table above says."""

    async def retrieve(self, query):
        return [{"name": name, "probability": 0.9} for name in DESK_TOOLS]

    async def plan(self, request):
        yield PLANS[request.query] if not request.context else f"{request.first_id}. {END}"

    async def count(self, texts):
        return [len(text.split()) for text in texts]

    async def shorten(self, text, tokens):
        return text

    async def ready(self):
        return {"planner": True}


async def serve_all(folder: Path) -> None:
    """Every query of the table through the gateway, one of them in a conversation, too."""
    desk = Desk(NOW, world=World(contacts=(Contact("Sid", "sid@example.org", "+15550100101"),)))
    log = RunLog(str(folder), "scripted")
    service = ToolService(Models(), desk, lambda: NOW, record=lambda task, done: log.write(record_of(task, done)))
    app = create_app(service, GatewaySettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
        for query in PLANS:
            messages = [{"role": "user", "content": query}]
            if query == "Note bread":
                await ask(
                    http, [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}, *messages]
                )
            await ask(http, messages)
    log.close()
    desk.close()


async def ask(http: httpx.AsyncClient, messages: list[dict[str, str]]) -> None:
    assert (
        await http.post("/v1/chat/completions", json={"model": "tinyagent", "messages": messages})
    ).status_code == 200


def own_tests(path: Path) -> Path:
    """A file of plans with a test row: its request, in other capitals, was asked of the server."""
    tools = next(pair for pair in combinations(DESK_TOOLS, 2) if split_of("tinyagent", {"tools": pair}) == "test")
    plan = [{"id": k, "tool": tool, "args": [], "deps": []} for k, tool in enumerate(tools, 1)]
    row = {"id": "t", "query": "NOTE what we Test", "tools": tools, "plan": plan, "raw_plan": f"1. {END}", "flags": []}
    path.write_text(f"{json.dumps(row)}\nno JSON\n")
    return path


@pytest.fixture
def words(tmp_path):
    asyncio.run(serve_all(tmp_path / "records"))
    tests = own_tests(tmp_path / "tests.jsonl")
    return [
        "--config", "recipes/tinyagent/harvest.yaml", f"records={tmp_path / 'records'}",
        f"tests=[{{source: tinyagent, path: {tests}}}]", "cluster.profile=ci", f"output.storage={tmp_path / 'runs'}",
    ]  # fmt: skip


@pytest.mark.cluster
@pytest.mark.timeout(600)
def test_from_a_served_agent_to_rows_and_targets(tmp_path, words, ray_cluster, capsys):
    run = tmp_path / "runs" / "harvest"
    with (tmp_path / "records" / "half.jsonl").open("w") as file:
        file.write('{"id": "cut off in the mid')
    assert harvest.main(words) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    assert "3 training rows of 11 runs" in said

    rows = [Example.from_row(json.loads(line)) for line in (run / "plans.jsonl").read_text().splitlines()]
    assert sorted(row.query for row in rows) == ["Note bread", "Note milk", "Text Sid that I am late"]
    reasons = Counter(
        row["reason"].split(":")[0].split(" harvested-")[0] for row in files.read_rows(str(run / "quarantine"))
    )
    assert reasons == {
        "repeats": 1, "part of a conversation": 1, "redacted": 1, "a step was failed": 2, "planned again": 1,
        "the request of a test row": 1, "broken JSON": 1,
    }  # fmt: skip
    (target,) = json.loads((run / "targets.json").read_text())
    assert (target["tool"], target["failures"]) == ("get_phone_number", 2)
    assert [each["query"] for each in target["examples"]] == ["Text Nobody that I am late", "Text Noone that I am late"]
    content = manifest.read(str(run))
    assert content["counts"] == {"in": 11, "rows": 3, "quarantined": 8, "calls": 12, "targets": 1}
    assert json.loads((run / "metrics.json").read_text())["left_out.planned again"] == 1
    assert "get_phone_number" in (run / "report.html").read_text()

    assert harvest.main(words) == 0
    assert manifest.read(str(run))["counts"] == content["counts"]
    check_rows(tmp_path, run, {row.id for row in rows})


def check_rows(tmp_path, run, ids):
    """What jobs.prepare makes of them: training rows, and nothing else."""
    given = [
        "data.source=desk", "data.path=null", "data.limit=20", f"extra=[{{source: harvested, path: {run}}}]", "cluster.profile=ci",
        "planner.variants=1",
        "toolrag=null", f"output.storage={tmp_path / 'runs'}", "output.name=rows",
    ]  # fmt: skip
    assert prepare.main(["--config", "recipes/tinyagent/prepare.yaml", *given]) == 0
    examples = tmp_path / "runs" / "rows" / "examples"
    found = {
        part: {row["id"] for row in files.read_rows(str(examples / part))} for part in ("train", "validation", "test")
    }
    assert ids <= found["train"]
    assert not ids & (found["validation"] | found["test"])
    counts = manifest.read(str(tmp_path / "runs" / "rows"))["counts"]["rows"]
    assert (counts["out"]["planner/train"], counts["quarantined"]) == (len(found["train"]), 0)


class TestMistakes:
    def test_no_records(self, tmp_path, capsys):
        assert harvest.main([f"records={tmp_path / 'nowhere'}", "output.name=x", "tests=[]"]) == 2
        assert "app.record" in capsys.readouterr().err

    def test_tests_that_are_generated(self, capsys):
        assert harvest.main(["output.name=x", "tests=[{source: desk}]", "--dry-run"]) == 2
        assert "desk is generated" in capsys.readouterr().err

    def test_other_rows_are_no_extra(self, tmp_path, capsys):
        for extra in ("{source: tinyagent, path: x}", "{source: harvested}"):
            words = ["--config", "recipes/tinyagent/prepare.yaml", "data.source=desk", f"extra=[{extra}]", "--dry-run"]
            with pytest.raises(SystemExit) as left:
                prepare.main(words)
            assert left.value.code == 2
            assert "path goes with source=harvested" in capsys.readouterr().err
        words = [*words[:3], f"extra=[{{source: harvested, path: {tmp_path / 'nowhere'}}}]", "--dry-run"]
        assert prepare.main(words) == 2
        assert "does not exist" in capsys.readouterr().err


class TestTargets:
    """What jobs.explore does with them."""

    def test_they_come_first(self, tmp_path):
        path = tmp_path / "targets.json"
        path.write_text(
            json.dumps([{"tool": "c", "failures": 3}, {"tool": "gone", "failures": 2}, {"tool": "b", "failures": 1}])
        )
        assert targets_first(("a", "b", "c", "d"), read_targets(str(path))) == ("c", "b", "a", "d")
        assert targets_first(("a", "b"), ()) == ("a", "b")
        with pytest.raises(ConfigError, match="none of the targets"):
            targets_first(("x",), ["a"])

    @pytest.mark.parametrize("content", ["no JSON", "5", '[{"name": "a"}]'])
    def test_another_file(self, tmp_path, content):
        (tmp_path / "targets.json").write_text(content)
        with pytest.raises(DataError, match=r"jobs\.harvest writes one"):
            read_targets(str(tmp_path / "targets.json"))

    def test_a_file_that_is_not_there_is_told_before_anything_starts(self, tmp_path, capsys):
        words = ["--config", "recipes/ste/explore.yaml", f"targets={tmp_path / 'nowhere.json'}", "--dry-run"]
        assert explore.main(words) == 2
        assert "does not exist" in capsys.readouterr().err
