"""ToolGen's flow: catalogues and requests in, rows of its stages out, with the tools' new tokens.

    tools/ --stage memorize--> memorize/{train,validation}/                               documentation -> tool
    wanted/ --stage requests--> requests/ --stage retrieve--> retrieve/{train,validation}/        request -> tool
    memorize/, retrieve/ --> add/{train,validation}/                                      with `base`: both, to be trained on at once
    tasks/ --stage act--> episodes/, act/{train,validation}/                              request -> thought, tool, input, result, ...

`python -m jobs.prepare` with `toolgen` runs it. `wanted/` holds the sources' own train and validation requests, and every tool that has fewer
than `synthesis.each` of them: for these, requests are made up from documentation, by templates or by a language model in the actors or
behind a server. With `episodes`, tasks are played in simulated APIs and on the desk. Beside the rows stand `apis.jsonl` (all tools),
`tokens.json` (the training's `model.token_words`) and, in each folder of rows, the index, the number of requests of each tool and, for
episodes, the tools that can be called, which training copies beside the model.
Validation of stage 1 is a part of its own documentation, for that is what must be known by heart; of stage 2 requests that are not trained
on. What equals a request kept for validation or test is refused. Limits: the catalogue is held in every actor; the run's folder must be local
or mounted, because tokenizers read their tokens from a file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines import files, ingest
from pipelines.cards import write_cards
from pipelines.stage import OnProgress, Shape, Stage, StageResult, run_stage
from pipelines.toolgen_base import ADD, Known, join_stages, open_base
from pipelines.toolgen_episodes import ACT, act_stage
from pipelines.toolgen_rows import AskForTools, EncodeDocumentation, EncodeRequests
from pipelines.toolgen_sources import (
    HELD_FILE,
    REQUESTS_FILE,
    ToolGenRows,
    lay_out,
    lay_out_tasks,
    to_key,
    with_tokens,
)
from toolschool.errors import ConfigError
from toolschool.methods.toolgen.indexing import INDEX_FILE
from toolschool.methods.toolgen.playground import APIS_FILE, SIMULATED_FILE

if TYPE_CHECKING:
    from toolschool.datasets.api_docs import Key
    from toolschool.methods.toolgen.indexing import ToolIndex

LABELS = ("memorize", "retrieve")


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
    """Write the rows of all stages into the folder `run`. Needs a connected Ray; can be repeated after a kill."""
    known = open_base(rows.base) if rows.base else None
    rows = known.settle(rows) if known else rows
    apis, index = lay_out(run, rows, known)
    if rows.episodes:
        lay_out_tasks(run, rows, apis)
    placed = with_tokens(run, rows)
    todo = stages(run, placed, len(apis.docs), shape)
    found = {stage.name: run_stage(stage, on_progress(stage.name)) for stage in todo}
    if known:
        join_stages(run)
    write_beside(run, index, placed, known)
    return Prepared(index, apis.repeated, found)


def stages(run: str, rows: ToolGenRows, tools: int, shape: Shape) -> list[Stage]:
    """The stages in their order. Only asking may need a GPU, for the model that writes."""
    import pyarrow as pa

    from toolschool.models.backbone import fingerprint, load_tokenizer
    from toolschool.records import token_schema

    config = rows.model_dump(mode="json", exclude={"episodes"})
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
    found = [
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
    return [*found, act_stage(run, rows, {**known, **encoded}, shape)] if rows.episodes else found


def write_beside(run: str, index: ToolIndex, rows: ToolGenRows, known: Known | None = None) -> None:
    """Into each folder of rows its cards, the index and the number of train requests of each tool (in the index's order); into that of
    episodes also the tools that can be called."""
    from toolschool.models.backbone import fingerprint, load_tokenizer

    counts = Counter(key for gold in _gold_of_train(run) for key in gold)
    counts |= Counter(known.counts) if known else Counter()  # the larger number: what was learnt before counts, too
    requests = json.dumps({"requests": [counts[key] for key in index.tools]})
    files.write_text(files.join(run, REQUESTS_FILE), requests + "\n")
    mark_of_tokenizer, made_by = fingerprint(load_tokenizer(rows.model)), rows.model_dump(mode="json")
    card = {
        "method": "toolgen",
        "indexing": rows.indexing,
        "template": made_by["template"],
        "sources": [source.source or source.apis for source in rows.sources],
    }

    def beside(stage: str, source: str, names: Sequence[str], **more: Any) -> None:
        folder = files.join(run, stage)
        for name in names:
            files.write_text(files.join(folder, name), files.read_text(files.join(run, name)))
        about = {**card, "stage": stage, "files": list(names), **more}
        write_cards(folder, about, mark_of_tokenizer, made_by, files.sha256(files.join(run, source)))

    both = (INDEX_FILE, REQUESTS_FILE)
    beside("memorize", "tools", both)
    beside("retrieve", "requests", both)
    if known:
        beside(ADD, "requests", both)
    if rows.episodes:
        beside(ACT, "tasks", (*both, APIS_FILE, SIMULATED_FILE), max_length=rows.episodes.max_length)


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
    if rows.base:
        settled = {"model", "template", "indexing"} & rows.model_fields_set
        if settled:
            raise ConfigError(f"toolgen.{min(settled)} is settled by toolgen.base; leave it out")
        if rows.episodes:
            raise ConfigError(
                "toolgen.base has no episodes: add the tools first, then train act again from the new model"
            )
    for source in rows.sources:
        source.check()
    if rows.episodes:
        rows.episodes.check()
        if "sealtools" in rows.episodes.asked and "sealtools" not in [source.source for source in rows.sources]:
            raise ConfigError("toolgen.episodes.asked.sealtools needs {source: sealtools} among toolgen.sources")
