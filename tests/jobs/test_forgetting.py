"""`jobs.forgetting` on prediction files: the matrix, its files, and what it refuses."""

import json
from pathlib import Path

import pytest

from jobs import forgetting


def predict(folder: Path, right: dict[str, list[bool]]) -> str:
    """A run of jobs.predict: of each tool, which of its requests got the right call."""
    folder.mkdir(parents=True)
    items = {
        name: [
            {
                "query": f"request {k}",
                "action": name,
                "action_input": '{"n": 1}',
                "model_output": f'Action: {name}\nAction Input: {{"n": {1 if good else 2}}}',
            }
            for k, good in enumerate(found)
        ]
        for name, found in right.items()
    }
    (folder / "predictions.json").write_text(json.dumps(items))
    return str(folder)


def run(tmp_path: Path, arms: dict[str, list[str]]) -> int:
    (tmp_path / "batches.json").write_text(json.dumps([["a", "b"], ["c"]]))
    return forgetting.main(
        [
            f"arms={json.dumps(arms)}",
            f"batches={tmp_path / 'batches.json'}",
            f"output.storage={tmp_path / 'runs'}",
            "output.name=kept",
        ]
    )


def test_the_matrix_is_that_of_the_predictions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = predict(tmp_path / "0", {"a": [True, True], "b": [True, False]})
    replay = predict(tmp_path / "1", {"a": [True, True], "b": [False, False], "c": [True]})
    alone = predict(tmp_path / "2", {"a": [False, False], "b": [False, False], "c": [True]})
    assert run(tmp_path, {"with replay": [first, replay], "no replay": [first, alone]}) == 0
    folder = tmp_path / "runs" / "kept"
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["with replay.round_0.batch_0"] == 0.75
    assert metrics["with replay.round_1.batch_0"] == 0.5
    assert metrics["with replay.round_1.batch_1.n"] == 1
    assert metrics["no replay.kept.batch_0"] == 0
    assert (folder / "forgetting.png").read_bytes().startswith(b"\x89PNG")
    assert "data:image/png" in (folder / "report.html").read_text()
    assert "no replay" in capsys.readouterr().out


def test_a_round_without_requests_of_an_earlier_batch_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = predict(tmp_path / "0", {"a": [True], "b": [True]})
    second = predict(tmp_path / "1", {"c": [True]})
    assert run(tmp_path, {"replay": [first, second]}) == 2
    assert "no request of batch 0" in capsys.readouterr().err
