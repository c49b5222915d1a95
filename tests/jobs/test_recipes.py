"""Every recipe is a valid configuration of the job that its first comment names, and starts nothing when dry-run."""

import importlib
import re
from pathlib import Path

import pytest

from jobs.cli import VERBS
from pipelines import manifest

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "recipes").rglob("*.yaml"))
COMMAND = re.compile(r"^#\s+python -m (jobs\.\w+|training\.plain)((?: --config \S+)+)(.*)$", re.MULTILINE)


def commands(recipe: Path) -> list[re.Match]:
    """The commands in a recipe's comments that use the recipe."""
    name = str(recipe.relative_to(ROOT))
    return [found for found in COMMAND.finditer(recipe.read_text()) if name in found[2]]


@pytest.fixture
def anywhere(tmp_path, monkeypatch):
    """A data folder, model folders, an annotation and a current directory, so that a dry run finds what a recipe names."""
    data = tmp_path / "data" / "tinyagent"
    data.mkdir(parents=True)
    (data / "plans.jsonl").write_text("{}\n")
    for name in ("toolbench", "metatool", "sealtools", "gsm8k", "gsm8k_xl", "svamp"):
        (tmp_path / "data" / name).mkdir()
    (tmp_path / "data" / "metatool" / "tools.json").write_text('{"find": "Find it."}')
    items = '{"now": [{"query": "time?", "action": "now", "action_input": "{}", "model_output": ""}]}'
    (tmp_path / "data" / "ste").mkdir()
    for file in (tmp_path / "items.json", tmp_path / "data" / "ste" / "tool_test.json"):
        file.write_text(items)
    bars = {"settings": {"thresholds": {"Calculator": {"tau_s": 0.0, "tau_f": 0.0}}}}
    manifest.write(str(tmp_path / "annotated" / "stages" / "filter"), "stage filter", config=bars)
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(ROOT)
    for name in ("toolrag", "planner"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "toolschool.json").write_text("{}")
    return tmp_path


def test_there_are_recipes_for_every_verb():
    used = {found[1].removeprefix("jobs.") for recipe in RECIPES for found in commands(recipe)}
    assert set(VERBS) <= used


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: str(path.relative_to(ROOT / "recipes")))
def test_recipe_dry_runs(recipe, anywhere, learnt_folder, capsys):
    used = commands(recipe)
    assert used, f"{recipe} must begin with the command that uses it: # python -m jobs.VERB --config {recipe.name}"
    job = importlib.import_module(used[0][1])
    models = {"jobs.evaluate": "", "jobs.serve": "app."} if recipe.parent.name != "ste" else {}
    chosen = [f"{models[used[0][1]]}{n}={anywhere / n}" for n in ("toolrag", "planner")] if used[0][1] in models else []
    chosen += [f"data.path={anywhere / 'items.json'}"] if "data.path=FILE" in used[0][3] and not models else []
    chosen += [f"app.caller={learnt_folder}"] if "app.caller" in used[0][3] else []
    chosen += [f"chain.given.scored={anywhere / 'annotated' / 'scored'}"] if "given.scored" in used[0][3] else []
    code = job.main([*used[0][2].split(), *chosen, "--dry-run"])
    said = capsys.readouterr()
    assert code == 0, said.err
    assert "nothing was started" in said.out or used[0][1] == "training.plain"


def test_published_settings_of_the_ablation_differ_in_the_wrapper_only():
    from jobs.prepare import PrepareConfig
    from toolschool.config import build, read_yaml

    folder = ROOT / "recipes" / "tinyagent"
    base = read_yaml(folder / "prepare.yaml")
    arms = [build(PrepareConfig, base, read_yaml(folder / f"ablation-{arm}.yaml")) for arm in ("blocks", "plain")]
    assert [arm.planner.template.wrapper for arm in arms] == ["blocks", "plain"]
    same = [arm.model_dump(exclude={"output": True, "planner": {"template": {"wrapper"}}}) for arm in arms]
    assert same[0] == same[1]
