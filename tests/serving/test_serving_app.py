"""Arguments, YAML and the desk's file: what can be checked of the application without a cluster."""

import importlib
import inspect
from datetime import datetime

import pytest
import yaml

from jobs.serve import ServeConfig, check
from serving import app
from serving.executor import open_desk
from serving.settings import AppArgs
from toolschool.config import build, read_yaml
from toolschool.errors import ConfigError, ModelError
from toolschool.models.hub import ROOT, find_folder

CONFIGS = sorted((ROOT / "serving" / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_serve_yaml(path):
    """Serve's own schema accepts unknown keys at every level, so they are compared here."""
    from ray.serve.schema import ServeApplicationSchema, ServeDeploySchema

    config = yaml.safe_load(path.read_text())
    ServeDeploySchema.model_validate(config)
    assert set(config) <= set(ServeDeploySchema.model_fields)
    assert config["http_options"]["host"] == "127.0.0.1"
    for application in config["applications"]:
        assert set(application) <= set(ServeApplicationSchema.model_fields)
        module, _, name = application["import_path"].partition(":")
        builder = getattr(importlib.import_module(module), name)
        assert inspect.get_annotations(builder)["args"] is AppArgs
        build(AppArgs, application["args"])


def test_there_is_a_serve_yaml():
    assert [path.name for path in CONFIGS] == ["tinyagent.yaml"]


def test_serve_finds_the_type_of_the_arguments():
    """Serve itself turns the YAML's args into `AppArgs` by the builder's annotation; a string there would not do."""
    from ray.serve._private.api import call_user_app_builder_with_args_if_necessary

    with pytest.raises(ModelError, match="toolrag"):
        call_user_app_builder_with_args_if_necessary(app.build, {"toolrag": "/nowhere"})
    with pytest.raises(ValueError, match="tolrag"):
        call_user_app_builder_with_args_if_necessary(app.build, {"tolrag": "/nowhere"})


def test_missing_models_are_reported_before_anything_starts(tmp_path):
    with pytest.raises(ModelError, match="toolrag"):
        app.build(AppArgs(toolrag=str(tmp_path)))
    with pytest.raises(ModelError, match="toolrag"):
        app.run(AppArgs(toolrag=str(tmp_path)))


def test_a_taken_port_is_reported():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match="another port"):
            app._free_port("127.0.0.1", taken.getsockname()[1])
    assert app._free_port("127.0.0.1", 0) > 0


def test_folders_are_looked_up_here_and_in_the_repository(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_folder("mine") == tmp_path / "mine"
    assert find_folder("assets/tinyagent/planner") == ROOT / "assets/tinyagent/planner"
    assert find_folder("/nowhere").as_posix() == "/nowhere"


def test_unknown_keys_are_refused():
    with pytest.raises(ConfigError, match="max_in_flight"):
        build(AppArgs, {"limits": {"max_inflight": 3}})


def test_a_desk_file_outlives_its_executor(tmp_path):
    path, now = str(tmp_path / "deep" / "desk.sqlite"), datetime(2026, 3, 2, 9)
    first = open_desk(path, now)
    first.call("create_note", {"name": "Ideas", "content": "x", "folder": ""})
    before = first.state()
    first.close()
    second = open_desk(path, now)
    assert second.state() == before
    second.close()


def test_recipe():
    recipe = read_yaml(ROOT / "recipes" / "tinyagent" / "serve.yaml")
    config = build(ServeConfig, recipe)
    assert config.host == "127.0.0.1"
    assert config.app == AppArgs()  # the recipe spells out the defaults


def test_an_agent_has_tools():
    with pytest.raises(ConfigError, match="there are no tools"):
        build(AppArgs, {"desk": None})
    assert build(AppArgs, {"desk": None, "tools": [{"builtin": ["calculator"]}]}).desk is None
    assert build(AppArgs, {"desk": None, "tool_admin": {}}).tool_admin.keys == ()


def test_a_server_for_plans_goes_with_a_planner():
    given = {"planner_url": "http://127.0.0.1:8001/v1"}
    assert build(AppArgs, {**given, "planner_model": "mine"}).planner_model == "mine"
    with pytest.raises(ConfigError, match="planner_url goes with planner"):
        build(AppArgs, {**given, "caller": "assets/ste/caller"})
    with pytest.raises(ConfigError, match="give that, too"):
        build(AppArgs, {"planner_model": "mine"})
    with pytest.raises(ConfigError, match="planner_url"):
        build(AppArgs, {"planner_url": "127.0.0.1:8001"})


def test_sources_and_folders_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = {"functions": "my_tools.py", "timeout_s": 3}
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "examples.parquet").touch()
    args = app._located(build(AppArgs, {"tools": [source], "examples": "bank", "desk": "desk.sqlite"}))
    assert args.tools[0].functions == str(tmp_path / "my_tools.py")
    assert (args.examples, args.desk) == (str(tmp_path / "bank"), str(tmp_path / "desk.sqlite"))
    assert args.guests == str(ROOT / "assets" / "ste" / "caller")
    with pytest.raises(ModelError, match="guests"):
        app._located(build(AppArgs, {"tools": [source], "guests": "/nowhere"}))
    with pytest.raises(ConfigError, match="holds no examples"):
        app._located(build(AppArgs, {"examples": "gone"}))


def test_a_caller_for_other_tools_is_there_because_any_client_may_bring_some():
    assert app._located(AppArgs()).guests is not None
    assert app._located(build(AppArgs, {"guests": None})).guests is None


def test_a_source_that_does_not_open_is_told_before_ray_starts(tmp_path):
    config = ServeConfig(app=build(AppArgs, {"tools": [{"functions": str(tmp_path / "gone.py")}]}))
    with pytest.raises(ConfigError, match=r"gone\.py is not there"):
        check(config)


def test_secrets_stay_names_in_what_travels(monkeypatch):
    """The arguments go to replicas, into Serve's status and its logs."""
    monkeypatch.setenv("SHOP_KEY", "s3cret-of-the-shop")
    source = {"openapi": "http://127.0.0.1:9/openapi.json", "headers": {"X-Api-Key": "${SHOP_KEY}"}}
    args = app._located(build(AppArgs, {"tools": [source]}))
    assert "s3cret" not in args.model_dump_json()
    assert "${SHOP_KEY}" in args.model_dump_json()
