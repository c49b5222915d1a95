"""ToolGen's flow: catalogues and requests in, rows of its first two stages out, with the tools' new tokens.

    tools/ --stage memorize--> memorize/{train,validation}/                               documentation -> tool
    wanted/ --stage requests--> requests/ --stage retrieve--> retrieve/{train,validation}/        request -> tool

`python -m jobs.prepare` with `toolgen` runs it. `wanted/` holds the sources' own train and validation requests, and every tool that has fewer
than `synthesis.each` of them: for these, requests are made up from documentation, by templates or by a language model in the actors or
behind a server. Beside the rows stand `apis.jsonl` (all tools), `tokens.json` (the training's `model.token_words`) and, in each folder of
rows, the index and the number of requests of each tool, which training copies beside the model.
Validation of stage 1 is a part of its own documentation, for that is what must be known by heart; of stage 2 requests that are not trained
on. What equals a request kept for validation or test is refused. Limits: the catalogue is held in every actor; the run's folder must be local
or mounted, because tokenizers read their tokens from a file.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pipelines import files, ingest
from pipelines.cards import write_cards
from pipelines.stage import OnProgress, Outputs, Rows, Shape, Stage, StageResult, each, run_stage
from toolschool.config import Config
from toolschool.datasets.tool_sources import ToolSource
from toolschool.errors import ConfigError, RowError
from toolschool.methods.toolgen.indexing import INDEX_FILE, Kind
from toolschool.methods.toolgen.stages import StageTemplate
from toolschool.models.backbone import ModelConfig

if TYPE_CHECKING:
    from toolschool.datasets.api_docs import Key
    from toolschool.datasets.catalogues import Catalogue, Request
    from toolschool.datasets.tool_sources import Tools
    from toolschool.methods.toolgen.indexing import ToolIndex

APIS_FILE = "apis.jsonl"
TOKENS_FILE = "tokens.json"
HELD_FILE = "held.json"
REQUESTS_FILE = "tool_requests.json"
VALIDATION = 5  # per cent of made-up requests, where a source has no validation requests of its own
LABELS = ("memorize", "retrieve")


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


class ToolGenRows(Config):
    """Rows of objective causal_lm for the stages memorize and retrieve."""

    sources: tuple[ToolSource, ...] = Field(default=(ToolSource(source="toolbench"),), min_length=1)
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


class AskForTools:
    """The transform of stage requests: a row of `wanted/` to checked requests {query, gold, part}."""

    def __init__(self, how: Mapping[str, Any], unseen: int, run: str) -> None:
        from toolschool.datasets.catalogues import read_catalogue
        from toolschool.methods.toolgen.synthesis import companions
        from toolschool.models.chat import open_writer

        self.how = Synthesis.model_validate(how)
        docs = [doc for doc in read_catalogue(Path(run) / APIS_FILE).docs if not is_unseen(doc.key, unseen)]
        self.docs = {doc.key: doc for doc in docs}
        self.near = dict(zip(self.docs, companions(docs), strict=True))
        self.held = frozenset(json.loads(files.read_text(files.join(run, HELD_FILE))))
        self.writer = open_writer(self.how.model, self.how.url) if self.how.model else None

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        given = [{**json.loads(row["raw"]), "key": row["key"]} for row in rows]
        return each(self.ask, self._with_answers(given))

    def ask(self, row: dict[str, Any]) -> Outputs:
        """RowError: the row is bad, the model wrote nothing for the tool, or nothing is left that may be trained on."""
        if "bad" in row:
            raise RowError(row["bad"])
        found = self._made(row) if "tool" in row else [{name: row[name] for name in ("query", "gold", "part")}]
        kept = [made for made in found if made["part"] != "train" or mark(made["query"]) not in self.held]
        if not kept:
            raise RowError("the request is kept for validation or test; it must not be trained on")
        texts = [json.dumps(request, ensure_ascii=False) for request in kept]
        return {"requests": [{"key": f"{row['key']}-{n:03d}", "raw": text} for n, text in enumerate(texts)]}

    def _with_answers(self, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows, those of tools with what the model wrote for them; all are asked together."""
        from toolschool.methods.toolgen.writing import TOKENS_EACH, asking

        tools = [row for row in given if "tool" in row]
        if self.writer and tools:
            prompts = [asking(self.docs[to_key(row["tool"])], row["count"]) for row in tools]
            limit = TOKENS_EACH * max(row["count"] for row in tools)
            for row, answer in zip(tools, self.writer.generate(prompts, max_new_tokens=limit), strict=True):
                row["answer"] = answer.text
        return given

    def _made(self, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Requests made up for a tool."""
        from toolschool.methods.toolgen.synthesis import made_up
        from toolschool.methods.toolgen.writing import written

        doc, count = self.docs[to_key(row["tool"])], row["count"]
        found: list[tuple[str, Sequence[Key]]]
        if "answer" in row:
            found = [(query, [doc.key]) for query in written(row["answer"], doc, count)]
        else:
            made = made_up(doc, self.near[doc.key], count, self.how.seed, self.how.together)
            found = [(request.query, sorted(request.gold)) for request in made]
        return [{"query": query, "gold": gold, "part": _part(query, row["validation"])} for query, gold in found]


class _Encoder:
    """What both encoding transforms hold: settings, tokenizer with the new tokens, index."""

    def __init__(self, config: Mapping[str, Any], run: str) -> None:
        from toolschool.methods.toolgen.indexing import ToolIndex
        from toolschool.models.backbone import load_tokenizer

        self.rows = ToolGenRows.model_validate(config)
        self.tokenizer = load_tokenizer(self.rows.model)
        self.index = ToolIndex.load(run)


class EncodeDocumentation(_Encoder):
    """The transform of stage memorize: a row of `tools/` to a token row. `share` per cent of them are validated on, too."""

    def __init__(self, config: Mapping[str, Any], run: str, share: int) -> None:
        super().__init__(config, run)
        self.share = share

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.encode, rows)

    def encode(self, row: dict[str, Any]) -> Outputs:
        from toolschool.datasets.api_docs import to_doc
        from toolschool.datasets.splits import hash_percent
        from toolschool.methods.toolgen.stages import memorize_row

        said = json.loads(row["raw"])
        if "bad" in said:
            raise RowError(said["bad"])
        doc = to_doc(said)
        made = memorize_row(self.rows.template, self.tokenizer, doc, self.index, self.rows.max_length)
        known = hash_percent(f"validation/{'/'.join(doc.key)}") < self.share
        return {f"memorize/{part}": [{"id": row["key"], **made}] for part in ingest.PARTS[: 1 + known]}


class EncodeRequests(_Encoder):
    """The transform of stage retrieve: a row of `requests/` to a token row for each tool that it wants."""

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.encode, rows)

    def encode(self, row: dict[str, Any]) -> Outputs:
        from toolschool.methods.toolgen.stages import retrieve_rows

        said, rows = json.loads(row["raw"]), self.rows
        gold = [to_key(key) for key in said["gold"]]
        made = retrieve_rows(rows.template, self.tokenizer, said["query"], gold, self.index, rows.max_length)
        return {f"retrieve/{said['part']}": [{"id": f"{row['key']}/{n}", **encoded} for n, encoded in enumerate(made)]}


@dataclass(frozen=True)
class Prepared:
    """A finished run."""

    index: ToolIndex
    repeated: int
    stages: Mapping[str, StageResult]

    def counts(self) -> dict[str, Any]:
        stages = {name: stage.counts() for name, stage in self.stages.items()}
        return {"tools": len(self.index.tools), "repeated": self.repeated, **stages}


def prepare_toolgen(
    run: str, rows: ToolGenRows, shape: Shape, on_progress: Callable[[str], OnProgress | None] = lambda stage: None
) -> Prepared:
    """Write the rows of both stages into the folder `run`. Needs a connected Ray; can be repeated after a kill."""
    apis, index = lay_out(run, rows)
    placed = with_tokens(run, rows)
    todo = stages(run, placed, len(apis.docs), shape)
    found = {stage.name: run_stage(stage, on_progress(stage.name)) for stage in todo}
    write_beside(run, index, placed)
    return Prepared(index, apis.repeated, found)


def lay_out(run: str, rows: ToolGenRows) -> tuple[Catalogue, ToolIndex]:
    """Write what the stages read: `tools/`, `wanted/`, all tools, the index and its tokens, marks of requests that are kept."""
    from toolschool.datasets.tool_sources import joined, open_tools

    bad = Bad()
    opened = [open_tools(source, bad.note) for source in rows.sources]
    apis = joined(opened)
    docs = [asdict(doc) for doc in apis.docs]
    ingest.write_sources(files.join(run, "tools"), [ingest.row_source("tools", [*docs, *bad.rows])])
    ingest.write_sources(files.join(run, "wanted"), [ingest.row_source("wanted", wanted(opened, rows))])
    files.write_text(files.join(run, APIS_FILE), "".join(json.dumps(doc, ensure_ascii=False) + "\n" for doc in docs))
    files.write_text(files.join(run, HELD_FILE), json.dumps(sorted(held_marks(opened))))
    return apis, write_index(run, apis, rows)


class Bad:
    """Rows that sources cannot read, each once, on their way to the quarantine."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def note(self, row: Mapping[str, Any], reason: str) -> None:
        self._reasons[json.dumps(row, ensure_ascii=False, default=str)] = reason

    @property
    def rows(self) -> list[dict[str, str]]:
        return [{"bad": reason, "row": row} for row, reason in self._reasons.items()]


def wanted(opened: Iterable[Tools], rows: ToolGenRows) -> Iterator[dict[str, Any]]:
    """Rows of `wanted/`: train and validation requests, bad ones with their reason, and tools that have too few requests."""
    bad = Bad()
    served: Counter[Key] = Counter()
    poor: dict[Key, bool] = {}  # whether some of its requests are for validation
    for tools in opened:
        validation = tools.requests("validation", "select", bad.note)
        train = [
            request
            for request in tools.requests("train", "train", bad.note)
            if not any(is_unseen(key, rows.unseen) for key in request.gold)
        ]
        for part, requests in zip(ingest.PARTS, (train, validation), strict=True):
            yield from (_asked(request, part) for request in requests)
        served.update(key for request in train for key in request.gold)
        for doc in tools.apis.docs:
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


def _part(query: str, validates: bool) -> str:
    from toolschool.datasets.splits import by_shares, skeleton

    return by_shares(skeleton(query), 100 - VALIDATION, VALIDATION) if validates else "train"


def write_index(run: str, apis: Catalogue, rows: ToolGenRows) -> ToolIndex:
    """The index and the words of its new tokens, into the run's folder."""
    from toolschool.methods.toolgen.baselines import summaries
    from toolschool.methods.toolgen.indexing import build_index, token_words
    from toolschool.models.encoder import SentenceEncoder

    embeddings = SentenceEncoder.load().embed(summaries(apis)) if rows.indexing == "hierarchical" else None
    index = build_index(rows.indexing, apis.docs, embeddings)
    index.save(run)
    words = token_words(index, apis.docs)
    files.write_text(files.join(run, TOKENS_FILE), json.dumps(words, ensure_ascii=False, indent=0) + "\n")
    return index


def with_tokens(run: str, rows: ToolGenRows) -> ToolGenRows:
    """The rows' model with the new tokens, by names that hold in every folder: workers stand in another one."""
    name = str(rows.model.name)
    name = files.absolute(name) if files.exists(name) else name
    model = rows.model.model_copy(update={"name": name, "token_words": files.join(run, TOKENS_FILE)})
    return rows.model_copy(update={"model": model})


def stages(run: str, rows: ToolGenRows, tools: int, shape: Shape) -> list[Stage]:
    """The three stages in their order. Only asking may need a GPU, for the model that writes."""
    import pyarrow as pa

    from toolschool.models.backbone import fingerprint, load_tokenizer
    from toolschool.records import token_schema

    config = rows.model_dump(mode="json")
    requests = pa.schema([("key", pa.string()), ("raw", pa.string())])
    token_rows = {label: {f"{label}/{part}": token_schema() for part in ingest.PARTS} for label in LABELS}
    how = {"how": rows.synthesis.model_dump(mode="json"), "unseen": rows.unseen, "run": run}
    known = {name: files.sha256(files.join(run, name)) for name in (APIS_FILE, HELD_FILE)}
    encoded = {
        "tokenizer": fingerprint(load_tokenizer(rows.model)),
        "index": files.sha256(files.join(run, INDEX_FILE)),
    }
    share = min(100, -(-100 * rows.memorize_validation // tools))
    light: dict[str, Any] = {"actors": shape.actors, "cpus": shape.cpus}
    heavy = {**light, "gpus": shape.gpus if rows.synthesis.model and not rows.synthesis.url else 0.0}
    tools_, wanted_, requests_ = (files.join(run, name) for name in ("tools", "wanted", "requests"))
    return [
        Stage(
            "memorize", tools_, run, EncodeDocumentation, token_rows["memorize"],
            kwargs={"config": config, "run": run, "share": share}, settings=encoded, **light,
        ),
        Stage("requests", wanted_, run, AskForTools, {"requests": requests}, kwargs=how, settings=known, **heavy),
        Stage(
            "retrieve", requests_, run, EncodeRequests, token_rows["retrieve"],
            kwargs={"config": config, "run": run}, settings=encoded, **light,
        ),
    ]  # fmt: skip


def write_beside(run: str, index: ToolIndex, rows: ToolGenRows) -> None:
    """Cards, the index and the number of train requests of each tool (in the index's order) into both folders of rows."""
    from toolschool.models.backbone import fingerprint, load_tokenizer

    counts = Counter(key for gold in _gold_of_train(run) for key in gold)
    text = json.dumps({"requests": [counts[key] for key in index.tools]})
    mark_of_tokenizer, made_by = fingerprint(load_tokenizer(rows.model)), rows.model_dump(mode="json")
    card = {
        "method": "toolgen",
        "indexing": rows.indexing,
        "template": made_by["template"],
        "sources": [source.source or source.apis for source in rows.sources],
        "files": [INDEX_FILE, REQUESTS_FILE],
    }
    for stage, source in zip(LABELS, ("tools", "requests"), strict=True):
        folder = files.join(run, stage)
        index.save(folder)
        files.write_text(files.join(folder, REQUESTS_FILE), text + "\n")
        data = files.sha256(files.join(run, source))
        write_cards(folder, {**card, "stage": stage}, mark_of_tokenizer, made_by, data)


def _gold_of_train(run: str) -> Iterator[list[Key]]:
    for row in files.read_rows(files.join(run, "requests")):
        said = json.loads(row["raw"])
        if said["part"] == "train":
            yield [to_key(key) for key in said["gold"]]


def check_toolgen(rows: ToolGenRows, storage: str) -> None:
    """ConfigError or DataError for what cannot work, before anything starts."""
    if "://" in storage:
        raise ConfigError("tokenizers read new tokens from a file: output.storage must be a local or mounted folder")
    if rows.synthesis.url and not rows.synthesis.model:
        raise ConfigError("toolgen.synthesis.url needs toolgen.synthesis.model, the server's name of the model")
    if rows.model.token_words or rows.model.name is None:
        raise ConfigError("toolgen.model must name a model; its token_words are made here")
    for source in rows.sources:
        source.check()
