"""What ToolGen's flow starts from, without a cluster: sources read, requests guarded, tools indexed.

    apis, index = lay_out(run, ToolGenRows())          # tools/, wanted/, apis.jsonl, held.json, tool_index.json, tokens.json
    lay_out(run, rows, open_base(rows.base))           # the same for tools that are added to a trained model (pipelines/toolgen_base.py)
    lay_out_tasks(run, ToolGenRows(episodes={}), apis) # tasks/, simulated.jsonl
    with_tokens(run, ToolGenRows()).model              # whose tokenizer knows the new tokens

What cannot be read goes on as a row with its reason, which the stages quarantine (`pipelines/toolgen_rows.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pipelines import files, ingest
from toolschool.config import Config
from toolschool.datasets.tool_sources import CatalogueSource
from toolschool.methods.toolgen.indexing import Kind
from toolschool.methods.toolgen.playground import APIS_FILE, Playground
from toolschool.methods.toolgen.stages import StageTemplate
from toolschool.methods.toolgen.tasks import Tasks, list_tasks
from toolschool.models.backbone import ModelConfig
from toolschool.models.hub import lasting

if TYPE_CHECKING:
    from pipelines.toolgen_base import Known
    from toolschool.datasets.api_docs import ApiDoc, Key
    from toolschool.datasets.catalogues import Catalogue, Request
    from toolschool.datasets.tool_sources import Tools
    from toolschool.methods.toolgen.indexing import ToolIndex

TOKENS_FILE = "tokens.json"
HELD_FILE = "held.json"
REQUESTS_FILE = "tool_requests.json"  # train requests of each tool, in the index's order


class Synthesis(Config):
    """Requests made up for tools that have few."""

    each: int = Field(default=12, ge=1)
    """Train requests that every tool has at least."""
    together: float = Field(default=0.4, ge=0, le=1)
    """Share of the requests made by templates that want one or two other tools as well."""
    model: str | None = None
    """Who writes them: a folder, a hub id or, with `url`, a server's name of a model; default: templates."""
    url: str | None = None
    """OpenAI-compatible server of the model."""
    seed: int = 0
    """Other requests by the same templates."""


class EpisodeRows(Tasks):
    """Whole episodes: tasks that were really played, in the simulated APIs of the catalogue and on the desk."""

    max_length: int = Field(default=1024, ge=64)
    """Longest episode in tokens; longer ones are quarantined. The agent stops there, too."""


class Base(Config):
    """A trained model that the sources' tools are added to."""

    model: str
    """Its folder: model/ of a training on rows of memorize, retrieve or add."""
    rows: str | None = None
    """The run of jobs.prepare that these rows came from; default: what the training's manifest names."""
    rehearsal: float = Field(default=1.0, ge=0, le=1)
    """Share of the old documentation and train requests that are trained on again, drawn by a hash of each."""


class ToolGenRows(Config):
    """Rows of objective causal_lm for the stages memorize and retrieve, and for act if there are `episodes`."""

    sources: tuple[CatalogueSource, ...] = Field(default=(CatalogueSource(source="toolbench"),), min_length=1)
    """Catalogues with their requests; an API that an earlier one has, too, is left out."""
    indexing: Kind = "atomic"
    """How a tool is written: one new token, its name, its number, or a code of clusters."""
    model: ModelConfig = ModelConfig(name="assets/nano")
    """Whose tokenizer is used; the training must name the same model, with `token_words` of this run."""
    template: StageTemplate = StageTemplate()
    """How prompts are rendered; it travels with the model."""
    synthesis: Synthesis = Synthesis()
    unseen: int = Field(default=0, ge=0, lt=100)
    """Per cent of the tools, by a hash of the key, that no train request wants: they are memorized only."""
    memorize_validation: int = Field(default=500, ge=1)
    """About so many documentations are looked at in validation."""
    max_length: int = Field(default=512, ge=16)
    """Longest row in tokens; longer ones are quarantined."""
    episodes: EpisodeRows | None = None
    """Rows of the third stage, too: {} for the defaults."""
    base: Base | None = None
    """A trained model that learns the sources' tools besides its own: rows below add/, of all tools. Its model, template and
    indexing are settled."""


def lay_out(run: str, rows: ToolGenRows, known: Known | None = None) -> tuple[Catalogue, ToolIndex]:
    """Write what the stages read: `tools/`, `wanted/`, all tools, the index and its tokens, marks of requests that are kept.

    Tools that are `known` come first, and of their rows those that are said again. DataError where there is no other tool.
    """
    from toolschool.datasets.tool_sources import joined, open_tools

    bad = Bad()
    opened = [open_tools(source, bad.note) for source in rows.sources]
    apis = known.extended(joined(opened)) if known else joined(opened)
    new = [doc for doc in apis.docs if known is None or doc.key not in known.apis]
    tools = [asdict(doc) for doc in (*(known.docs() if known else ()), *new)]
    asked = [ingest.row_source("wanted", wanted(opened, rows, known))]
    asked += [ingest.row_source("rehearsal", known.requests())] if known else []
    ingest.write_sources(files.join(run, "tools"), [ingest.row_source("tools", [*tools, *bad.rows])])
    ingest.write_sources(files.join(run, "wanted"), asked)
    lines = (json.dumps(asdict(doc), ensure_ascii=False) + "\n" for doc in apis.docs)
    files.write_text(files.join(run, APIS_FILE), "".join(lines))
    held = held_marks(opened) | (known.held if known else frozenset())
    files.write_text(files.join(run, HELD_FILE), json.dumps(sorted(held)))
    return apis, write_index(run, apis, new, rows, known)


def lay_out_tasks(run: str, rows: ToolGenRows, apis: Catalogue) -> Playground:
    """Write what stage act reads: `tasks/` of both parts, and the tools that can be called."""
    from toolschool.tools.simulated.api import Api, uniquely_named
    from toolschool.tools.simulated.sources import catalogue_apis

    bad = Bad()
    found: dict[Key, Api] = {}
    for source in rows.sources:
        for api in catalogue_apis(source, apis, bad.note):
            found.setdefault(api.key, api)
    ground = Playground(apis.docs, uniquely_named(found.values()))
    ground.save(run)
    ingest.write_sources(files.join(run, "tasks"), [ingest.Source("tasks", _task_texts(rows, ground, bad))])
    return ground


def _task_texts(rows: ToolGenRows, ground: Playground, bad: Bad) -> Iterator[str]:
    """Raw rows of `tasks/`: those to validate on are a tenth, and made up by another seed."""
    assert rows.episodes
    few = {kind: -(-count // 10) for kind, count in rows.episodes.asked.items()}
    validation = rows.episodes.model_copy(update={"asked": few, "seed": rows.episodes.seed + 1})
    for part, tasks in zip(ingest.PARTS, (rows.episodes, validation), strict=True):
        yield from (task.to_json() for task in list_tasks(tasks, ground, part, bad.note))
    yield from (json.dumps(row, ensure_ascii=False) for row in bad.rows)


class Bad:
    """Rows that sources cannot read, each once, on their way to the quarantine."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def note(self, row: Mapping[str, Any], reason: str) -> None:
        self._reasons[json.dumps(row, ensure_ascii=False, default=str)] = reason

    @property
    def rows(self) -> list[dict[str, str]]:
        return [{"bad": reason, "row": row} for row, reason in self._reasons.items()]


def wanted(opened: Iterable[Tools], rows: ToolGenRows, known: Known | None = None) -> Iterator[dict[str, Any]]:
    """Rows of `wanted/`: train and validation requests, bad ones with their reason, and tools that have too few requests.

    Where tools are `known`, requests that want no others are left out: there are those that are said again.
    """
    bad = Bad()
    old = frozenset(known.index.tools) if known else frozenset()
    served: Counter[Key] = Counter()
    poor: dict[Key, bool] = {}  # whether some of its requests are for validation
    for tools in opened:
        validation = [r for r in tools.requests("validation", "select", bad.note) if not r.gold <= old]
        train = [
            request
            for request in tools.requests("train", "train", bad.note)
            if not request.gold <= old and not any(is_unseen(key, rows.unseen) for key in request.gold)
        ]
        for part, requests in zip(ingest.PARTS, (train, validation), strict=True):
            yield from (_asked(request, part) for request in requests)
        served.update(key for request in train for key in request.gold)
        for doc in (doc for doc in tools.apis.docs if doc.key not in old):
            poor.setdefault(doc.key, not validation)
    yield from bad.rows
    for key, validates in poor.items():
        if served[key] < rows.synthesis.each and not is_unseen(key, rows.unseen):
            yield {"tool": key, "count": rows.synthesis.each - served[key], "validation": validates}


def _asked(request: Request, part: str) -> dict[str, Any]:
    from toolschool.evaluation.toolgen_requests import is_test_only

    if is_test_only(request):
        return {"bad": f"the request is marked {request.group}: it must not be trained on", "row": request.query}
    return {"query": request.query, "gold": sorted(request.gold), "part": part}


def held_marks(opened: Iterable[Tools]) -> set[str]:
    """Marks of all requests that must not be trained on."""
    untold = Bad()  # `wanted` tells what is wrong with these rows
    parts = (("validation", "select"), ("test", "test"))
    return {mark(r.query) for tools in opened for part, why in parts for r in tools.requests(part, why, untold.note)}


def mark(query: str) -> str:
    """Requests that differ in numbers, case or blanks alone have the same."""
    from toolschool.datasets.splits import skeleton

    return hashlib.sha256(skeleton(query).encode()).hexdigest()[:16]


def is_unseen(key: Key, percent: int) -> bool:
    """Whether a tool is one of those that no train request wants."""
    from toolschool.datasets.splits import hash_percent

    return hash_percent("/".join(key)) < percent


def to_key(parts: Sequence[str]) -> Key:
    """A key that went through JSON."""
    category, tool, api = parts
    return category, tool, api


def write_index(
    run: str, apis: Catalogue, new: Sequence[ApiDoc], rows: ToolGenRows, known: Known | None = None
) -> ToolIndex:
    """The index and the words of its new tokens, into the run's folder."""
    from toolschool.methods.toolgen.baselines import summaries
    from toolschool.methods.toolgen.indexing import build_index, extend_index, token_words
    from toolschool.models.encoder import SentenceEncoder

    if known:
        index = extend_index(known.index, new)
    else:
        embeddings = SentenceEncoder.load().embed(summaries(apis)) if rows.indexing == "hierarchical" else None
        index = build_index(rows.indexing, apis.docs, embeddings)
    index.save(run)
    there = set(known.index.texts.values()) if known else set()
    words = {text: said for text, said in token_words(index, new).items() if text not in there}
    files.write_text(files.join(run, TOKENS_FILE), json.dumps(words, ensure_ascii=False, indent=0) + "\n")
    return index


def with_tokens(run: str, rows: ToolGenRows) -> ToolGenRows:
    """The rows' model with the new tokens, by names that hold in every folder: workers stand in another one."""
    name = lasting(str(rows.model.name))
    model = rows.model.model_copy(update={"name": name, "token_words": files.join(run, TOKENS_FILE)})
    return rows.model_copy(update={"model": model})
