"""LoRA adapters as models of the agent: names, what is refused before Ray starts, and whose plan it is."""

import json
from datetime import datetime

import httpx
import pytest

from jobs.serve import ServeConfig, check
from serving import app
from serving.executor import recorder
from serving.gateway import create_app
from serving.planner import open_adapted, open_planner
from serving.service import Task
from serving.settings import AppArgs, GatewaySettings
from serving.tool_service import ToolService
from toolschool.config import build
from toolschool.errors import ConfigError, ModelError
from toolschool.methods.tinyagent.request import PlanRequest

NOW = datetime(2026, 3, 2, 9)
QUERY = "Create a note called Groceries"
PLANNER = "assets/tinyagent/planner"
TOOL = {
    "type": "function",
    "function": {"name": "look_up", "description": "Look up", "parameters": {"type": "object", "properties": {}}},
}


@pytest.fixture(scope="module")
def folders(tiny, tmp_path_factory):
    """Two adapters over the shipped planner that plan differently."""
    folder = tmp_path_factory.mktemp("adapters")
    return {name: tiny.save_adapter(folder / name, PLANNER, seed) for name, seed in (("north", 0), ("v2.south", 3))}


def test_each_name_plans_with_its_adapter(folders):
    planner, adapted = open_adapted(PLANNER, {name: str(folder) for name, folder in folders.items()})
    request = PlanRequest(QUERY, ("create_note",), NOW)
    plans = {name: "".join(each.stream(request)) for name, each in adapted.items()}
    plans[""] = "".join(planner.stream(request))
    assert plans[""] == "".join(open_planner(PLANNER).stream(request))
    assert len(set(plans.values())) == 3, plans


def test_all_have_one_caller_for_other_tools(folders):
    planner, adapted = open_adapted(PLANNER, {"north": str(folders["north"])}, guests="assets/ste/caller")
    assert planner.caller is adapted["north"].caller
    assert planner.engine.model is adapted["north"].engine.model


def client_of(service):
    settings = GatewaySettings(adapters=("north",), models=("sums",))
    transport = httpx.ASGITransport(app=create_app(service, settings))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


@pytest.mark.parametrize("more", [{}, {"tools": [TOOL]}], ids=["own tools", "the client's tools"])
async def test_a_plan_is_asked_of_the_model_that_was_named(scripted, desk_of_now, ask, more):
    models = scripted("1. join()<END_OF_PLAN>\n")
    models.judged = [{"name": "look_up", "probability": 0.9}]
    async with client_of(ToolService(models, desk_of_now, lambda: NOW)) as client:
        for name in ("north", "tinyagent"):
            reply = await client.post("/v1/chat/completions", json={**ask(), **more, "model": name})
            assert reply.json()["model"] == name
    assert [request.model for request in models.requests] == ["north", "tinyagent"]


async def test_names_are_listed_and_asked_for(service, ask):
    async with client_of(service) as client:
        listed = (await client.get("/v1/models")).json()["data"]
        assert [model["id"] for model in listed] == ["tinyagent", "north", "sums"]
        assert (await client.post("/v1/chat/completions", json={**ask(), "model": "north"})).status_code == 200
        gone = await client.post("/v1/chat/completions", json={**ask(), "model": "west"})
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "model_not_found")
        assert "'north'" in gone.json()["error"]["message"]


def test_what_cannot_be_served_is_told_before_ray_starts(folders, tiny, tmp_path):
    given = {"adapters": {"north": str(folders["north"])}}
    assert app._located(build(AppArgs, given)).adapters == {"north": str(folders["north"])}
    other = build(AppArgs, {**given, "planner": str(tiny.save_planner(tmp_path))})
    for refused in (lambda: app.build(other), lambda: check(ServeConfig(app=other))):
        with pytest.raises(ModelError, match=r"adapters\.north: .* lies over"):
            refused()
    with pytest.raises(ModelError, match=r"adapters\.north: there is no model in /nowhere"):
        app.build(build(AppArgs, {**given, "adapters": {"north": "/nowhere"}}))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"model_name": "north"}, "adapters: north is the agent's name"),
        ({"models": {"north": {"model": "x"}}}, "north is a name of models, too"),
        ({"planner_url": "http://127.0.0.1:1/v1"}, "leave out planner_url and caller"),
        ({"adapters": {"a/b": "x"}}, "'a/b' is no name"),
    ],
)
def test_names_are_apart(more, said):
    with pytest.raises(ConfigError, match=said):
        build(AppArgs, {"adapters": {"north": "x"}, **more})


def test_records_name_the_adapter_that_planned(tmp_path):
    record, end = recorder(AppArgs(adapters={"north": "/models/north"}, record=str(tmp_path)))
    trace = {"tools": [], "plan": "", "rounds": 0, "observations": [], "problems": [], "now": NOW.isoformat()}
    for name in ("north", "tinyagent"):
        record(Task(QUERY, model=name), {"type": "done", "answer": "", "finish": "stop", "trace": trace})
    end()
    lines = [line for file in tmp_path.iterdir() for line in file.read_text().splitlines()]
    assert [json.loads(line)["model"] for line in lines] == ["/models/north", PLANNER]
