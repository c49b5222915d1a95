"""Toolformer's jobs: annotate, prepare inline rows, quiz. End to end on a cluster; their mistakes without one."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from jobs import annotate, prepare, quiz
from pipelines import files
from toolschool.datasets.arithmetic import generate
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.merging import split
from toolschool.models.backbone import ModelConfig, load_tokenizer
from training.preflight import check_causal_rows, check_fingerprint
from training.rows import read_folder

TEXTS = [f"{row['question']} {row['answer']}." for row in generate(seed=0, count=6, split="train")]
TOOLS = [{"use": "calculator", "prompt": "Add Calculator calls.\nInput: {text}\nOutput:", "preset": {"k": 5, "m": 4}}]
pytestmark = pytest.mark.timeout(600)  # seven stages, each with actors of its own, on a machine that may be busy
STAGES = ("select", "annotate", "execute", "filter")


def strict_json(path: Path) -> Any:
    """NaN is no JSON, though Python reads it."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} in {path}")

    return json.loads(path.read_text(), parse_constant=refuse)


def finished(run: Path) -> list[str]:
    """When each stage was finished."""
    return [json.loads((run / "stages" / stage / "manifest.json").read_text())["finished"] for stage in STAGES]


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Command line of an annotation of six texts and a line that is none."""
    folder = tmp_path_factory.mktemp("toolformer")
    lines = [*(json.dumps({"text": text}) for text in TEXTS), '{"text": "3 + 4']
    (folder / "texts.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return [
        f"data.path={folder / 'texts.jsonl'}",
        f"annotate.tools={json.dumps(TOOLS)}",
        f"output.storage={folder / 'runs'}",
        "output.name=mine",
    ]


@pytest.fixture(scope="module")
def run(ray_cluster: None, words: list[str]) -> Path:
    assert annotate.main(words) == 0
    return Path(words[2].partition("=")[2], "mine")


@pytest.mark.cluster
def test_annotate_writes_what_it_promises(run: Path) -> None:
    metrics = strict_json(run / "metrics.json")
    kept, scored = (list(files.read_rows(str(run / name))) for name in ("kept", "scored"))
    assert metrics["texts.in"] == 7
    assert metrics["texts.wanted"] == metrics["Calculator.documents"] == len(scored) > 0
    assert metrics["texts.kept"] == len(kept) > 0, "nano knows sums like these"
    assert metrics["Calculator.kept"] >= sum(row["calls"] for row in kept)
    assert {split(row["text"], Markers())[0] for row in kept} <= set(TEXTS)
    (refused,) = files.read_rows(str(run / "quarantine"))
    assert refused["raw"] == '{"text": "3 + 4'
    assert metrics["texts.quarantined"] == 1
    manifest = strict_json(run / "manifest.json")
    assert list(manifest["counts"]) == list(STAGES)
    assert list(manifest["inputs"]) == [manifest["config"]["data"]["path"]]


@pytest.mark.cluster
def test_the_report_shows_numbers_and_calls(run: Path) -> None:
    report = (run / "report.html").read_text()
    for title in (
        "Calls from step to step",
        "What was lost, and why",
        "Calls that were kept",
        "Calls that were refused",
    ):
        assert title in report
    assert report.count("<table") >= 4
    assert "[Calculator(" in report
    assert "data:image/png" in report


@pytest.mark.cluster
def test_annotating_again_does_nothing_again(run: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    before, metrics = finished(run), strict_json(run / "metrics.json")
    assert annotate.main(words) == 0
    assert finished(run) == before
    assert strict_json(run / "metrics.json") == metrics
    said = capsys.readouterr().out
    assert f"7 texts read, {metrics['texts.wanted']} wanted by a tool, {metrics['texts.kept']} kept with calls" in said
    assert str(run / "kept") in said


@pytest.mark.cluster
def test_kept_texts_become_rows_that_training_takes(run: Path) -> None:
    words = [f"data.path={run / 'kept'}", "inline.style=annotated"]
    assert prepare.main([*words, f"output.storage={run.parent}", "output.name=rows"]) == 0
    folder = run.parent / "rows" / "inline"
    rows, tokenizer = read_folder(str(folder)), load_tokenizer(ModelConfig(name="assets/nano"))
    assert len(rows) == strict_json(run / "metrics.json")["texts.kept"]
    check_fingerprint(str(folder), tokenizer)
    check_causal_rows(rows, tokenizer, vocabulary=len(tokenizer), max_length=1024, supervise_prompt=True)
    texts = {tokenizer.decode(row.input_ids[:-1].tolist()) for row in rows}
    assert texts == {row["text"] for row in files.read_rows(str(run / "kept"))}
    card = strict_json(folder / "toolschool.json")
    assert (card["method"], card["style"]) == ("toolformer", "annotated")
    assert card["markers"] == Markers().model_dump()
    assert card["tools"][0]["use"] == "calculator"
    assert list(strict_json(run.parent / "rows" / "manifest.json")["inputs"]) == [str(run / "kept")]


@pytest.mark.cluster
def test_quiz_scores_both_modes(tmp_path: Path, ray_cluster: None, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["tasks.sums=8", "answering.max_new_tokens=24", f"output.storage={tmp_path}", "output.name=quiz"]
    assert quiz.main(words) == 0
    metrics = strict_json(tmp_path / "quiz" / "metrics.json")
    assert metrics["quiz.all.disabled.called"] == 0
    assert metrics["quiz.all.disabled.executed"] is None, "no calls, no rate of theirs"
    assert 0 <= metrics["quiz.2da.enabled.accuracy"] <= 1
    assert len(list(files.read_rows(str(tmp_path / "quiz" / "answers")))) == 8
    assert "Accuracy by task" in (tmp_path / "quiz" / "report.html").read_text()
    assert strict_json(tmp_path / "quiz" / "manifest.json")["metrics"] == metrics
    assert "with tools" in capsys.readouterr().out
    assert quiz.main(words) == 0, "again: the answers are there already"
    assert strict_json(tmp_path / "quiz" / "metrics.json") == metrics


@pytest.mark.cluster
def test_texts_that_no_tool_wants_are_said_to_be_none(tmp_path: Path, ray_cluster: None, capsys: Any) -> None:
    (tmp_path / "texts.jsonl").write_text('{"text": "Nothing to count here."}\n')
    words = [f"data.path={tmp_path / 'texts.jsonl'}", f"output.storage={tmp_path}", "output.name=x"]
    assert annotate.main(words) == 2
    assert "no tool wants one of the 1" in capsys.readouterr().err.splitlines()[-1]
    (tmp_path / "texts.jsonl").write_text('{"words": "3 + 4 = 7"}\n')
    assert annotate.main([*words, "output.name=y"]) == 2
    assert "1 of 1 are in" in (said := capsys.readouterr().err.splitlines()[-1])
    assert "a row wants a field `text`" in said


NO_TOOL = '[{"use": "abacus"}]'
INLINE = "inline.style=annotated"


@pytest.mark.parametrize(
    ("verb", "words", "said"),
    [
        ("annotate", [f"annotate.tools={NO_TOOL}"], "no tool 'abacus'; known: calculator"),
        ("annotate", ["annotate.tools=[{use: calculator, prompt: Go.}]"], "the prompt needs {text} once"),
        ("annotate", ["annotate.tools=[{use: calculator, settings: {digits: 3}}]"], "digits"),
        ("annotate", ["annotate.tools=[{use: mine.py}]"], "mine.py is not there"),
        ("annotate", ["data.path=/no/such.jsonl"], "/no/such.jsonl does not exist"),
        ("annotate", ["data.path=texts.txt"], "nothing would be read from texts.txt"),
        ("annotate", ["data.source=nosuch"], "no data set 'nosuch'"),
        ("annotate", ["data.source=mawps"], "mawps has no running text"),
        ("annotate", ["data.source=mawps", "data.path=/mawps"], "mawps has no running text"),
        ("quiz", ["tasks={nosuch: 3}"], "tasks: no questions in nosuch; use sums, gsm8k"),
        ("quiz", ["tasks={}"], "no questions in nothing"),
        ("quiz", [f"answering.tools={NO_TOOL}"], "no tool 'abacus'"),
        ("prepare", ["inline.style=instruct", "data.path=runs/x/kept"], "inline.style=instruct needs data.source"),
        ("prepare", [INLINE, "data.source=desk"], "desk has no worked answers"),
        ("prepare", [INLINE, "data.source=sums"], "sums is generated: set data.limit"),
        ("prepare", [INLINE, "data.source=sums", "data.limit=9", "data.path=runs/x"], "no data.path but the kept/"),
        ("prepare", [INLINE, "data.source=gsm8k", f"inline.tools={NO_TOOL}"], "no tool 'abacus'"),
    ],
)
def test_mistakes_are_one_line_before_ray_starts(verb: str, words: list[str], said: str, capsys: Any) -> None:
    assert importlib.import_module(f"jobs.{verb}").main([*words, "output.name=x", "--dry-run"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.startswith(f"python -m jobs.{verb}: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("verb", "words"), [("annotate", ["annotate.model=/none"]), ("quiz", ["answering.model=/none"])]
)
def test_a_model_that_is_not_there_is_said_before_ray_starts(
    verb: str, words: list[str], tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = importlib.import_module(f"jobs.{verb}")
    monkeypatch.setattr(job, "session", lambda *_: pytest.fail("Ray was started"))
    assert job.main([*words, f"output.storage={tmp_path}", "output.name=x"]) == 2
    assert capsys.readouterr().err.startswith(f"python -m jobs.{verb}: there is no model in /none")


@pytest.mark.parametrize("verb", ["annotate", "quiz"])
def test_settings_are_checked_when_read(verb: str, capsys: Any) -> None:
    part = {"annotate": "annotate.max_lenght=5", "quiz": "tasks={sums: 0}"}[verb]
    with pytest.raises(SystemExit) as left:
        importlib.import_module(f"jobs.{verb}").main([part, "output.name=x", "--dry-run"])
    assert left.value.code == 2
    assert {"annotate": "did you mean max_length?", "quiz": "tasks.sums"}[verb] in capsys.readouterr().err


def test_what_is_valid_starts_nothing_when_dry(words: list[str], tmp_path: Path, capsys: Any) -> None:
    storage = [f"output.storage={tmp_path / 'runs'}", "output.name=x"]
    for job, given in ((annotate, words), (quiz, []), (prepare, [INLINE, "data.path=a/kept"])):
        assert job.main([*given, *storage, "--dry-run"]) == 0
        assert "nothing was started" in capsys.readouterr().out
    assert not (tmp_path / "runs").exists()
