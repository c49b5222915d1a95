"""A model that is taught more tools: what it knows already, and how much of that is said again beside the new tools.

    known = open_base(Base(model="runs/toolgen/retrieve/model"))     # its index, catalogue, template, requests
    rows = known.settle(ToolGenRows(base=...))                       # with its tokenizer, template and indexing
    lay_out(run, rows, known)                                        # new tools behind the old ones
    join_stages(run)                                                 # memorize/ and retrieve/ as one folder, add/

The tools of the model keep their tokens and ids; new ones stand behind them. What a model is not reminded of it forgets, so it is told
all of its old rows again unless `rehearsal` is less (docs/results/toolgen.md). Limits: where tools are written as clusters none can be
added; rows of stage act are not made, add to the model of stage retrieve and train act again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import files, ingest, manifest
from pipelines.cards import CARD
from pipelines.toolgen_sources import HELD_FILE, REQUESTS_FILE, Base, ToolGenRows
from toolschool.config import build
from toolschool.datasets.catalogues import Catalogue, read_catalogue
from toolschool.errors import ConfigError, DataError
from toolschool.methods.toolgen.indexing import ToolIndex
from toolschool.methods.toolgen.playground import APIS_FILE
from toolschool.methods.toolgen.stages import StageTemplate
from toolschool.models.backbone import ModelConfig
from toolschool.models.hub import whole

if TYPE_CHECKING:
    from toolschool.datasets.api_docs import ApiDoc, Key

ADD = "add"
REQUESTS = "requests"


@dataclass(frozen=True)
class Known:
    """An opened base: `counts` are train requests of each tool, `held` marks of requests that must not be trained on."""

    model: str
    rows: str
    rehearsal: float
    index: ToolIndex
    apis: Catalogue
    template: StageTemplate
    counts: Mapping[Key, int]
    held: frozenset[str]

    def settle(self, rows: ToolGenRows) -> ToolGenRows:
        """The rows' settings with those that the model has settled."""
        model = ModelConfig(name=self.model)
        return rows.model_copy(update={"model": model, "template": self.template, "indexing": self.index.kind})

    def extended(self, apis: Catalogue) -> Catalogue:
        """Its tools, and those of the catalogue behind them. DataError where these are all known."""
        whole = Catalogue.of(f"{self.apis.source}+{apis.source}", (*self.apis.docs, *apis.docs))
        if len(whole.docs) == len(self.apis.docs):
            raise DataError(f"{self.model} knows all tools of {apis.source}; name a catalogue that has others")
        return whole

    def docs(self) -> list[ApiDoc]:
        """Documentation that is said again."""
        return [doc for doc in self.apis.docs if self._again("/".join(doc.key))]

    def requests(self) -> Iterator[dict[str, Any]]:
        """Train requests that are said again, and all validation requests, by which the best step is picked."""
        for row in files.read_rows(files.join(self.rows, REQUESTS)):
            said = json.loads(row["raw"])
            if said["part"] != "train" or self._again(row["raw"]):
                yield said

    def _again(self, text: str) -> bool:
        from toolschool.datasets.splits import hash_percent

        return hash_percent(f"rehearsal/{text}") < 100 * self.rehearsal


def open_base(base: Base) -> Known:
    """ConfigError or ModelError says what is missing; nothing is loaded but small files."""
    folder = str(whole(base.model))
    index = ToolIndex.load(folder)
    card = json.loads(files.read_text(files.join(folder, CARD)))
    if card.get("stage") == "act":
        raise ConfigError(
            f"{folder} is of stage act: add tools to the model of stage retrieve, and train act again from it"
        )
    if index.kind == "hierarchical":
        raise ConfigError(
            f"the tools of {folder} are written as clusters of all tools; prepare and train anew with the new ones"
        )
    rows = _rows_of(base)
    apis = read_catalogue(Path(rows) / APIS_FILE)
    if tuple(doc.key for doc in apis.docs) != index.tools:
        raise ConfigError(
            f"{rows} holds other tools than {folder}: set toolgen.base.rows to the run that the model was trained on"
        )
    counts = json.loads(files.read_text(files.join(folder, REQUESTS_FILE)))["requests"]
    return Known(
        files.absolute(folder),
        rows,
        base.rehearsal,
        index,
        apis,
        build(StageTemplate, card["template"]),
        dict(zip(index.tools, counts, strict=True)),
        frozenset(json.loads(files.read_text(files.join(rows, HELD_FILE)))),
    )


def _rows_of(base: Base) -> str:
    """The prepared run behind the model."""
    rows = base.rows
    if rows is None:
        made = manifest.read(str(Path(base.model).parent)) or {}
        learnt = made.get("config", {}).get("rows")
        if learnt is None:
            raise ConfigError(
                f"no training's manifest stands beside {base.model}: set toolgen.base.rows, the run that its rows came from"
            )
        rows = str(Path(learnt).parent)
    lacking = [name for name in (APIS_FILE, HELD_FILE, REQUESTS) if not files.exists(files.join(rows, name))]
    if lacking:
        raise ConfigError(
            f"{rows} has no {lacking[0]}: set toolgen.base.rows to the run of jobs.prepare that its rows came from"
        )
    return rows


def join_stages(run: str) -> None:
    """The rows of both stages in one folder, which is trained on at once: a stage alone would forget what the other taught."""
    for part in ingest.PARTS:
        target = Path(run, ADD, part)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for stage in ("memorize", "retrieve"):
            for file in files.list_files(files.join(run, stage, part), ".parquet"):
                shutil.copyfile(file, target / f"{stage}-{Path(file).name}")
