"""OpenAPI documents as tools that call a real server: what is asked, what arrives, and what never leaves the process."""

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import jsonschema
import pytest
import uvicorn
import yaml
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import ConfigError, ToolError
from toolschool.tools.run import run_tool
from toolschool.tools.toolsets import Toolset, ToolSource, describe_toolsets, open_toolsets
from toolschool.tools.toolsets.http_tools import request_of
from toolschool.tools.toolsets.openapi import Operation, Place, base_url, operations, read_document

HERE = Path(__file__).parent
OLD = str(HERE / "old_api.yaml")


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """The shop's address; it runs in a thread until the module's tests are done."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("shop_api", HERE / "shop_api.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(module.app, log_level="error"))
    thread = threading.Thread(target=server.run, args=([bound],))
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    server.should_exit = True
    thread.join()


async def call(toolset: Toolset, name: str, /, **args: Any) -> Any:
    return await run_tool(toolset.catalog[name], args)


async def test_arguments_arrive_where_they_belong(shop: str) -> None:
    async with open_toolsets([ToolSource(openapi=f"{shop}/openapi.json")]) as toolset:
        assert toolset.original("find_item") == "find-item"
        found = await call(toolset, "find_item", name="a b;c?x=1#é%41", size="large", tag=["x", "y,z"], fresh=True)
        assert found == {
            **{"name": "a b;c?x=1#é%41", "size": "large", "tag": ["x", "y,z"], "fresh": True},
            **{"trace": "none", "visitor": None},
        }
        found = await call(toolset, "find_item", **{"name": "{name}", "x-trace": "t 1", "visitor": "ada", "size": None})
        assert (found["name"], found["trace"], found["visitor"], found["size"]) == ("{name}", "t 1", "ada", None)
        item = {"id_2": 8, "name": "Cup", "makers": [{"name": "Ada"}], "parent": {"id": 1, "name": "Set"}}
        stored = await call(toolset, "put_item", id=7, **item)
        assert (stored["path"], stored["item"]["id"], stored["item"]["parent"]["name"]) == (7, 8, "Set")
        assert stored["item"]["makers"] == [{"name": "Ada", "country": None}]
        assert await call(toolset, "put_many", body=[{"name": "Ada"}, {"name": "Bo"}]) == 2
        assert await call(toolset, "settings", body={}) == {}
        assert await call(toolset, "settings", body={"any": [1]}) == {"any": [1]}
        assert await call(toolset, "options") == {"color": "red"}, (
            "a body that is wanted is sent, though it says nothing"
        )
        assert await call(toolset, "login", user="Ada & Bo", days=3.0) == "Ada & Bo for 3"


async def test_schemas_are_flat_and_say_what_the_document_says(shop: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        toolset = describe_toolsets([ToolSource(openapi=f"{shop}/openapi.json")])
    assert "upload is left out: its body is multipart/form-data, not JSON or a form" in caplog.text
    assert "upload" not in toolset.catalog
    find, put = toolset.catalog["find_item"], toolset.catalog["put_item"]
    assert find.description == "Find Item. Finds an item. By its name."
    assert (find.side_effects, find.idempotent) == (False, True)
    assert (put.side_effects, put.idempotent, toolset.catalog["login"].idempotent) == (True, True, False)
    assert find.parameters["properties"]["tag"]["type"] == ["array", "null"]
    assert find.parameters["properties"]["tag"]["description"] == "Any of these."
    assert put.argument_names == ("id", "id_2", "name", "size", "makers", "parent")
    assert put.parameters["required"] == ["id", "id_2", "name"]
    assert put.parameters["properties"]["size"] == {"type": "string", "enum": ["small", "large"], "default": "small"}
    assert toolset.catalog["private"].argument_names == (), "keys are not asked of a model"
    for tool in toolset.catalog:
        jsonschema.Draft202012Validator.check_schema(dict(tool.parameters))
        assert "$ref" not in json.dumps(tool.parameters)


@pytest.mark.parametrize(
    ("name", "args", "error"),
    [
        ("find_item", {"name": ".."}, "find_item: name cannot be '..'; it is part of an address"),
        ("find_item", {"name": ""}, "name cannot be ''"),
        ("find_item", {"name": "a", "size": "huge"}, "find_item: size: 'huge' is not"),
        ("broken", {"status": 404}, "broken: 404 Not Found: it is broken$"),
        ("broken", {"status": 503}, "broken: 503 Service Unavailable: it is broken$"),
        ("private", {}, "private: 401 Unauthorized: no such key"),
        ("kind", {"kind": "moved"}, "kind: 307 Temporary Redirect: it is at https://elsewhere.example.com/$"),
        ("kind", {"kind": "huge"}, "kind: the answer is longer than 1000000 bytes"),
        ("kind", {"kind": "lie"}, "kind: the server says that it sends JSON and does not"),
        ("kind", {"kind": "slow"}, r"kind gave no answer within 0\.5 s"),
    ],
)
async def test_every_mishap_is_one_line(shop: str, name: str, args: dict[str, Any], error: str) -> None:
    async with open_toolsets(
        [ToolSource(openapi=f"{shop}/openapi.json", timeout_s=0.5 if "slow" in str(args) else 20)]
    ) as toolset:
        with pytest.raises(ToolError, match=error) as caught:
            await call(toolset, name, **args)
        assert "\n" not in str(caught.value)


async def test_answers_of_any_kind(shop: str) -> None:
    async with open_toolsets([ToolSource(openapi=f"{shop}/openapi.json")]) as toolset:
        answers = [await call(toolset, "kind", kind=kind) for kind in ("text", "image", "empty", "problem")]
        visits = [await call(toolset, "visit") for _ in range(2)]
    assert visits == ["first visit", "first visit"], "cookies are not kept"
    assert answers == ["grüße", "[image/png, 3 bytes]", "", {"a": [1]}]


@pytest.mark.parametrize("part", ["headers", "query"])
async def test_credentials_are_sent_and_never_shown(
    shop: str, part: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    given = {"headers": {"X-Shop-Key": "${SHOP_KEY}"}, "query": {"key": "${SHOP_KEY}"}}[part]
    source = ToolSource(openapi=f"{shop}/openapi.json", **{part: given})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="the environment variable SHOP_KEY is not set"):
        describe_toolsets([source])
    with caplog.at_level(logging.DEBUG):
        monkeypatch.setenv("SHOP_KEY", "s3cret")
        async with open_toolsets([source]) as toolset:
            answer = await call(toolset, "private")
            assert answer["seen"] == "***"
            assert "s3cret" not in answer["address"]
            assert "s3cret" not in toolset.documentation("private")
        monkeypatch.setenv("SHOP_KEY", "wr0ng-key")
        async with open_toolsets([source]) as toolset:
            with pytest.raises(ToolError, match=r"401 Unauthorized: no such key: \*\*\*"):
                await call(toolset, "private")
    assert "/private" in caplog.text, "the client logs addresses"
    assert "s3cret" not in caplog.text
    assert "wr0ng-key" not in caplog.text


async def test_a_server_that_is_not_there(shop: str) -> None:
    async with open_toolsets([ToolSource(openapi=f"{shop}/openapi.json", url="http://127.0.0.1:1/")]) as toolset:
        with pytest.raises(ToolError, match=r"options: no answer from http://127.0.0.1:1: .*; try again later"):
            await call(toolset, "options")
    for url in ("shop", "ftp://shop", "http://"):
        with pytest.raises(ConfigError, match="is no address"):
            describe_toolsets([ToolSource(openapi=OLD, url=url)])


async def test_a_document_of_openapi_3_0(shop: str) -> None:
    async with open_toolsets([ToolSource(openapi=OLD, url=shop)]) as toolset:
        assert toolset.catalog.names == ("get_items_name", "store")
        find, store = toolset.catalog
        assert find.parameters["properties"] == {
            "name": {"type": "string"},
            "fresh": {"type": "boolean"},
            "tag": {"type": "array", "items": {"type": "string"}},
            "size": {"type": ["string", "null"], "enum": ["small", "large", None], "examples": ["small"]},
            "since": {"type": "string", "default": "2020-01-01"},
            "x-trace": {"type": "integer", "exclusiveMinimum": 0},
        }
        assert find.parameters["required"] == ["name", "fresh"]
        whole = {"type": "integer"}
        assert store.parameters["properties"] == {"id": whole, "id_2": whole, "parent": {}, "name": {"type": "string"}}
        assert store.parameters["required"] == ["id", "id_2", "name"]
        found = await run_tool(find, {"name": "x", "fresh": False, "tag": ["a", "b"], "x-trace": 5})
        assert (found["tag"], found["fresh"], found["trace"]) == (["a,b"], False, "5")
        stored = await run_tool(store, {"id": 1, "id_2": 2, "name": "Cup"})
        assert stored["item"]["id"] == 2
    assert base_url(read_document(OLD), OLD) == "https://shop.example.com/"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{", "is neither JSON nor YAML"),
        ("a: [", "is neither JSON nor YAML"),
        ("swagger: '2.0'", "is no OpenAPI 3 document .its openapi is None.; convert it"),
        ("- 1", "is no OpenAPI 3 document"),
        ("openapi: 3.1.0\npaths: {'/a/{b}': {get: {}}}", "GET /a/{b}: no parameter describes {b}"),
        ("openapi: 3.1.0\npaths: {/a: {get: {parameters: [{in: query}]}}}", "GET /a is not described as OpenAPI wants"),
        ("openapi: 3.1.0\npaths: {/a: {$ref: '#/nowhere'}}", "#/nowhere leads nowhere"),
        ("openapi: 3.1.0\npaths: {/a: {$ref: 'b.yaml#/x'}}", "b.yaml#/x leads out of the document"),
        ("openapi: 3.1.0\npaths: {/a: {$ref: '#/x'}}\nx: {$ref: '#/x'}", "#/x leads round in a circle"),
        ("openapi: 3.1.0\npaths: {}", "does not say where the API is; give its url"),
    ],
)
def test_what_is_no_document(text: str, error: str, tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(text)
    with pytest.raises(ConfigError, match=error):
        describe_toolsets([ToolSource(openapi=str(tmp_path / "api.yaml"))])
    with pytest.raises(ConfigError, match=r"cannot read .*none.json: No such file"):
        describe_toolsets([ToolSource(openapi=str(tmp_path / "none.json"))])


def test_styles_are_those_of_the_standard() -> None:
    """The table of values in the OpenAPI specification (3.1.0, Style Examples), with the array blue, black, brown and the object R, G, B."""
    colors, parts = ["blue", "black", "brown"], {"R": 100, "G": 200, "B": 150}
    cases: list[tuple[str, str, bool, Any, str]] = [
        ("query", "form", True, colors, "color=blue&color=black&color=brown"),
        ("query", "form", False, colors, "color=blue,black,brown"),
        ("query", "form", True, parts, "R=100&G=200&B=150"),
        ("query", "form", False, parts, "color=R,100,G,200,B,150"),
        ("query", "spaceDelimited", False, colors, "color=blue black brown"),
        ("query", "pipeDelimited", False, colors, "color=blue|black|brown"),
        ("query", "deepObject", True, parts, "color[R]=100&color[G]=200&color[B]=150"),
        ("path", "simple", False, colors, "blue,black,brown"),
        ("path", "simple", False, parts, "R,100,G,200,B,150"),
        ("path", "simple", True, parts, "R=100,G=200,B=150"),
    ]
    for kind, style, explode, value, expected in cases:
        path = "/{color}" if kind == "path" else "/"
        operation = Operation("paint", "GET", path, "", {}, {"color": Place(kind, "color", style, explode)})
        request = request_of(operation, {"color": value})
        written = unquote(request.path[1:]) or "&".join(f"{name}={text}" for name, text in request.query)
        assert written == expected


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8), st.one_of(st.text(max_size=20), st.integers()), min_size=1, max_size=4
    )
)
def test_any_form_is_read_back(fields: dict[str, Any]) -> None:
    operation = Operation(
        "f", "POST", "/", "", {}, {name: Place("field", name) for name in fields}, "application/x-www-form-urlencoded"
    )
    content = request_of(operation, fields).content
    assert content
    assert parse_qsl(content.decode(), keep_blank_values=True) == [(name, str(value)) for name, value in fields.items()]


@given(st.text(min_size=1, max_size=30).filter(lambda text: text not in (".", "..")))
def test_no_argument_leads_out_of_its_path(value: str) -> None:
    operation = Operation("f", "GET", "/a/{b}/c", "", {}, {"b": Place("path", "b", "simple", False)})
    path = request_of(operation, {"b": value}).path
    assert path.startswith("/a/")
    assert path.endswith("/c")
    assert path.count("/") == 3
    assert unquote(path[3:-2]) == value
    assert not set(path) & set("?# ")


def test_operations_of_one_name_or_none_are_told_apart() -> None:
    document = {
        "paths": {"/a": {"get": {}, "post": {}}, "/b": {"get": {"operationId": "x"}, "put": {"operationId": "x"}}}
    }
    found = operations(document)
    assert [operation.name for operation in found] == ["get/a", "post/a", "x", "x_2"]
    assert [operation.tool for operation in found] == ["get_a", "post_a", "x", "x_2"]


def test_every_operation_of_a_document_is_read_from_json_as_from_yaml(tmp_path: Path) -> None:
    document = yaml.safe_load(Path(OLD).read_text())
    (tmp_path / "api.json").write_text(json.dumps(document, default=str))
    assert operations(read_document(str(tmp_path / "api.json"))) == operations(read_document(OLD))
