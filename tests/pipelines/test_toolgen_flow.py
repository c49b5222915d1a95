"""ToolGen's transforms without Ray: what is wanted, made up, refused and encoded, for a user's files and for real sets."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipelines import files
from pipelines.collect import QUARANTINE
from pipelines.toolgen import check_toolgen, write_beside
from pipelines.toolgen_episodes import PlayTasks
from pipelines.toolgen_rows import AskForTools, EncodeDocumentation, EncodeRequests
from pipelines.toolgen_sources import (
    HELD_FILE,
    TOKENS_FILE,
    EpisodeRows,
    Synthesis,
    ToolGenRows,
    is_unseen,
    lay_out,
    lay_out_tasks,
    mark,
    with_tokens,
)
from toolschool.config import build
from toolschool.datasets.tool_sources import CatalogueSource, open_tools
from toolschool.errors import ConfigError, DataError, RowError
from toolschool.methods.toolgen.episodes import Episode
from toolschool.methods.toolgen.indexing import ToolIndex
from toolschool.methods.toolgen.playground import Playground
from toolschool.methods.toolgen.protocol import Protocol, Spelling, encode
from toolschool.models.backbone import ModelConfig, load_tokenizer
from toolschool.models.engines import Generation

TOOLS = [
    {
        "category": "W",
        "tool": "Sky",
        "api": name,
        "description": f"Get the {name.lower()} of a city",
        "required": [{"name": "city"}],
    }
    for name in ("Weather", "Weather Week", "Sunrise", "Tide", "Moon", "Wind")
]
RICH, POOR = ["W", "Sky", "Weather"], ["W", "Sky", "Tide"]


def jsonl(file: Path, rows: list[Any]) -> str:
    file.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return str(file)


@pytest.fixture
def source(tmp_path: Path) -> CatalogueSource:
    """Six tools, of which one has requests, a broken line and a request that wants nothing."""
    asked = [{"query": f"rain in {chr(97 + n)}-town?", "relevant": [RICH]} for n in range(26)]
    asked += [{"query": f"{chr(97 + n)}: rain and flood?", "relevant": [RICH, POOR]} for n in range(10)]
    return CatalogueSource(
        apis=jsonl(
            tmp_path / "apis.jsonl",
            [*TOOLS, '{"api": '],
        ),
        requests=jsonl(tmp_path / "asked.jsonl", [*asked, {"query": "nothing", "relevant": []}]),
    )


@pytest.fixture
def rows(source: CatalogueSource) -> ToolGenRows:
    return ToolGenRows(sources=(source,), synthesis=Synthesis(each=6), memorize_validation=2)


def source_rows(run: str, name: str) -> list[dict[str, Any]]:
    return list(files.read_rows(files.join(run, name)))


def asking(run: str, rows: ToolGenRows) -> AskForTools:
    return AskForTools(rows.synthesis.model_dump(mode="json"), rows.unseen, run)


def requests_of(found: list[Any]) -> list[dict[str, Any]]:
    return [
        json.loads(row["raw"]) for outputs in found if not isinstance(outputs, RowError) for row in outputs["requests"]
    ]


def test_requests_of_the_source_and_tools_that_have_too_few(tmp_path: Path, rows: ToolGenRows) -> None:
    run = str(tmp_path / "run")
    lay_out(run, rows)
    given = [json.loads(row["raw"]) for row in source_rows(run, "wanted")]
    own = [row for row in given if "query" in row]
    tools = open_tools(rows.sources[0], lambda row, reason: None)
    for part, why in (("train", "train"), ("validation", "select")):
        expected = [request.query for request in tools.requests(part, why, lambda row, reason: None)]
        assert [row["query"] for row in own if row["part"] == part] == expected
    counts = Counter(tuple(key) for row in own if row["part"] == "train" for key in row["gold"])
    assert {tuple(row["tool"]): row["count"] for row in given if "tool" in row} == {
        tuple(tool[part] for part in ("category", "tool", "api")): 6
        - counts[tool["category"], tool["tool"], tool["api"]]
        for tool in TOOLS
        if counts[tool["category"], tool["tool"], tool["api"]] < 6
    }
    (bad,) = [row for row in given if "bad" in row]
    assert bad["bad"].startswith("a request needs a query")
    assert json.loads(bad["row"])["query"] == "nothing"


def test_requests_are_made_up_checked_and_encoded(tmp_path: Path, rows: ToolGenRows) -> None:
    run = str(tmp_path / "run")
    _, index = lay_out(run, rows)
    ask = asking(run, rows)
    found = ask(source_rows(run, "wanted"))
    asked = requests_of(found)
    assert [str(each) for each in found if isinstance(each, RowError)] == [
        "a request needs a query and at least one relevant API"
    ]
    served = Counter(tuple(key) for row in asked if row["part"] == "train" for key in row["gold"])
    assert min(served[key] for key in index.tools) >= 6
    assert {row["part"] for row in asked} == {"train", "validation"}, "the source has validation requests of its own"
    placed = with_tokens(run, rows)
    encode = EncodeRequests(placed.model_dump(mode="json"), run)
    tokenizer = load_tokenizer(placed.model)
    seen = Counter()
    for number, request in enumerate(asked):
        ((name, made),) = encode.encode({"key": str(number), "raw": json.dumps(request)}).items()
        assert name == f"retrieve/{request['part']}"
        assert [row["id"] for row in made] == [f"{number}/{n}" for n in range(len(request["gold"]))]
        for key, row in zip(sorted(map(tuple, request["gold"])), made, strict=True):
            assert tokenizer.decode(row["input_ids"]) == f"{request['query']}\n{index.texts[key]}{tokenizer.eos_token}"
            seen[key] += 1
    assert set(seen) == set(index.tools)


def test_documentation_is_encoded_and_some_of_it_validated(tmp_path: Path, rows: ToolGenRows) -> None:
    run = str(tmp_path / "run")
    _, index = lay_out(run, rows)
    placed = with_tokens(run, rows).model_dump(mode="json")
    given = source_rows(run, "tools")
    found = EncodeDocumentation(placed, run, share=100)(given)
    assert [str(each) for each in found if isinstance(each, RowError)] == [
        "the row has no 'api'; give category, tool and api by name"
    ]
    good = [each for each in found if not isinstance(each, RowError)]
    assert len(good) == len(index.tools) == 6
    assert all(each["memorize/train"] == each["memorize/validation"] for each in good)
    some = EncodeDocumentation(placed, run, share=50)(given)
    assert 0 < sum("memorize/validation" in each for each in some if not isinstance(each, RowError)) < 6
    (short,) = EncodeDocumentation({**placed, "max_length": 16}, run, 0)(given[:1])
    assert isinstance(short, RowError)


def test_what_is_kept_for_testing_is_not_trained_on(tmp_path: Path, rows: ToolGenRows) -> None:
    """A second source brings a test request of the first as a train request, in other letters and with another number."""
    tools = open_tools(rows.sources[0], lambda row, reason: None)
    (test, *_) = tools.requests("test", "test", lambda row, reason: None)
    leak = CatalogueSource(
        apis=jsonl(tmp_path / "more.jsonl", TOOLS),
        requests=jsonl(tmp_path / "leak.jsonl", [{"query": f"{test.query.upper()}  ", "relevant": [RICH]}]),
    )
    assert open_tools(leak).requests("train", "train") == [], "the same words fall into the same part"
    run = str(tmp_path / "run")
    lay_out(run, rows)
    row = {"query": f"  {test.query.upper()}", "gold": [RICH], "part": "train"}
    ask = asking(run, rows)
    (refused,) = ask([{"key": "k", "raw": json.dumps(row)}])
    assert isinstance(refused, RowError)
    assert "kept for validation or test" in str(refused)
    assert mark("Rain in 3 towns?") == mark("rain  in 77 towns?") != mark("rain in three towns?")


def test_rephrased_requests_are_refused(tmp_path: Path, source: CatalogueSource) -> None:
    """Somebody wrote the test requests in other manners to a file and trains on it."""
    from toolschool.evaluation.toolgen_requests import rephrased

    tools = open_tools(source, lambda row, reason: None)
    found = rephrased(tools.requests("test", "test", lambda row, reason: None), "polite", tools.apis)
    said = [
        {"query": each.query, "relevant": list(each.gold), "split": each.group, "query_id": each.id} for each in found
    ]
    leak = CatalogueSource(apis=source.apis, requests=jsonl(tmp_path / "leak.jsonl", said))
    run = str(tmp_path / "run")
    lay_out(run, ToolGenRows(sources=(leak,)))
    given = [json.loads(row["raw"]) for row in source_rows(run, "wanted")]
    assert not [row for row in given if "query" in row]
    assert "marked test-only/polite" in next(row["bad"] for row in given if "bad" in row)


def test_unseen_tools_are_wanted_by_no_train_request(tmp_path: Path, rows: ToolGenRows) -> None:
    run = str(tmp_path / "run")
    rows = rows.model_copy(update={"unseen": 60})
    _, index = lay_out(run, rows)
    unseen = {key for key in index.tools if is_unseen(key, 60)}
    assert 0 < len(unseen) < 6
    asked = requests_of(asking(run, rows)(source_rows(run, "wanted")))
    trained = {tuple(key) for row in asked if row["part"] == "train" for key in row["gold"]}
    assert trained == set(index.tools) - unseen


class Parrot:
    """A writer that repeats a line for each prompt."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def generate(self, prompts: list[str], *, max_new_tokens: int) -> list[Generation]:
        self.asked.append((len(prompts), max_new_tokens))
        return [
            Generation(f"1. Is it {'' if 'Tide' in p else 'really '}so?\n2. And why is that?", 9, False)
            for p in prompts
        ]


def test_a_model_writes_for_all_tools_of_a_batch_at_once(tmp_path: Path, rows: ToolGenRows) -> None:
    run = str(tmp_path / "run")
    lay_out(run, rows)
    ask = asking(run, rows)
    ask.writer = Parrot()
    given = source_rows(run, "wanted")
    asked = requests_of(ask(given))
    wanted = [json.loads(row["raw"]) for row in given]
    tools = [row for row in wanted if "tool" in row]
    assert ask.writer.asked == [(len(tools), 60 * max(row["count"] for row in tools))]
    made = asked[len([row for row in wanted if "query" in row]) :]
    assert {row["query"] for row in made if row["gold"] == [POOR]} <= {"Is it so?", "And why is that?"}
    assert len(made) == 2 * len(tools) - sum(row["count"] == 1 for row in tools)


def test_what_stands_beside_the_rows(tmp_path: Path, rows: ToolGenRows) -> None:
    run = str(tmp_path / "run")
    apis, index = lay_out(run, rows)
    asked = asking(run, rows)(source_rows(run, "wanted"))
    from pipelines import ingest

    made = [row for outputs in asked if not isinstance(outputs, RowError) for row in outputs["requests"]]
    ingest.write_sources(files.join(run, "requests"), [ingest.Source("x", [row["raw"] for row in made])])
    rows = with_episodes(rows)
    lay_out_tasks(run, rows, apis)
    for stage in ("memorize", "retrieve", "act"):
        Path(run, stage).mkdir()
    write_beside(run, index, with_tokens(run, rows))
    for stage in ("memorize", "retrieve", "act"):
        card = json.loads(Path(run, stage, "toolschool.json").read_text())
        assert (card["method"], card["stage"], card["indexing"]) == ("toolgen", stage, "atomic")
        assert ToolIndex.load(Path(run, stage)) == ToolIndex("atomic", index.texts)
        counts = json.loads(Path(run, stage, "tool_requests.json").read_text())["requests"]
        assert min(counts) >= 6
        more = {"apis.jsonl", "simulated.jsonl"} if stage == "act" else set()
        assert set(card["files"]) == {"tool_index.json", "tool_requests.json"} | more
        assert card.get("max_length") == (1024 if stage == "act" else None)
    assert [*Playground.load(Path(run, "act")).tools] == [*index.tools]
    words = json.loads(Path(run, TOKENS_FILE).read_text())
    assert words["<<Sky&&Weather Week>>"] == "Sky Weather Week"


def with_episodes(rows: ToolGenRows, **how: Any) -> ToolGenRows:
    return rows.model_copy(update={"episodes": EpisodeRows(**{"each": 8, "asked": {"desk": 20}, **how})})


def play(run: str, rows: ToolGenRows) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """All output rows of the stage by folder, and the reasons of what was refused."""
    transform = PlayTasks(with_tokens(run, rows).model_dump(mode="json"), run)
    made: dict[str, list[dict[str, Any]]] = {}
    refused: list[str] = []
    for found in transform(source_rows(run, "tasks")):
        if isinstance(found, RowError):
            refused.append(str(found))
            continue
        for name, some in found.items():
            made.setdefault(name, []).extend(some)
    return made, refused + [row["reason"] for row in made.pop(QUARANTINE)]


def test_tasks_are_played_and_encoded(tmp_path: Path, rows: ToolGenRows) -> None:
    run = str(tmp_path / "run")
    rows = with_episodes(rows.model_copy(update={"sources": (*rows.sources, CatalogueSource(source="desk"))}))
    apis, index = lay_out(run, rows)
    ground = lay_out_tasks(run, rows, apis)
    made, refused = play(run, rows)
    assert any("the row has no 'api'" in reason for reason in refused), "what a source cannot read is told"
    placed = with_tokens(run, rows)
    tokenizer = load_tokenizer(placed.model)
    protocol, spelling = Protocol(index, ground.tools), Spelling(tokenizer, index)
    for part in ("train", "validation"):
        played, encoded = made[f"episodes/{part}"], made[f"act/{part}"]
        assert [row["id"] for row in played] == [row["id"] for row in encoded]
        for row, tokens in zip(played, encoded, strict=True):
            assert tokens == {"id": row["id"], **encode(spelling, protocol, Episode.from_json(row["episode"]), 1024)}
            taught = tokenizer.decode([label for label in tokens["labels"] if label >= 0])
            assert "Request:" not in taught
            assert taught.endswith("</s>")
    kinds = {row["kind"] for row in made["episodes/train"]}
    assert kinds == {"desk", "made up"}
    requests = [{row["episode"] for row in made[f"episodes/{part}"]} for part in ("train", "validation")]
    assert not requests[0] & requests[1]
    assert play(run, rows) == (made, refused), "the same again"


def test_episodes_that_must_not_be_learnt_are_refused(tmp_path: Path, rows: ToolGenRows) -> None:
    """Too long ones, those of tools that nothing may be learnt about, and those whose request is kept for testing."""
    run = str(tmp_path / "run")
    rows = with_episodes(rows.model_copy(update={"unseen": 60}), asked={"desk": 1})
    apis, _ = lay_out(run, rows)
    lay_out_tasks(run, rows, apis)
    made, refused = play(run, rows)
    episodes = [Episode.from_json(row["episode"]) for row in made["episodes/train"]]
    assert not [key for episode in episodes for key in episode.tools if is_unseen(key, 60)]
    assert sum("no train request may want" in reason for reason in refused) > 3
    held = [mark(episode.query) for episode in episodes]
    files.write_text(files.join(run, HELD_FILE), json.dumps(held))
    again, refused = play(run, rows)
    assert again["episodes/train"] == []
    assert sum("kept for validation or test" in reason for reason in refused) == len(episodes)
    short = with_episodes(rows, max_length=64)
    assert "tokens are more than max_length=64" in " ".join(play(run, short)[1])


@pytest.mark.parametrize("kind", ["semantic", "numeric"])
def test_other_indexings_need_no_new_tokens(tmp_path: Path, rows: ToolGenRows, kind: Any) -> None:
    run = str(tmp_path / "run")
    rows = rows.model_copy(update={"indexing": kind})
    _, index = lay_out(run, rows)
    placed = with_tokens(run, rows)
    assert json.loads(Path(run, TOKENS_FILE).read_text()) == {}
    encoded = EncodeDocumentation(placed.model_dump(mode="json"), run, 0).encode(source_rows(run, "tools")[0])
    ((row,),) = encoded.values()
    assert max(row["input_ids"]) < len(load_tokenizer(ModelConfig(name="assets/nano")))
    assert load_tokenizer(placed.model).decode(row["input_ids"]).endswith(f"\n{index.texts[index.tools[0]]}</s>")


def test_mistakes_are_said_before_anything_starts(
    tmp_path: Path, rows: ToolGenRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sealtools").mkdir()
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(tmp_path))
    check_toolgen(rows, str(tmp_path))
    with pytest.raises(ConfigError, match="local or mounted"):
        check_toolgen(rows, "s3://bucket/runs")
    with pytest.raises(ConfigError, match=r"needs toolgen\.synthesis\.model"):
        check_toolgen(build(ToolGenRows, rows.model_dump(mode="json"), {"synthesis": {"url": "http://x"}}), "runs")
    with pytest.raises(ConfigError, match="token_words are made here"):
        check_toolgen(build(ToolGenRows, rows.model_dump(mode="json"), {"model": {"token_words": "x"}}), "runs")
    with pytest.raises(ConfigError, match=r"needs \{source: sealtools\}"):
        check_toolgen(with_episodes(rows, asked={"sealtools": 3}), str(tmp_path))
    with pytest.raises(DataError, match="does not exist"):
        check_toolgen(ToolGenRows(sources=(CatalogueSource(apis=str(tmp_path / "no.jsonl")),)), "runs")


@pytest.mark.data
def test_real_sources_together(data_root: Path, tmp_path: Path) -> None:
    sources = [
        {"source": name, "path": str(data_root / name), "limit": 25} for name in ("toolbench", "metatool", "sealtools")
    ]
    rows = build(ToolGenRows, {"sources": sources, "synthesis": {"each": 3}})
    run = str(tmp_path / "run")
    apis, _ = lay_out(run, rows)
    assert (len(apis.docs), apis.source) == (75, "toolbench+metatool+sealtools")
    given = source_rows(run, "wanted")
    found = asking(run, rows)([row for row in given if "tool" in json.loads(row["raw"])])
    assert not [each for each in found if isinstance(each, RowError)]
    validates = {json.loads(row["raw"])["validation"] for row in given if "tool" in json.loads(row["raw"])}
    assert True in validates, "ToolBench's requests are all test"
