"""The ranking job: a model beside the baselines in every table, unseen tools apart, and mistakes that are told. No Ray."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from jobs import rank
from jobs.train import parent_of
from pipelines import manifest
from toolschool.config import build
from toolschool.datasets.api_docs import ApiDoc
from toolschool.methods.toolgen.indexing import build_index, token_words
from toolschool.methods.toolgen.stages import StageTemplate, retrieve_rows
from toolschool.models.backbone import FreshConfig, ModelConfig, load, save
from training.config import TrainConfig

THINGS = ("rivers", "trains", "paintings", "recipes", "planets", "insects")
DOCS = [ApiDoc("Facts", f"{thing} base", f"find {thing}", f"Find {thing} by name.") for thing in THINGS]
ASKED = {f"tell me about {thing}": doc.key for thing, doc in zip(THINGS, DOCS, strict=True)}


@pytest.fixture(scope="module")
def files_of_a_user(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tools")
    apis = [{"category": d.category, "tool": d.tool, "api": d.api, "description": d.description} for d in DOCS]
    asked = [{"query": query, "relevant": [list(key)], "split": "own"} for query, key in ASKED.items()]
    found = {}
    for name, rows in (("apis", apis), ("requests", asked)):
        file = folder / f"{name}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        found[name] = str(file)
    return found


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that was taught the requests; no train request wanted the last two tools."""
    folder = tmp_path_factory.mktemp("model")
    index = build_index("atomic", DOCS)
    words = folder / "tokens.json"
    words.write_text(json.dumps(token_words(index, DOCS)))
    torch.manual_seed(0)
    shape = FreshConfig(tokenizer="assets/nano", hidden_size=32, layers=1, heads=2)
    config = ModelConfig(fresh=shape, token_words=str(words))
    built, tokenizer = load(config)
    optimizer = torch.optim.AdamW(built.parameters(), lr=1e-2)
    rows = [retrieve_rows(StageTemplate(), tokenizer, query, [key], index, 99)[0] for query, key in ASKED.items()]
    for _ in range(60):
        for row in rows:
            ids, labels = (torch.tensor([row[name]]) for name in ("input_ids", "labels"))
            built(input_ids=ids, labels=labels).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    artifact = {"method": "toolgen", "template": {}}
    save(built, tokenizer, folder / "model", config=config, artifact=artifact)
    index.save(folder / "model")
    (folder / "model" / "tool_requests.json").write_text(json.dumps({"requests": [3, 3, 3, 3, 0, 0]}))
    return folder / "model"


def words(storage: Path, tools: dict[str, str], **settings: Any) -> list[str]:
    given = {"source": None, **tools}
    more = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
    return [f"tools={json.dumps(given)}", f"output.storage={storage}", "output.name=run", "split=null", *more]


def test_a_model_stands_beside_the_baselines(
    model: Path, files_of_a_user: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rank.main(words(tmp_path, files_of_a_user, model=str(model), probes=5)) == 0
    run = tmp_path / "run"
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["ToolGen.NDCG@5"] == metrics["BM25.NDCG@5"] == 1.0
    assert metrics["ToolGen.own.NDCG@5"] == 1.0
    assert metrics["ToolGen + hybrid.MRR.n"] == 6
    assert (
        metrics["unseen.requests"],
        metrics["ToolGen.unseen tools.NDCG@5.n"],
        metrics["ToolGen.seen tools.NDCG@5.n"],
    ) == (2, 2, 4)
    beside = "ToolGen, hybrid for the unasked"
    assert metrics[f"{beside}.NDCG@5"] == 1.0
    assert metrics["requests.hallucination"] == 0.0
    assert metrics["BM25.no tool words.NDCG@5"] < 1.0
    assert {
        "ToolGen.polite.NDCG@5",
        "MiniLM.typos.NDCG@5",
        "memorized.unconstrained",
        "MiniLM.probes.description",
    } <= set(metrics)
    rows = [json.loads(line) for line in (run / "rankings.jsonl").read_text().splitlines()]
    assert [tuple(row["ToolGen"][0]) for row in rows] == list(ASKED.values())
    assert all(len(row["MiniLM"]) == 6 for row in rows)
    made = manifest.read(str(run))
    assert made is not None
    assert made["counts"] == {"tools": 6, "requests": 6}
    assert str(model) in made["inputs"]
    said = capsys.readouterr().out
    for title in ("Retrieval by group", "ToolGen less BM25", "in other manners", "Memorization", "Which tool is it?"):
        assert title in said
        assert title in (run / "report.html").read_text()


def test_the_baselines_alone(files_of_a_user: dict[str, str], tmp_path: Path) -> None:
    assert rank.main(words(tmp_path, files_of_a_user, limit=3, rephrase=False)) == 0
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["hybrid.NDCG@5.n"] == 3
    assert not [name for name in metrics if "ToolGen" in name or "typos" in name]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model": "assets/nano"}, "was not trained on ToolGen's rows"),
        ({"model": "runs/no/model"}, "there is no model in runs/no/model"),
        ({"tools.requests": None, "split": "validation"}, "has no validation requests; name another part"),
        ({"tools.apis": "/no.jsonl"}, "/no.jsonl does not exist"),
    ],
)
def test_mistakes_are_told(
    settings: dict[str, str],
    said: str,
    files_of_a_user: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    only_test = {**files_of_a_user, "requests": str(tmp_path / "asked.jsonl")}
    Path(only_test["requests"]).write_text(
        json.dumps({"query": "tell me about rivers", "relevant": [list(DOCS[0].key)]}) + "\n"
    )
    assert rank.main(words(tmp_path, only_test, **settings)) == 2
    assert said in capsys.readouterr().err


def test_spread_requests() -> None:
    assert rank.spread(list(range(10)), 4) == [0, 2, 5, 7]  # type: ignore[arg-type]
    assert rank.spread(list(range(3)), 4) == [0, 1, 2]  # type: ignore[arg-type]


def test_a_training_names_its_parent(tmp_path: Path) -> None:
    def trained(model: dict[str, Any]) -> TrainConfig:
        return build(TrainConfig, {"rows": "x", "model": model, "output": {"name": "o"}})

    run = tmp_path / "first"
    (run / "model").mkdir(parents=True)
    assert parent_of(trained({"name": str(run / "model")})) == {
        "model": str(run / "model"),
        "run": None,
        "finished": None,
    }
    made = manifest.write(str(run), "train", config={})
    expected = {"model": str(run / "model"), "run": str(run), "finished": made["finished"]}
    assert parent_of(trained({"name": str(run / "model")})) == expected
    assert parent_of(trained({"name": "assets/nano"})) == {"model": "assets/nano", "run": None, "finished": None}
    assert parent_of(trained({"fresh": {"tokenizer": "x"}})) is None


def test_an_earlier_ranking_is_compared(
    model: Path, files_of_a_user: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """First four tools alone, then all six, the last two as a catalogue of their own: half of the requests' numbers are the same."""
    first, rest = ({"source": None, **files_of_a_user, **cut} for cut in ({"limit": 4}, {"skip": 4}))
    common = [f"model={model}", f"output.storage={tmp_path}", "split=null", "rephrase=false", "probes=0"]
    assert rank.main([f"tools={json.dumps(first)}", "output.name=then", *common]) == 0
    lines = (tmp_path / "then" / "rankings.jsonl").read_text().splitlines()
    spoilt = json.loads(lines[0])
    spoilt["ToolGen"] = [spoilt["ToolGen"][1], spoilt["ToolGen"][0]]  # as if the model had found it second
    (tmp_path / "then" / "rankings.jsonl").write_text("\n".join([json.dumps(spoilt), *lines[1:]]) + "\n")
    capsys.readouterr()
    both = f"tools={json.dumps([first, rest])}"
    assert rank.main([both, "output.name=now", f"before={tmp_path / 'then'}", *common]) == 0
    metrics = json.loads((tmp_path / "now" / "metrics.json").read_text())
    second = 1 / math.log2(3)
    assert metrics["ToolGen.before.NDCG@5"] == pytest.approx((3 + second) / 4)
    assert (metrics["ToolGen.after.NDCG@5"], metrics["ToolGen.new.NDCG@5"]) == (1.0, 1.0)
    assert metrics["ToolGen.change.NDCG@5"] == pytest.approx((1 - second) / 4)
    assert (metrics["ToolGen.change.NDCG@5.n"], metrics["BM25.new.NDCG@5.n"]) == (4, 2)
    assert "4 requests were ranked before" in " ".join(capsys.readouterr().out.split())
    made = manifest.read(str(tmp_path / "now"))
    assert made is not None
    assert made["counts"] == {"tools": 6, "requests": 6}

    assert rank.main([f"tools={json.dumps(rest)}", "output.name=x", f"before={tmp_path / 'then'}", *common]) == 2
    assert "none of these requests was ranked before" in capsys.readouterr().err
    assert rank.main([both, "output.name=x", f"before={tmp_path}", *common]) == 2
    assert "has no rankings.jsonl" in capsys.readouterr().err
