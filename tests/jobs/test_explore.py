"""`jobs.explore` and `jobs.prepare` with `ste`: what is shown, what they leave behind, what is refused; on a real Ray, the embedded teacher."""

import io
import json
from collections import Counter
from pathlib import Path

import pytest

from jobs import explore, prepare
from jobs.explore_view import ExploreView
from jobs.progress import LINE_EVERY_S
from pipelines import files, manifest
from pipelines.ste_explorer import Found
from pipelines.ste_workers import Ended
from toolschool.datasets.ste import every, read_items
from toolschool.methods.ste.template import StePrompt
from toolschool.models.backbone import ModelConfig, load_tokenizer
from toolschool.models.templates import IGNORED

TOOLS = '''"""Tools of a pizzeria."""


def order_pizza(kind: str, count: int = 1) -> str:
    """Order pizzas for delivery.

    Args:
        kind: which pizza, such as margherita.
        count: how many.
    """
    return f"{count} {kind} on the way"


def book_table(people: int, date: str) -> str:
    """Reserve a table.

    Args:
        people: number of guests.
        date: the day, as YYYY-MM-DD.
    """
    return f"table for {people} on {date}"
'''


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def found(tool: str, number: int, solved: bool = True, new: bool = True) -> Found:
    return Found(tool, 1, number, solved, 1_000, 100, new)


def view(clock: Clock, stream: io.StringIO) -> ExploreView:
    price = lambda prompt, completion: (prompt + 10 * completion) / 1e6  # noqa: E731
    return ExploreView("explore mine", ["a", "b"], 4, price, stream=stream, clock=clock)


def test_the_time_left_goes_by_what_this_run_has_done() -> None:
    clock, stream = Clock(), io.StringIO()
    with view(clock, stream) as seen:
        for number in (1, 2, 3):
            seen.hear(found("a", number, new=False))
        clock.now = 30.0
        seen.hear(found("a", 4, solved=False))
        seen.hear(found("a", 4, solved=False))  # its worker died, and it is told again
        seen.hear(Ended("a", "done"))
        assert seen.line() == (
            "explore mine: 4/8 trials, 1/2 tools, 75 % solved, 4,400 tokens, cost 0.0080, 30 s, 2 min 00 s left"
        )
        seen.hear(Ended("b", "refused", "no answer"))
    assert (
        stream.getvalue()
        .splitlines()[-1]
        .endswith("1/2 tools, 75 % solved, 4,400 tokens, cost 0.0080, 1 ended early, 30 s")
    )
    assert len(stream.getvalue().splitlines()) == 1 + 30 // LINE_EVERY_S - 2


def test_the_live_table_has_the_tools_at_work() -> None:
    from rich.console import Console

    seen = view(Clock(), io.StringIO())
    seen.hear(found("a", 1))
    seen.hear(found("b", 1, solved=False))
    seen.hear(Ended("b", "done"))
    console = Console(file=io.StringIO(), width=100)
    console.print(seen.render())
    lines = console.file.getvalue().splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["tool", "trials", "solved", "tokens"],
        ["a", "1/4", "100", "%", "1,100"],
    ]
    assert lines[2].startswith("explore mine: 2/8 trials")


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    (tmp_path / "pizzeria.py").write_text(TOOLS)
    return tmp_path / "pizzeria.py"


def words(tmp_path: Path, tools: Path, *more: str) -> list[str]:
    """Command line of a short exploration; its second source is there and does not open."""
    broken = tmp_path / "broken.py"
    broken.write_text("import a_package_that_nobody_has\n")
    sources = [{"functions": str(tools)}, {"functions": str(broken)}]
    return [
        f"tools={json.dumps(sources)}",
        "explore={episodes: 5, workers: 2}",
        "cluster.profile=ci",
        f"output.storage={tmp_path / 'runs'}",
        "output.name=mine",
        *more,
    ]


@pytest.mark.cluster
@pytest.mark.timeout(900)
def test_from_tools_to_rows(
    tmp_path: Path, tools: Path, ray_cluster: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    run = tmp_path / "runs" / "mine"
    assert explore.main(words(tmp_path, tools)) == 0, capsys.readouterr().err
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["trials"] == 40
    assert metrics["order_pizza.trials"] == 20
    assert metrics["solved"] > 0.5
    counts = manifest.read(str(run))["counts"]
    assert counts == {"tools": 2, "trials": 40, "new": 40, "quarantined": 1}
    (refused,) = files.read_rows(str(run / "quarantine"))
    assert refused["id"] == "tools.1"
    assert "order_pizza" in (run / "report.html").read_text()
    before = {path: path.stat().st_mtime_ns for path in (run / "trials").rglob("*.json")}
    assert len(before) == 40

    assert explore.main(words(tmp_path, tools)) == 0
    assert manifest.read(str(run))["counts"]["new"] == 0
    assert {path: path.stat().st_mtime_ns for path in (run / "trials").rglob("*.json")} == before
    capsys.readouterr()
    assert explore.main(words(tmp_path, tools, "explore.seed=1")) == 2
    assert "was begun with other settings: explore.seed was 0, now 1" in capsys.readouterr().err
    tools.write_text(TOOLS.replace("number of guests", "how many come"))
    assert explore.main(words(tmp_path, tools)) == 2
    assert "the documentation of book_table has changed" in capsys.readouterr().err

    check_rows(tmp_path, run)


def check_rows(tmp_path: Path, run: Path) -> None:
    """Prepare rows with token names, and look at all that comes of it."""
    given = [
        f"ste.trials={run}", "ste.general=20", "ste.template.tools=token", "cluster.profile=ci",
        f"output.storage={tmp_path / 'runs'}", "output.name=rows",
    ]  # fmt: skip
    assert prepare.main(["--config", "recipes/ste/prepare.yaml", *given]) == 0
    rows = tmp_path / "runs" / "rows"
    counts = manifest.read(str(rows))["counts"]
    assert counts["rows"]["quarantined"] == 0
    assert counts["rows"]["out"] == {
        "ste/train": counts["examples"]["train"] + 20,
        "ste/validation": counts["examples"]["validation"] + 2,
    }
    template = StePrompt(style="compact", tools="token")
    tokenizer = load_tokenizer(ModelConfig(name="assets/nano", token_words=str(rows / "tokens.json")))
    learnt, test = (read_items(rows / name) for name in ("train.json", "test.json"))
    encoded = Counter(tuple(row["input_ids"]) for row in files.read_rows(str(rows / "ste" / "train")))
    for item in every(learnt):
        row = template.row(tokenizer, item.query, item.api, item.arguments, 512)
        assert encoded[tuple(row["input_ids"])] == 1
        supervised = [label for label in row["labels"] if label != IGNORED]
        assert tokenizer.convert_tokens_to_ids(f"<tool_{item.api}>") in supervised
    assert len(list(every(learnt))) == counts["examples"]["train"]
    assert list(test) == list(learnt) == ["order_pizza", "book_table"]
    assert not {item.query for item in every(test)} & {item.query for item in every(learnt)}
    assert 0 < len(list(every(test))) <= counts["examples"]["test"]
    assert next(every(test)).documentation.startswith("API_name: ")
    card = json.loads((rows / "ste" / "toolschool.json").read_text())
    assert (card["method"], card["tools"]) == ("ste", ["order_pizza", "book_table"])
    made = {path: path.stat().st_mtime_ns for path in (rows / "exploited").iterdir()}
    assert prepare.main(["--config", "recipes/ste/prepare.yaml", *given]) == 0
    assert {path: path.stat().st_mtime_ns for path in (rows / "exploited").iterdir()} == made, "judged once"


def test_mistakes_are_told_before_anything_starts(
    tmp_path: Path, tools: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explore.main(words(tmp_path, tools, "teacher.url=http://127.0.0.1:1/v1")) == 2
    assert "teacher.url needs teacher.model" in capsys.readouterr().err
    assert explore.main(words(tmp_path, tmp_path / "nowhere.py", "--dry-run")) == 2
    assert f"there is no {tmp_path / 'nowhere.py'}" in capsys.readouterr().err
    given = [f"ste.trials={tmp_path}", f"output.storage={tmp_path}", "output.name=x"]
    assert prepare.main(["--config", "recipes/ste/prepare.yaml", *given, "ste.model.token_words=x"]) == 2
    assert "ste.model must name a model" in capsys.readouterr().err
