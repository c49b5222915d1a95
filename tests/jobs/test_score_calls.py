"""`jobs.evaluate` on files of written calls: the published numbers from the very command, quarantine, refused keys, the report."""

import json
from pathlib import Path

import pytest

from jobs import evaluate
from jobs.cli import main
from pipelines import files

ROOT = Path(__file__).resolve().parents[2]
SCORE = ["--config", str(ROOT / "recipes" / "ste" / "score.yaml")]
# Reference 8 and 9: well-formed, right API, correct, and how many.
PUBLISHED = {
    "llama-7Bf": (34.533, 40.154, 10.667, 80),
    "llama-7Bf_FT": (99.2, 94.892, 73.333, 550),
    "llama-7Bf_ICL": (58.267, 86.728, 41.733, 313),
    "llama-7Bf_FT_no_exec": (89.867, 79.377, 50.533, 379),
    "mistral": (61.733, 69.33, 30.133, 226),
    "mistral_FT": (99.067, 95.828, 76.8, 576),
    "CL_round_0": (99.444, 98.883, 80.556, 145),
    "CL_round_1": (98.933, 95.957, 80.267, 301),
    "CL_round_1_no_replay": (99.467, 51.743, 46.4, 174),
}
ROW = {"query": "What day is it?", "action": "get_today_date", "action_input": "{}"}
RIGHT = "Action: get_today_date\nAction Input: {}"


@pytest.mark.data
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_numbers(name: str, data_root: Path, tmp_path: Path) -> None:
    file = data_root / "ste" / "saved_results" / f"{name}.json"
    before = file.read_bytes()
    assert main(["evaluate", *SCORE, f"data.path={file}", f"output.storage={tmp_path}", f"output.name={name}"]) == 0
    metrics = json.loads((tmp_path / name / "metrics.json").read_text())
    keys = ("well_formed", "api_match", "correct", "correct_count")
    assert tuple(metrics[f"legacy.{key}"] for key in keys) == PUBLISHED[name]
    assert all(metrics[f"strict.{key}"] is not None for key in keys)
    assert metrics["rows.quarantined"] == 0
    assert len((tmp_path / name / "items.jsonl").read_text().splitlines()) == metrics["rows.scored"]
    assert file.read_bytes() == before, "inputs are only read"


def scored(tmp_path: Path, content: object, *words: str) -> dict:
    file = tmp_path / "predictions.json"
    file.write_text(json.dumps(content))
    assert evaluate.main([*SCORE, f"data.path={file}", f"output.storage={tmp_path}", "output.name=mine", *words]) == 0
    return json.loads((tmp_path / "mine" / "metrics.json").read_text())


def test_malformed_items_go_to_quarantine_and_the_rest_is_scored(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    good = {**ROW, "model_output": RIGHT}
    metrics = scored(tmp_path, {"get_today_date": [good, ROW, {**good, "action_input": "[]"}, 7], "$x_1$": "no list"})
    assert (metrics["rows.in"], metrics["rows.scored"], metrics["rows.quarantined"]) == (5, 1, 4)
    assert (metrics["legacy.correct"], metrics["strict.correct"]) == (100.0, 100.0)
    rows = list(files.read_rows(str(tmp_path / "mine" / "quarantine")))
    assert [row["id"] for row in rows] == ["get_today_date/1", "get_today_date/2", "get_today_date/3", "$x_1$/"]
    assert "'model_output' must be text; it is missing" in rows[0]["reason"]
    assert "4 malformed items in quarantine" in capsys.readouterr().out
    page = (tmp_path / "mine" / "report.html").read_text()
    assert page.count("data:image/png") == 2
    assert "By API" in page
    again = scored(tmp_path, {"get_today_date": [good]})
    assert again["rows.quarantined"] == len(list(files.read_rows(str(tmp_path / "mine" / "quarantine")))) == 0


def test_what_needs_a_judge_is_null_without_one(tmp_path: Path) -> None:
    row = {"query": "q", "action": "my_search", "action_input": '{"q": "x"}'}
    output = 'Action: my_search\nAction Input: {"q": "X"}'
    metrics = scored(tmp_path, {"my_search": [{**row, "model_output": output}]})
    assert (metrics["legacy.correct"], metrics["legacy.correct_count"]) == (None, None)
    assert (metrics["legacy.string_all"], metrics["strict.correct"]) == (100.0, 100.0)


def test_own_batches_are_reported_apart(tmp_path: Path) -> None:
    other = {"query": "q", "action": "b", "action_input": "{}", "model_output": "Final Answer: no"}
    (tmp_path / "batches.json").write_text('[["b"], ["get_today_date"]]')
    words = f"data.batches={tmp_path / 'batches.json'}"
    metrics = scored(tmp_path, {"get_today_date": [{**ROW, "model_output": RIGHT}], "b": [other]}, words)
    assert (metrics["strict.batch.0.no_call"], metrics["strict.batch.1.correct"]) == (1, 100.0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["toolrag=runs/x"], "unknown key toolrag"), (["planner=null"], "unknown key planner"), (["split=test"], "unknown key split"),
        (["cluster.profile=gpu"], "unknown key cluster"), (["data.limit=3"], "unknown key data.limit"),
        (["data.bathces=x"], "did you mean batches?"),
    ],
)  # fmt: skip
def test_keys_about_models_are_refused(words: list[str], said: str, tmp_path: Path, capsys) -> None:
    with pytest.raises(SystemExit) as left:
        evaluate.main([*SCORE, f"data.path={tmp_path}", *words])
    assert left.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "is no file"), ("[]", "JSON object"), ('{"a": []}', "no item to score"), ('{"a": [1]}', "first: an item must be an object"), ("{", "not JSON")],
)  # fmt: skip
def test_mistakes_are_one_line(content: str | None, said: str, tmp_path: Path, capsys) -> None:
    file = tmp_path / "x.json"
    if content is not None:
        file.write_text(content)
    assert evaluate.main([*SCORE, f"data.path={file}", f"output.storage={tmp_path}"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_the_printed_configuration_is_one(tmp_path: Path, capsys) -> None:
    with pytest.raises(SystemExit):
        evaluate.main([*SCORE, f"data.path={tmp_path}", "--print-config"])
    (tmp_path / "printed.yaml").write_text(capsys.readouterr().out)
    assert evaluate.main(["--config", str(tmp_path / "printed.yaml"), "--dry-run"]) == 2
    assert "is no file" in capsys.readouterr().err
