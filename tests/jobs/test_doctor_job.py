"""`jobs.doctor` on a training recipe: a table and 0, or 2 and the first problem in one line; no Ray."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import doctor
from toolschool.models.backbone import ModelConfig, load_tokenizer
from toolschool.models.templates import encode_row
from toolschool.records import token_schema

ROOT = Path(__file__).resolve().parents[2]


def tiny_models():
    spec = importlib.util.spec_from_file_location("tiny_models", Path(__file__).with_name("tiny_models.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_rows(folder: Path, model: Path, change=lambda row: row) -> Path:
    """Eight short plans for training, two for validation."""
    tokenizer = load_tokenizer(ModelConfig(name=str(model)))
    for part, numbers in (("train", range(8)), ("validation", range(8, 10))):
        rows = [
            {"id": f"{k}", **encode_row(tokenizer, f"<query>text sid {k}<plan>", f'1. send_sms(["{k}"])\n', 64)}
            for k in numbers
        ]
        (folder / part).mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist([*map(change, rows)], schema=token_schema()), folder / part / "0.parquet")
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models().make_planner(tmp_path_factory.mktemp("models"))


@pytest.fixture
def words(model: Path, tmp_path: Path) -> list[str]:
    """The shipped recipe on tiny rows and a tiny model, whole and with a rate that suits it."""
    chosen = {
        "rows": write_rows(tmp_path / "rows", model),
        "model": json.dumps({"name": str(model), "adapter": "full"}),
        "output.storage": tmp_path / "runs",
        "train.lr": 0.01,
    }
    recipe = ROOT / "recipes" / "tinyagent" / "planner.yaml"
    return ["--config", str(recipe), *(f"{key}={value}" for key, value in chosen.items())]


def test_a_sound_recipe_is_said_to_be_and_needs_no_ray(words: list[str], tmp_path: Path) -> None:
    code = "import sys; from jobs.doctor import main; code = main(sys.argv[1:]); assert 'ray' not in sys.modules; sys.exit(code)"
    command = [sys.executable, "-c", code, *words]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert found.returncode == 0, found.stdout + found.stderr
    for name in ("preflight", "base score", "run time", "overfit test"):
        assert f"│ {name}" in found.stdout
    assert "workers.count=2" in " ".join(found.stdout.split()), "the laptop profile's"
    assert "supervised text of the first rows" in found.stdout
    assert not (tmp_path / "runs" / "tinyagent-planner").exists()


def test_the_first_problem_is_one_line_and_2(words: list[str], model: Path, tmp_path: Path, capsys) -> None:
    def mask_end(row):
        return {**row, "labels": [*row["labels"][:-1], -100]}

    rows = write_rows(tmp_path / "unended", model, mask_end)
    assert doctor.main([*words, f"rows={rows}"]) == 2
    said = capsys.readouterr()
    assert said.err.splitlines()[-1].startswith("python -m jobs.doctor: end of sequence: 8 of 8 rows do not end")
    assert "│ end of sequence" in said.out
    assert "│ error" in said.out


def test_a_model_that_does_not_learn_is_an_error(words: list[str], capsys) -> None:
    assert doctor.main([*words, "train.lr=1e-9", "overfit_steps=3"]) == 2
    assert "jobs.doctor: overfit test: after 3 steps on 8 rows" in capsys.readouterr().err


def test_no_rows_no_model(words: list[str], tmp_path: Path, capsys) -> None:
    assert doctor.main([*words, f"rows={tmp_path}"]) == 2
    assert "make them with python -m jobs.prepare" in capsys.readouterr().err
    assert doctor.main([*words, "model.name=/none"]) == 2
    assert "there is no model in /none" in capsys.readouterr().err
    assert doctor.main([*words, "--dry-run"]) == 0
