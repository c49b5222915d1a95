"""What is said of models beside the agent before anything starts."""

import json
import shutil
import subprocess
import sys

import pytest

from jobs.serve import ServeConfig, check
from serving import app
from serving.settings import AppArgs, ModelArgs
from serving.solvers import toolformer
from serving.solvers.opening import located_models
from toolschool.config import build
from toolschool.errors import ConfigError, ModelError

PLANNER = "assets/tinyagent/planner"


def located(**args):
    return located_models({"mine": build(ModelArgs, args)})["mine"]


def test_the_folder_says_what_it_is(folders_beside):
    found = {name: located(model=str(folder)) for name, folder in folders_beside.items()}
    assert [use.use for use in found["toolformer"].tools] == ["calculator"]
    assert found["toolken"].prompts.question == "Q: {question}\nA:"
    assert found["toolgen"] == ModelArgs(model=str(folders_beside["toolgen"]))


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"model": "/nowhere"}, "models.mine: there is no model in /nowhere"),
        ({"model": PLANNER}, r"no model of toolformer, tool_head, toolgen \(its method: tinyagent\)"),
        ({"model": "assets/nano"}, r"assets/nano is no model of .* \(its method: nano\)"),
    ],
)
def test_what_is_no_such_model_is_refused(args, reason):
    with pytest.raises(ModelError, match=reason):
        located(**args)
    with pytest.raises(ModelError, match=reason):
        app.build(build(AppArgs, {"models": {"mine": args}}))
    with pytest.raises(ModelError, match=reason):
        check(build(ServeConfig, {"app": {"models": {"mine": args}}}))


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("toolgen", {"tools": [{"use": "calculator"}]}),
        ("toolken", {"tools": [{"use": "calculator"}]}),
        ("toolgen", {"prompts": {"context": "x"}}),
        ("toolformer", {"reranker": "x"}),
    ],
)
def test_settings_of_another_method_are_refused(folders_beside, method, more):
    with pytest.raises(ConfigError, match=f"{next(iter(more))} does not go with .* leave it out"):
        located(model=str(folders_beside[method]), **more)


def test_tools_that_are_not_there_are_refused(folders_beside):
    with pytest.raises(ConfigError, match="no tool 'abacus'"):
        located(model=str(folders_beside["toolformer"]), tools=[{"use": "abacus"}])


def test_tools_are_found_from_any_folder(folders_beside, tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("from toolschool.methods.toolformer.kit.calculator import tool\n")
    monkeypatch.chdir(tmp_path)
    (use,) = located(model=str(folders_beside["toolformer"]), tools=[{"use": "mine.py"}]).tools
    assert use.use == str(tmp_path / "mine.py")


def test_a_published_model_does_not_say_what_runs_here():
    card = {"method": "toolformer", "tools": [{"use": "calculator"}]}
    with pytest.raises(ConfigError, match="which tools run here is yours to say"):
        toolformer.located(ModelArgs(model="somebody/theirs"), card)


def changed(folder, target, **card):
    """A copy of a model whose card says otherwise."""
    shutil.copytree(folder, target)
    path = target / "toolschool.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **card}))
    return str(target)


def test_a_model_that_was_not_trained_to_act_is_refused(folders_beside, tmp_path):
    with pytest.raises(ModelError, match="was trained to retrieve, not to act"):
        located(model=changed(folders_beside["toolgen"], tmp_path / "m", stage="retrieve"))


def test_a_head_whose_tools_cannot_run_is_refused(folders_beside, tmp_path):
    with pytest.raises(ModelError, match="father_of cannot be run"):
        located(model=changed(folders_beside["toolken"], tmp_path / "m", tools=["father_of"]))


def test_a_head_without_its_frozen_model_is_refused(folders_beside, tmp_path):
    with pytest.raises(ModelError, match="there is no model in /nowhere"):
        located(model=changed(folders_beside["toolken"], tmp_path / "m", base="/nowhere"))


def test_a_model_that_does_not_say_its_tools_is_refused(folders_beside, tmp_path):
    with pytest.raises(ModelError, match="give them as tools"):
        located(model=changed(folders_beside["toolformer"], tmp_path / "m", tools=[]))


@pytest.mark.parametrize(
    ("name", "reason"), [("tinyagent", "is the agent's name"), ("a/b", "'a/b' is no name"), ("", "'' is no name")]
)
def test_names_are_apart_and_fit_an_address(name, reason):
    with pytest.raises(ConfigError, match=reason):
        build(AppArgs, {"models": {name: {"model": "x"}}})


def test_nothing_here_needs_ray_and_what_is_heavy_waits():
    code = "import sys, serving.model_service, serving.solvers.opening; print({'ray', 'torch', 'transformers'} & {*sys.modules})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"


def test_a_reranker_over_another_model_is_refused(folders_beside, tmp_path):
    from toolschool.models.reranker import Reranker

    Reranker(["add"], 64).save_pretrained(tmp_path / "r", base="assets/nano")
    with pytest.raises(ModelError, match="train both on one model"):
        located(model=str(folders_beside["toolken"]), reranker=str(tmp_path / "r"))
    with pytest.raises(ModelError, match="reranker: there is no model in /nowhere"):
        located(model=str(folders_beside["toolken"]), reranker="/nowhere")
