"""LoRA adapters as models of the agent: names, what is refused before Ray starts, and whose plan it is."""

from datetime import datetime

import pytest

from jobs.serve import ServeConfig, check
from serving import app
from serving.planner import open_adapted, open_planner
from serving.service import Task
from serving.settings import AppArgs, GatewaySettings
from serving.tool_service import ToolService
from toolschool.config import build
from toolschool.errors import ConfigError, ModelError
from toolschool.methods.tinyagent.request import PlanRequest

NOW = datetime(2026, 3, 2, 9)
QUERY = "Create a note called Groceries"
TOOLS = ("create_note", "send_sms", "create_reminder")


@pytest.fixture(scope="module")
def folders(tiny, tmp_path_factory):
    """A planner and two adapters over it, each with its own taste."""
    folder = tmp_path_factory.mktemp("adapters")
    base = tiny.save_planner(folder / "base")
    return base, {name: tiny.save_adapter(folder / name, base, seed) for seed, name in enumerate(("north", "v2.south"))}


def test_each_name_plans_with_its_adapter(folders):
    base, adapters = folders
    planner, adapted = open_adapted(str(base), {name: str(folder) for name, folder in adapters.items()})
    request = PlanRequest(QUERY, TOOLS, NOW)
    plans = {name: "".join(each.stream(request)) for name, each in adapted.items()}
    plans[""] = "".join(planner.stream(request))
    assert plans[""] == "".join(open_planner(str(base)).stream(request))
    assert len(set(plans.values())) == 3, plans


async def test_a_request_says_which_model_it_asked_for(scripted, desk_of_now):
    models = scripted("1. join()<END_OF_PLAN>\n")
    service = ToolService(models, desk_of_now, lambda: NOW)
    async for _ in service.run(Task(QUERY, model="north")):
        pass
    assert [request.model for request in models.requests] == ["north"]


async def test_names_are_listed_and_asked_for(service, ask):
    import httpx

    from serving.gateway import create_app

    settings = GatewaySettings(adapters=("north",), models=("sums",))
    transport = httpx.ASGITransport(app=create_app(service, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://agent") as client:
        listed = (await client.get("/v1/models")).json()["data"]
        assert [model["id"] for model in listed] == ["tinyagent", "north", "sums"]
        assert (await client.post("/v1/chat/completions", json={**ask(), "model": "north"})).status_code == 200
        gone = await client.post("/v1/chat/completions", json={**ask(), "model": "west"})
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "model_not_found")
        assert "'north'" in gone.json()["error"]["message"]


def test_what_cannot_be_served_is_told_before_ray_starts(folders):
    base, adapters = folders
    given = {"planner": str(base), "adapters": {"north": str(adapters["north"])}}
    assert app._located(build(AppArgs, given)).adapters == {"north": str(adapters["north"])}
    other = build(AppArgs, {**given, "planner": "assets/tinyagent/planner"})
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
