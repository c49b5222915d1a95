"""The evaluation of an agent: a tiny model that learnt some of its tasks, what is written about it, a judge, and mistakes. No Ray."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from jobs import solve, solving
from jobs.solving import draw, grouped
from pipelines import manifest
from toolschool.config import build
from toolschool.datasets.api_docs import ApiDoc, Parameter
from toolschool.errors import ModelError
from toolschool.methods.toolgen.answering import open_agent
from toolschool.methods.toolgen.episodes import Episode
from toolschool.methods.toolgen.indexing import build_index, token_words
from toolschool.methods.toolgen.playground import Playground
from toolschool.methods.toolgen.protocol import Protocol, Spelling, encode
from toolschool.methods.toolgen.tasks import Tasks
from toolschool.models.backbone import FreshConfig, ModelConfig, load, save
from toolschool.models.engines import Generation
from toolschool.tools.simulated import simulated_api

CITY = Parameter("city", "STRING", "The city (e.g., Bonn, Porto, Quito).")
THINGS = ("rivers", "trains", "paintings", "recipes")
DOCS = [ApiDoc("Facts", f"{thing} base", f"find {thing}", f"Find {thing} of a city.", (CITY,)) for thing in THINGS]
ASKED = {"each": 30, "asked": {"desk": 3}, "seed": 6}


def learnt(model: Any, rows: Sequence[dict[str, list[int]]]) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(200):
        loss = torch.zeros(())
        for row in rows:
            ids, labels = (torch.tensor([row[name]]) for name in ("input_ids", "labels"))
            loss = loss + model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if float(loss.detach()) < 0.05:
            break


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It learnt a task that can be done and one that cannot, both to be asked again."""
    folder = tmp_path_factory.mktemp("model")
    index = build_index("atomic", DOCS)
    words = folder / "tokens.json"
    words.write_text(json.dumps(token_words(index, DOCS)))
    ground = Playground(DOCS, map(simulated_api, DOCS))
    golds = draw(build(Tasks, ASKED), ground, "test", 1, lambda *why: None)
    assert [(kind, gold.answer is None) for kind, gold in golds] == [("desk", True), ("made up", False)]
    torch.manual_seed(0)
    shape = FreshConfig(tokenizer="assets/nano", hidden_size=64, layers=2, heads=2)
    config = ModelConfig(fresh=shape, token_words=str(words))
    built, tokenizer = load(config)
    protocol, spelling = Protocol(index, ground.tools), Spelling(tokenizer, index)
    learnt(built, [encode(spelling, protocol, gold, 1024) for _, gold in golds])
    artifact = {"method": "toolgen", "template": {}, "stage": "act", "max_length": 600}
    save(built, tokenizer, folder / "model", config=config, artifact=artifact)
    index.save(folder / "model")
    ground.save(folder / "model")
    return folder / "model"


def words(model: Path, storage: Path, **settings: Any) -> list[str]:
    more = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
    return [f"model={model}", f"tasks={json.dumps(ASKED)}", f"output.storage={storage}", "output.name=run", *more]


def test_what_was_learnt_is_done_and_written_down(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert solve.main(words(model, tmp_path, limit=1)) == 0
    run = tmp_path / "run"
    metrics = json.loads((run / "metrics.json").read_text())
    assert (metrics["all.completed"], metrics["all.same_state"], metrics["all.gave_up"]) == (1.0, 1.0, 1.0)
    assert (metrics["all.hallucinated"], metrics["all.arguments"]) == (0.0, 1.0)
    assert metrics["made up.completed.n"] == metrics["desk.gave_up.n"] == 1
    assert metrics["desk.completed"] is None
    assert 0 < metrics["made up.similarity"] <= 1
    rows = [json.loads(line) for line in (run / "runs.jsonl").read_text().splitlines()]
    assert [(row["kind"], row["ended"], row["completed"]) for row in rows] == [
        ("desk", "gave up", False),
        ("made up", "answer", True),
    ]
    gold = Episode.from_json(rows[1]["gold"])
    assert gold.answer == rows[1]["answer"]
    assert rows[0]["relevance"] is None
    made = manifest.read(str(run))
    assert made is not None
    assert (made["counts"]["tools"], made["counts"]["tasks"]) == (4, {"all": 2, "desk": 1, "made up": 1})
    assert made["counts"]["ended"]["all"] == {"gave up": 1, "answer": 1}
    assert list(made["inputs"]) == [str(model)]
    said = capsys.readouterr()
    assert "answer-request similarity (MiniLM)" in said.out
    assert "2/2 tasks" in said.err or "done in" in said.err
    page = (run / "report.html").read_text()
    assert "task completion" in page
    assert "data:image/png" in page


class Sure:
    """A judge that always says the same."""

    def __init__(self, url: str, name: str, temperature: float, seed: int) -> None:
        self.text = "5" if seed else "no idea"

    def generate(self, prompts: Sequence[str], *, max_new_tokens: int) -> list[Generation]:
        return [Generation(self.text, 1, truncated=False) for _ in prompts]


def test_a_judge_votes_and_is_named(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolschool.models.chat.ChatWriter", Sure)
    assert solve.main(words(model, tmp_path, limit=1, judge={"url": "http://x", "model": "wise", "votes": 2})) == 0
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["made up.votes"] == 5.0
    assert "made up.similarity" not in metrics
    rows = [json.loads(line) for line in (tmp_path / "run" / "runs.jsonl").read_text().splitlines()]
    assert [row["votes"] for row in rows] == [[], ["no idea", "5"]]
    assert "2 votes of wise" in capsys.readouterr().out


def test_a_judge_that_does_not_answer_costs_no_runs(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(Sure):
        def generate(self, prompts: Sequence[str], *, max_new_tokens: int) -> list[Generation]:
            raise ModelError("http://x does not serve wise; check the address")

    monkeypatch.setattr("toolschool.models.chat.ChatWriter", Gone)
    assert solve.main(words(model, tmp_path, limit=1, judge={"url": "http://x", "model": "wise"})) == 2
    assert "check the address" in capsys.readouterr().err
    assert len((tmp_path / "run" / "runs.jsonl").read_text().splitlines()) == 2
    assert manifest.read(str(tmp_path / "run")) is None


def test_tasks_are_drawn_by_kind(model: Path) -> None:
    _, ground = open_agent(str(model))
    refused: list[str] = []

    def drawn(limit: int, split: Any = "test", **more: Any) -> list[tuple[str, Episode]]:
        tasks = build(Tasks, {**ASKED, **more})
        return draw(tasks, ground, split, limit, lambda name, reason: refused.append(reason))

    some = drawn(2)
    kinds = [kind for kind, _ in some]
    assert {kind: kinds.count(kind) for kind in kinds} == {"desk": 2, "made up": 2}
    assert drawn(2) == some
    assert drawn(2, seed=5) != some
    assert not {gold.query for _, gold in drawn(50)} & {gold.query for _, gold in drawn(50, "validation")}
    found = [solving.Solved(kind, None, []) for kind in ("a", "b", "a")]  # type: ignore[arg-type]
    assert {name: len(group) for name, group in grouped(found).items()} == {"all": 3, "a": 2, "b": 1}
    assert list(grouped(found[:1])) == ["a"]


def test_a_model_reads_no_more_than_it_learnt_to(model: Path) -> None:
    agent, ground = open_agent(str(model))
    assert agent.max_tokens == 600
    assert len(ground.tools) == 4


def test_mistakes_are_told(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve.main(words(Path("assets/nano"), tmp_path)) == 2
    assert "was not trained on ToolGen's rows" in capsys.readouterr().err
    assert solve.main([*words(model, tmp_path), 'tasks={"each": 0, "asked": {}}']) == 2
    assert "there are no test tasks" in capsys.readouterr().err
    earlier = tmp_path / "retrieve"
    earlier.mkdir()
    for file in model.iterdir():
        (earlier / file.name).symlink_to(file)
    (earlier / "toolschool.json").unlink()
    card = json.loads((model / "toolschool.json").read_text())
    (earlier / "toolschool.json").write_text(json.dumps({**card, "stage": "retrieve"}))
    with pytest.raises(ModelError, match="was trained to retrieve, not to act"):
        open_agent(str(earlier))
