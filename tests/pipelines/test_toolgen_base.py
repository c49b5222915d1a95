"""Tools added to a trained model, without Ray: ids stay, new rows begin at their words, old rows are said again, mistakes are told."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from pipelines import files, ingest, manifest
from pipelines.toolgen import check_toolgen, write_beside
from pipelines.toolgen_base import Known, join_stages, open_base
from pipelines.toolgen_rows import AskForTools, EncodeDocumentation, EncodeRequests
from pipelines.toolgen_sources import APIS_FILE, HELD_FILE, Base, Synthesis, ToolGenRows, lay_out, mark, with_tokens
from toolschool.config import build
from toolschool.datasets.tool_sources import CatalogueSource, open_tools
from toolschool.errors import ConfigError, DataError, ModelError, RowError
from toolschool.methods.toolgen.stages import StageTemplate
from toolschool.models.backbone import FreshConfig, ModelConfig, load, load_tokenizer, open_model, save

TOOLS = [
    {"category": "W", "tool": f"{thing} base", "api": f"find {thing}", "description": f"Find {thing} by name"}
    for thing in ("river", "train", "bird", "planet", "recipe", "painting", "insect", "song")
]
KEYS = [(tool["category"], tool["tool"], tool["api"]) for tool in TOOLS]
OLD, NEW = KEYS[:5], KEYS[5:]
SHORT = StageTemplate(description_length=12)


def jsonl(file: Path, rows: list[Any]) -> str:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(file)


@pytest.fixture
def source(tmp_path: Path) -> CatalogueSource:
    """All tools, twenty requests for each, and some that want an old and a new one."""
    asked = [{"query": f"which {key[2][5:]} is {chr(97 + n)}?", "relevant": [key]} for key in KEYS for n in range(20)]
    asked += [{"query": f"{chr(97 + n)} of both?", "relevant": [OLD[0], NEW[0]]} for n in range(20)]
    apis, requests = jsonl(tmp_path / "apis.jsonl", TOOLS), jsonl(tmp_path / "asked.jsonl", asked)
    return CatalogueSource(apis=apis, requests=requests)


def asked_of(run: str, rows: ToolGenRows) -> list[dict[str, Any]]:
    """What stage requests makes of `wanted/`."""
    ask = AskForTools(rows.synthesis.model_dump(mode="json"), rows.unseen, run)
    found = ask(list(files.read_rows(files.join(run, "wanted"))))
    return [row for outputs in found if not isinstance(outputs, RowError) for row in outputs["requests"]]


def prepared(run: str, rows: ToolGenRows, known: Known | None = None) -> Any:
    """A run as the stages leave it, but for the token rows; returns its index."""
    _, index = lay_out(run, rows, known)
    requests = ingest.Source("requests", [row["raw"] for row in asked_of(run, rows)])
    ingest.write_sources(files.join(run, "requests"), [requests])
    for stage in ("memorize", "retrieve", *(["add"] if known else [])):
        Path(run, stage).mkdir(exist_ok=True)
    write_beside(run, index, with_tokens(run, rows), known)
    return index


@pytest.fixture
def base(tmp_path: Path, source: CatalogueSource) -> Path:
    """The folder of a model, not much trained, that knows the first five tools."""
    shape = FreshConfig(tokenizer="assets/nano", hidden_size=16, layers=1, heads=1)
    model, tokenizer = load(ModelConfig(fresh=shape))
    save(model, tokenizer, tmp_path / "plain", config=ModelConfig(fresh=shape))
    run = tmp_path / "rows"
    rows = ToolGenRows(
        sources=(source.model_copy(update={"limit": 5}),),
        model=ModelConfig(name=str(tmp_path / "plain")),
        template=SHORT,
        synthesis=Synthesis(each=4),
    )
    prepared(str(run), rows)
    config = with_tokens(str(run), rows).model
    model, tokenizer = load(config)
    folder = tmp_path / "base" / "model"
    save(
        model, tokenizer, folder, config=config, artifact=json.loads((run / "retrieve" / "toolschool.json").read_text())
    )
    for name in ("tool_index.json", "tool_requests.json"):
        shutil.copy(run / "retrieve" / name, folder)
    manifest.write(str(tmp_path / "base"), "train", config={"rows": str(run / "retrieve")})
    return folder


def adding(source: CatalogueSource, base: Path, **how: Any) -> ToolGenRows:
    return ToolGenRows(sources=(source,), base=Base(model=str(base), **how), synthesis=Synthesis(each=4))


def test_old_ids_stay_and_new_rows_begin_at_their_words(tmp_path: Path, source: CatalogueSource, base: Path) -> None:
    known = open_base(Base(model=str(base)))
    rows = known.settle(adding(source, base))
    run = str(tmp_path / "more")
    apis, index = lay_out(run, rows, known)
    assert [doc.key for doc in apis.docs] == [*index.tools] == KEYS
    assert list(index.texts.items())[:6] == list(known.index.texts.items())
    assert set(json.loads((tmp_path / "more" / "tokens.json").read_text())) == {index.texts[key] for key in NEW}
    before, first = open_model(base)
    after, tokenizer = load(with_tokens(run, rows).model)
    assert index.codes(tokenizer)[:6] == known.index.codes(first)
    assert index.codes(tokenizer)[6:] == [[len(first) + n] for n in range(3)]
    old, new = (model.get_input_embeddings().weight.detach() for model in (before, after))
    assert torch.equal(new[: len(first)], old)
    pieces = first("song base find song", add_special_tokens=False)["input_ids"]
    assert torch.allclose(new[len(first) + 2], old[pieces].mean(dim=0), atol=1e-6)


def test_the_models_own_settings_hold(source: CatalogueSource, base: Path) -> None:
    known = open_base(Base(model=str(base)))
    rows = known.settle(adding(source, base))
    assert (rows.template, rows.indexing, rows.model.name) == (SHORT, "atomic", str(base))
    assert build(ToolGenRows, rows.model_dump(mode="json")) == rows, "as it reaches the actors"


def test_old_requests_are_said_again_and_not_taken_twice(tmp_path: Path, source: CatalogueSource, base: Path) -> None:
    known = open_base(Base(model=str(base)))
    run = str(tmp_path / "more")
    lay_out(run, known.settle(adding(source, base)), known)
    asked = [json.loads(row["raw"]) for row in asked_of(run, adding(source, base))]
    old = [json.loads(row["raw"]) for row in files.read_rows(str(tmp_path / "rows" / "requests"))]
    again = [each for each in asked if {tuple(key) for key in each["gold"]} <= set(OLD)]
    assert sorted(map(json.dumps, again)) == sorted(map(json.dumps, old))
    fresh = Counter(tuple(key) for each in asked if each not in old for key in each["gold"] if each["part"] == "train")
    assert min(fresh[key] for key in NEW) >= 4
    assert fresh[OLD[0]] == sum(len(each["gold"]) == 2 and each["part"] == "train" for each in asked)
    tools = [json.loads(row["raw"])["api"] for row in files.read_rows(files.join(run, "tools"))]
    assert sorted(tools) == sorted(key[2] for key in KEYS)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_share_is_said_again(tmp_path: Path, source: CatalogueSource, base: Path, share: float) -> None:
    """All validation requests stay: the best step is picked by what old and new tools are asked for."""
    whole, some = (open_base(Base(model=str(base), rehearsal=each)) for each in (1.0, share))
    parts = {
        name: Counter(each["part"] for each in known.requests()) for name, known in (("all", whole), ("some", some))
    }
    assert parts["all"]["validation"] == parts["some"]["validation"] > 0
    assert parts["some"]["train"] == pytest.approx(
        share * parts["all"]["train"], abs=0.25 * parts["all"]["train"] * share
    )
    assert {doc.key for doc in whole.docs()} == set(OLD)
    assert {doc.key for doc in some.docs()} < set(OLD)
    assert [*some.requests()] == [*some.requests()]


def test_what_is_kept_for_testing_stays_kept(tmp_path: Path, source: CatalogueSource, base: Path) -> None:
    """Among the old train requests is one that is a test request of the new tools."""
    (test, *_) = (each for each in open_tools(source).requests("test", "test") if each.gold <= set(NEW))
    leak = json.dumps({"query": test.query.upper(), "gold": [OLD[0]], "part": "train"})
    old = [row["raw"] for row in files.read_rows(str(tmp_path / "rows" / "requests"))]
    ingest.write_sources(str(tmp_path / "rows" / "requests"), [ingest.Source("requests", [*old, leak])])
    known = open_base(Base(model=str(base)))
    run = str(tmp_path / "more")
    lay_out(run, known.settle(adding(source, base)), known)
    held = set(json.loads(Path(run, HELD_FILE).read_text()))
    assert known.held < held
    asked = [json.loads(row["raw"]) for row in asked_of(run, adding(source, base))]
    assert test.query.upper() not in [each["query"] for each in asked]
    assert not held & {mark(each["query"]) for each in asked if each["part"] == "train"}


def test_rows_of_both_stages_stand_in_one_folder(tmp_path: Path, source: CatalogueSource, base: Path) -> None:
    known = open_base(Base(model=str(base)))
    run = str(tmp_path / "more")
    rows = known.settle(adding(source, base))
    index = prepared(run, rows, known)
    config = with_tokens(run, rows).model_dump(mode="json")
    made: dict[str, list[Any]] = {}
    for transform, name in (
        (EncodeDocumentation(config, run, 100), "tools"),
        (EncodeRequests(config, run), "requests"),
    ):
        for outputs in transform(list(files.read_rows(files.join(run, name)))):
            assert not isinstance(outputs, RowError)
            for folder, some in outputs.items():
                made.setdefault(folder, []).extend(some)
    _write(run, made)
    join_stages(run)
    join_stages(run)  # as after a kill
    from training.preflight_tools import check_tools
    from training.rows import read_folder

    learnt = read_folder(f"{run}/add/train")
    assert len(learnt) == len(made["memorize/train"]) + len(made["retrieve/train"])
    model, tokenizer = load(with_tokens(run, rows).model)
    words = json.loads(Path(run, "tokens.json").read_text())
    check_tools(f"{run}/add", learnt, model, tokenizer, words)
    taught = Counter(int(row.input_ids[-2]) for row in learnt)
    assert set(taught) == {code[0] for code in index.codes(load_tokenizer(with_tokens(run, rows).model))[1:]}
    card = json.loads(Path(run, "add", "toolschool.json").read_text())
    assert (card["stage"], card["template"]["description_length"]) == ("add", 12)
    counts = json.loads(Path(run, "add", "tool_requests.json").read_text())["requests"]
    assert [count >= had for count, had in zip(counts, known.counts.values(), strict=False)] == [True] * 5
    assert len(counts) == 8
    assert min(counts) >= 4


def _write(run: str, made: dict[str, list[Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from toolschool.records import token_schema

    for folder, rows in made.items():
        Path(run, folder).mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=token_schema()), f"{run}/{folder}/part-0.parquet")


def test_mistakes_are_told(tmp_path: Path, source: CatalogueSource, base: Path) -> None:
    rows = tmp_path / "rows"
    with pytest.raises(ConfigError, match="indexing is settled by"):
        check_toolgen(build(ToolGenRows, {"base": {"model": str(base)}, "indexing": "atomic"}), "runs")
    with pytest.raises(ConfigError, match="has no episodes"):
        check_toolgen(build(ToolGenRows, {"base": {"model": str(base)}, "episodes": {}}), "runs")
    with pytest.raises(ModelError, match="there is no model in runs/none"):
        open_base(Base(model="runs/none"))
    with pytest.raises(ModelError, match=r"has no tool_index\.json"):
        open_base(Base(model="assets/nano"))
    with pytest.raises(ConfigError, match=r"has no apis\.jsonl: set toolgen\.base\.rows"):
        open_base(Base(model=str(base), rows=str(base.parent)))
    known = open_base(Base(model=str(base)))
    with pytest.raises(DataError, match="knows all tools"):
        lay_out(str(tmp_path / "x"), adding(source.model_copy(update={"limit": 5}), base), known)
    (base.parent / "manifest.json").unlink()
    with pytest.raises(ConfigError, match="no training's manifest stands beside"):
        open_base(Base(model=str(base)))
    assert open_base(Base(model=str(base), rows=str(rows))).index == known.index
    lines = (rows / APIS_FILE).read_text().splitlines(keepends=True)
    (rows / APIS_FILE).write_text("".join(lines[1:]))
    with pytest.raises(ConfigError, match="holds other tools than"):
        open_base(Base(model=str(base), rows=str(rows)))
    card = json.loads((base / "toolschool.json").read_text())
    (base / "toolschool.json").write_text(json.dumps({**card, "stage": "act"}))
    with pytest.raises(ConfigError, match="is of stage act"):
        open_base(Base(model=str(base), rows=str(rows)))
