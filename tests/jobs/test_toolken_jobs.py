"""Toolken's jobs one after the other on a cluster: features, head, mining, reranker, quiz; and their mistakes without one."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs import bias, decide, mine, prepare, quiz, train
from pipelines import files
from toolschool.models.reranker import Reranker
from toolschool.models.tool_head import ToolHead

pytestmark = pytest.mark.timeout(1200)  # each job has actors of its own, on a machine that may be busy
SHORT = ["train.epochs=40", "train.batch_size=8", "train.lr=2e-2", "engine=plain", "model.name=assets/nano"]


@pytest.fixture(scope="module")
def storage(ray_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Features of 150 generated texts and a head on them."""
    folder = tmp_path_factory.mktemp("toolken")
    where = f"output.storage={folder}"
    given = ["data.source=operations", "data.limit=150", "toolken.model.name=assets/nano"]
    assert prepare.main([*given, where, "output.name=rows"]) == 0
    head = ["objective=tool_head", f"rows={folder / 'rows' / 'features'}", *SHORT, where, "output.name=head"]
    assert train.main(head) == 0
    return folder


def metrics(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "model" / "toolschool.json").read_text())["metrics"]
    return found


@pytest.mark.cluster
def test_features_make_a_head(storage: Path) -> None:
    manifest = json.loads((storage / "rows" / "manifest.json").read_text())
    assert manifest["counts"]["in"] == 150
    assert sum(manifest["counts"]["out"].values()) + manifest["counts"]["quarantined"] == 150
    head = ToolHead.from_pretrained(storage / "head" / "model")
    assert len(head.tools) == 13
    assert head.card["base"].endswith("assets/nano")
    assert metrics(storage / "head")["val_tool_accuracy"] > 0.5, "one in thirteen by chance"


@pytest.mark.cluster
def test_a_prepared_run_is_not_made_again(storage: Path) -> None:
    stage = storage / "rows" / "stages" / "features" / "manifest.json"
    before = stage.read_text()
    given = ["data.source=operations", "data.limit=150", "toolken.model.name=assets/nano"]
    assert prepare.main([*given, f"output.storage={storage}", "output.name=rows"]) == 0
    assert stage.read_text() == before


@pytest.mark.verify
def test_mined_decisions_make_a_reranker_and_both_answer(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = f"output.storage={storage}"
    given = [f"rows={storage / 'rows'}", "folds=2", "slack=1", "train.epochs=40", where, "output.name=mine"]
    assert mine.main(given) == 0
    counts = json.loads((storage / "mine" / "manifest.json").read_text())["counts"]
    decided = [row["place"] for row in files.read_rows(str(storage / "mine" / "mined"))]
    assert counts["calls"] + counts["rejections"] + counts["gold_is_no_candidate"] == len(decided)
    assert sorted(path.name for path in (storage / "mine" / "heads").iterdir()) == ["0", "1", "all"]
    words = ["objective=reranker", f"rows={storage / 'mine' / 'reranker'}", *SHORT, where, "output.name=second"]
    assert train.main(words) == 0
    assert Reranker.from_pretrained(storage / "second" / "model").card["k"] == 3
    both = [f"head={storage / 'head' / 'model'}", f"reranker={storage / 'second' / 'model'}"]
    texts = ["data.source=operations", "data.limit=10", "extra=[{source: no_tool, limit: 10}]", "slack=1"]
    assert decide.main([*both, *texts, where, "output.name=decisions"]) == 0
    found = json.loads((storage / "decisions" / "metrics.json").read_text())
    assert found["decide.head.texts"] == 20
    assert found["decide.head.wanted"] == found["decide.head_and_reranker.wanted"] > 3
    assert "Spurious calls at equal recall" in (storage / "decisions" / "report.html").read_text()
    asked = ["tasks={operations: 4}", f"head.head={storage / 'head' / 'model'}", "head.max_new_tokens=24"]
    more = f"head.reranker={storage / 'second' / 'model'}"
    assert quiz.main([*asked, more, where, "output.name=quiz"]) == 0
    answers = list(files.read_rows(str(storage / "quiz" / "answers")))
    assert len(answers) == 4
    assert all(json.loads(row["disabled_calls"]) == [] for row in answers)
    assert "report:" in capsys.readouterr().out


@pytest.mark.cluster
def test_the_bias_with_most_right_answers_is_stored(storage: Path) -> None:
    asked = ["tasks={operations: 6}", f"head.head={storage / 'head' / 'model'}", "head.max_new_tokens=24"]
    assert bias.main([*asked, "offsets=[-50, 0, 50]", f"output.storage={storage}", "output.name=bias"]) == 0
    rows = list(files.read_rows(str(storage / "bias" / "biases")))
    own = float(ToolHead.from_pretrained(storage / "head" / "model").bias[0])
    assert sorted({row["bias"] for row in rows}) == [own - 50, own, own + 50]
    assert len(rows) == 18
    assert sum(row["calls"] for row in rows if row["bias"] == own - 50) == 0
    assert sum(row["calls"] for row in rows if row["bias"] == own + 50) >= 6
    made = ToolHead.from_pretrained(storage / "bias" / "model")
    assert float(made.bias[0]) == pytest.approx(made.card["calibrated"]["bias"])
    assert made.card["base"] == ToolHead.from_pretrained(storage / "head" / "model").card["base"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rows=nowhere", "output.name=x"], "no finished run of jobs.prepare"),
        (["rows=s3://bucket/rows", "output.name=x"], "local or mounted"),
    ],
)
def test_mistakes_in_mining_are_said(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert mine.main(words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("job", [quiz, bias])
def test_a_head_that_is_not_there_is_said_before_ray_starts(
    job: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert job.main([f"head.head={tmp_path}", "output.name=x", "tasks={operations: 3}"]) == 2
    assert "holds no tool head" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["head=nowhere", "data.source=operations", "data.limit=3", "output.name=x"], "holds no tool head"),
        (["head=nowhere", "data.source=sums", "output.name=x"], "no marked calls"),
        (["head=nowhere", "data.source=operations", "data.limit=null", "output.name=x"], "set data.limit"),
    ],
)
def test_mistakes_about_decisions_are_said(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert decide.main(words) == 2
    assert message in capsys.readouterr().err
