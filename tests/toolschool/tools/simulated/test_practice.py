"""The practice catalogue: what is in it, how it varies, that the embedded teacher can explore all of it, and that wrong calls are refused."""

import asyncio
import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from toolschool.errors import ToolError
from toolschool.methods.ste.explorer import explore_tool
from toolschool.methods.ste.settings import ExploreSettings
from toolschool.methods.ste.teachers.embedded import EmbeddedTeacher
from toolschool.methods.ste.trials import Trial
from toolschool.records import Tool
from toolschool.tools.run import run_tool
from toolschool.tools.simulated import Api, SimulatedBackend, read_apis
from toolschool.tools.simulated.practice import FOLDER
from toolschool.tools.toolsets import ToolSource, describe_toolsets, open_toolsets

APIS = {api.name: api for api in read_apis("practice")}


def schemas(api: Api) -> list[dict[str, Any]]:
    return list(api.parameters["properties"].values())


def share(wanted: Any) -> float:
    """Of the tools for which it holds."""
    return sum(bool(wanted(api)) for api in APIS.values()) / len(APIS)


@cache
def explored() -> dict[str, list[Trial]]:
    """Four trials of each tool, seed 0."""

    async def all_of_them() -> dict[str, list[Trial]]:
        settings = ExploreSettings(episodes=1)
        async with open_toolsets([ToolSource(simulated="practice")]) as toolset:

            async def trials(name: str) -> list[Trial]:
                async def world(seed: int) -> Tool:
                    return (await toolset.fresh(seed)).catalog[name]

                found = explore_tool(toolset.catalog[name], EmbeddedTeacher(), settings, world)
                return [trial async for trial in found]

            return {name: await trials(name) for name in toolset.catalog.names}

    return asyncio.run(all_of_them())


def test_names_are_good_and_nobody_elses() -> None:
    assert len(APIS) == len(read_apis("practice")) >= 200
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in APIS)
    others = describe_toolsets([ToolSource(desk=True), ToolSource(builtin=("calculator", "calendar"))]).catalog.names
    assert not set(APIS) & {*others, "search"}
    assert not set(APIS) & {"book_table", "convert_currency", "order_pizza"}  # on which a base is tried


def test_every_file_is_read() -> None:
    written = [found for path in FOLDER.glob("*.pyi") for found in re.findall(r"^def (\w+)", path.read_text(), re.M)]
    assert len(list(FOLDER.glob("*.pyi"))) >= 10
    assert sorted(written) == sorted(APIS)


@pytest.mark.parametrize("api", APIS.values(), ids=lambda api: api.name)
def test_schemas_and_documentation(api: Api) -> None:
    jsonschema.Draft202012Validator.check_schema(api.parameters)
    jsonschema.Draft202012Validator.check_schema(api.answer)
    assert len(api.description.split()) >= 2
    assert api.description[0].isupper()
    assert api.description.endswith(".")
    properties = api.parameters["properties"]
    for name in properties.keys() - set(api.parameters["required"]):
        jsonschema.validate(properties[name]["default"], properties[name])


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.pyi")), ids=lambda path: path.stem)
def test_what_a_docstring_explains_is_an_argument(path: Path) -> None:
    for name, body in re.findall(r"^def (\w+)(.*?)(?=^def |\Z)", path.read_text(), re.M | re.S):
        lines = re.findall(r"^ {8}(\w+): |^ {4}:param (\w+):", body, re.M)
        properties = APIS[name].parameters["properties"]
        assert {google or rest for google, rest in lines} == {
            argument for argument, schema in properties.items() if "description" in schema
        }


def test_it_varies() -> None:
    counts = {len(schemas(api)) for api in APIS.values()}
    assert counts == set(range(7))
    assert 0.4 < share(lambda api: len(api.parameters["required"]) < len(schemas(api))) < 0.8
    assert share(lambda api: any("enum" in schema for schema in schemas(api))) > 0.2
    assert share(lambda api: any(schema.get("format") == "date" for schema in schemas(api))) > 0.15
    assert share(lambda api: any(schema.get("format") in ("time", "date-time") for schema in schemas(api))) > 0.04
    assert share(lambda api: any(schema.get("type") == "array" for schema in schemas(api))) > 0.08
    assert share(lambda api: any(schema.get("type") == "boolean" for schema in schemas(api))) > 0.1
    assert share(lambda api: any(schema.get("type") == "integer" for schema in schemas(api))) > 0.2
    assert share(lambda api: any(schema.get("type") == "number" for schema in schemas(api))) > 0.1
    assert share(lambda api: any("pattern" in schema for schema in schemas(api))) > 0.08
    assert share(lambda api: any("description" not in schema for schema in schemas(api))) > 0.1
    assert share(lambda api: any("null" in schema["type"] for schema in schemas(api))) > 0.15
    assert share(lambda api: api.name != api.name.lower()) > 0.1
    assert len({name for api in APIS.values() for name in api.parameters["properties"]}) > 300


def test_no_two_say_the_same() -> None:
    assert len({api.description for api in APIS.values()}) == len(APIS)
    named = {tuple(sorted(re.findall("[a-z]+", re.sub("([A-Z])", r" \1", name).lower()))) for name in APIS}
    assert len(named) == len(APIS)


def test_the_embedded_teacher_solves_every_tool() -> None:
    unsolved = [name for name, trials in explored().items() if not any(trial.solved for trial in trials)]
    assert len(explored()) == len(APIS)
    assert unsolved == []


def test_what_a_request_says_stands_in_its_call() -> None:
    """Free texts of calls that ran are found in their requests: there is something to copy."""
    said: list[bool] = []
    for name, trials in explored().items():
        free = {
            argument
            for argument, schema in APIS[name].parameters["properties"].items()
            if schema["type"] == "string" and not {"enum", "format"} & schema.keys()
        }
        for trial in trials:
            calls = [step.arguments for step in trial.steps if step.ok and step.arguments]
            said += [str(value) in trial.query for call in calls for key, value in call.items() if key in free]
    assert len(said) > len(APIS)
    assert sum(said) > 0.9 * len(said)


async def test_a_wrong_type_is_refused() -> None:
    backend = SimulatedBackend(APIS.values())
    good = {"zone": 3, "minutes": 20}
    assert await run_tool(backend.tool("start_sprinkler"), good) is None
    for wrong in ({"zone": "three"}, {"zone": 9}, {"zone": None}, {"area": 3}):
        with pytest.raises(ToolError):
            await run_tool(backend.tool("start_sprinkler"), good | wrong)
    with pytest.raises(ToolError, match="does not match"):
        await run_tool(backend.tool("track_parcel"), {"tracking_number": "12345"})


async def test_answers_are_those_declared_and_depend_on_the_call_alone() -> None:
    one, other = SimulatedBackend(APIS.values(), seed=3), SimulatedBackend(APIS.values(), seed=3)
    call = {"tracking_number": "AB123456789"}
    answer = await run_tool(one.tool("track_parcel"), call)
    assert answer == await run_tool(other.tool("track_parcel"), call)
    assert isinstance(answer, dict)
    jsonschema.validate(answer, APIS["track_parcel"].answer)
    assert date.fromisoformat(str(answer["expected_date"]))


def test_it_needs_no_data_and_takes_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    toolset = describe_toolsets([ToolSource(simulated="practice", limit=5)])
    assert len(toolset.catalog.names) == 5
    assert toolset.original(toolset.catalog.names[0]) == toolset.catalog.names[0]
    assert json.loads(toolset.documentation("report_pothole").split("schema): ")[1])["required"] == ["street"]
    with pytest.raises(ValidationError, match="it has no path"):
        ToolSource(simulated="practice", path="somewhere")
