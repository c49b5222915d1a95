"""Examples to encoded rows: ToolRAG rows (query tokens, a 0/1 label per tool) and planner rows (prompt and plan tokens).

Both come out of one pass. A planner row offers the gold tools and some irrelevant ones, drawn anew for every variant of
a row by its key and the seed, so that the same configuration gives the same rows on any number of workers. In-context
examples come from the train part, never from the row itself. Limits: rows longer than `max_length` are quarantined,
not cut; ToolRAG queries are cut at `toolrag.max_length`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pipelines.collect import QUARANTINE
from pipelines.stage import Outputs, Rows, each
from toolschool.config import Config
from toolschool.errors import RowError
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.methods.tinyagent.template import PlannerTemplate
from toolschool.models.backbone import ModelConfig
from toolschool.records import Example

if TYPE_CHECKING:
    import pyarrow as pa

SPLITS = ("train", "validation", "test")
FindExamples = Callable[[PlanRequest, int, str], Sequence[Example]]  # request, how many, id to leave out
# Where a source does not say what "today" was, any fixed clock serves: dates of such rows are never scored.
UNKNOWN_NOW = datetime(2024, 6, 3, 9, 0)


class ToolRagRows(Config):
    """Rows of objective tool_classifier."""

    encoder: str = "minilm"
    """Encoder whose tokenizer is used: `minilm` (embedded), a folder, or a hub id."""
    max_length: int = Field(default=512, ge=8)
    """Longest query in tokens; longer ones are cut."""


class PlannerRows(Config):
    """Rows of objective causal_lm."""

    model: ModelConfig = ModelConfig(name="assets/nano")
    """Whose tokenizer is used; the training configuration must name the same model and new tokens."""
    template: PlannerTemplate = PlannerTemplate()
    """How a row is rendered; it travels with the trained model."""
    max_length: int = Field(default=1024, ge=16)
    """Longest row in tokens; longer ones are quarantined."""
    negatives: tuple[int, int] = (0, 4)
    """Fewest and most irrelevant tools offered beside the gold ones."""
    bank_encoder: str = "minilm"
    """Encoder that finds in-context examples (only where the template wants any)."""
    variants: int = Field(default=1, ge=1)
    """Rows made of each train example, each with other irrelevant tools."""


def token_outputs() -> dict[str, pa.Schema]:
    """Output folders of the encoding stage."""
    from toolschool.records import label_schema, token_schema

    return {
        **{f"toolrag/{part}": label_schema() for part in SPLITS},
        **{f"planner/{part}": token_schema() for part in SPLITS},
    }


class Encode:
    """The transform of the encoding stage; `toolrag`, `planner` are dumps of the models above, or None to leave out."""

    def __init__(
        self, toolrag: Mapping[str, Any] | None, planner: Mapping[str, Any] | None, seed: int, bank: str | None = None
    ) -> None:
        from toolschool.models.backbone import load_tokenizer
        from toolschool.models.encoder import load_tokenizer as load_encoder_tokenizer
        from toolschool.tools.desk.specs import desk_catalog

        self.catalog = desk_catalog()
        self.seed = seed
        self.toolrag = ToolRagRows.model_validate(toolrag) if toolrag else None
        self.planner = PlannerRows.model_validate(planner) if planner else None
        if self.toolrag:
            self.encoder_tokenizer = load_encoder_tokenizer(self.toolrag.encoder)
        if self.planner:
            self.model_tokenizer = load_tokenizer(self.planner.model)
        self.find: FindExamples | None = _open_bank(bank, self.planner.bank_encoder) if bank and self.planner else None

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.encode, rows)

    def encode(self, row: dict[str, Any]) -> Outputs:
        """All encoded rows of one example row (columns of `example_schema` and key, split)."""
        example, part = Example.from_row(row), row["split"]
        outputs: dict[str, list[dict[str, Any]]] = {}
        if self.toolrag:
            outputs[f"toolrag/{part}"] = [{"id": row["key"], **self.label_row(example)}]
        if self.planner:
            try:
                outputs[f"planner/{part}"] = self.planner_rows(example, row["key"], part)
            except RowError as error:  # the example still serves ToolRAG
                reason = f"planner: {error}"
                outputs[QUARANTINE] = [{"id": row["key"], "reason": reason, "raw": row["raw"]}]
        return outputs

    def label_row(self, example: Example) -> dict[str, Any]:
        """Token ids of the query and a 0/1 label per tool of the catalogue, in its order."""
        assert self.toolrag
        encoded = self.encoder_tokenizer(example.query, truncation=True, max_length=self.toolrag.max_length)
        wanted = set(example.tools)
        return {
            "input_ids": encoded["input_ids"],
            "labels": [float(name in wanted) for name in self.catalog.names],
        }

    def planner_rows(self, example: Example, key: str, part: str) -> list[dict[str, Any]]:
        """One row per variant. RowError when the gold plan is flagged as damaged or the row is too long."""
        from toolschool.models.templates import encode_row

        assert self.planner
        if example.damage:
            raise RowError(f"the source flags this plan as damaged ({example.damage})")
        settings = self.planner
        rows = []
        for variant in range(settings.variants if part == "train" else 1):
            tools = offered_tools(example.tools, self.catalog.names, settings.negatives, f"{self.seed}/{key}/{variant}")
            request = PlanRequest(example.query, tools, example.now or UNKNOWN_NOW)
            wanted = settings.template.examples
            examples = self.find(request, wanted, example.id) if self.find and wanted else ()
            prompt = settings.template.prompt(request, self.catalog, examples, self.model_tokenizer)
            completion = settings.template.completion(example.plan, prompt, self.catalog, lossy=example.now is None)
            encoded = encode_row(self.model_tokenizer, prompt.text, completion, settings.max_length)
            rows.append({"id": f"{key}/{variant}", **encoded})
        return rows


def _open_bank(uri: str, encoder: str) -> FindExamples:
    import tempfile

    from pyarrow import fs

    from pipelines import files
    from toolschool.methods.tinyagent.examples import ExampleBank
    from toolschool.models.encoder import SentenceEncoder

    place = files.open_uri(uri)
    with tempfile.TemporaryDirectory() as folder:
        fs.copy_files(place.path, folder, source_filesystem=place.files, destination_filesystem=fs.LocalFileSystem())
        bank = ExampleBank.load(folder, SentenceEncoder.load(encoder))
    return lambda request, count, own: bank.nearest(request.query, request.tools, count, exclude=[own])


def offered_tools(
    gold: Sequence[str], all_tools: Sequence[str], negatives: tuple[int, int], draw: str
) -> tuple[str, ...]:
    """The gold tools and between `negatives[0]` and `negatives[1]` others, in catalogue order; decided by `draw`.

    Without gold tools there is at least one other: a planner is never asked with none.
    """
    generator = random.Random(draw)
    others = [name for name in all_tools if name not in set(gold)]
    count = min(len(others), max(generator.randint(*negatives), 0 if gold else 1))
    chosen = {*gold, *generator.sample(others, count)}
    return tuple(name for name in all_tools if name in chosen)
