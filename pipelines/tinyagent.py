"""TinyAgent's flow: queries with plans in, ToolRAG rows and planner rows out.

    file or generator --ingest--> source/ --stage examples--> examples/{train,validation,test}/
        --stage rows--> toolrag/{train,validation,test}/  planner/{train,validation,test}/       (+ quarantine/)

`python -m jobs.prepare` runs it. Two Ray Data stages, because each costs seconds however few the rows are. Rows are
tokenised once: a cache key over tokenizer, template, data and lengths stands in the manifest and beside the rows, and
training refuses rows whose tokenizer is not its model's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines import files, ingest
from pipelines.cards import write_cards
from pipelines.encode import SPLITS, Encode, PlannerRows, ToolRagRows, token_outputs
from pipelines.stage import OnProgress, Outputs, Rows, Shape, Stage, StageResult, each, run_stage
from toolschool.errors import ConfigError, DataError, PlanError, RowError
from toolschool.records import Example

if TYPE_CHECKING:
    import pyarrow as pa

    from toolschool.tools.catalog import Catalog

BANK = "bank"


@dataclass(frozen=True)
class PreparedRows:
    """What `prepare` made: rows read, the two stages' results, cache keys by kind of rows."""

    read: int
    examples: StageResult
    rows: StageResult
    cache_keys: dict[str, str]

    def counts(self) -> dict[str, Any]:
        return {"read": self.read, "examples": self.examples.counts(), "rows": self.rows.counts()}


class ParseExamples:
    """Raw rows to examples with their split; every kind of malformed row becomes a RowError with its reason."""

    def __init__(self) -> None:
        from toolschool.tools.desk.specs import desk_catalog

        self.catalog = desk_catalog()

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.parse, rows)

    def parse(self, row: dict[str, Any]) -> Outputs:
        example, split = parse_raw(row["source"], row["raw"])
        check_plan(example, self.catalog)
        record = {"key": row["key"], "raw": row["raw"], "split": split, **example.to_row()}
        return {f"examples/{split}": [record]}


def stage_schema() -> pa.Schema:
    """Example rows between the two stages: also key, raw text and split."""
    import pyarrow as pa

    from toolschool.records import example_schema

    return pa.schema([(name, pa.string()) for name in ("key", "raw", "split")] + list(example_schema()))


def prepare(
    run: str,
    sources: Iterable[ingest.Source],
    *,
    toolrag: ToolRagRows | None,
    planner: PlannerRows | None,
    seed: int,
    shape: Shape,
    on_progress: Callable[[str], OnProgress | None] = lambda name: None,
) -> PreparedRows:
    """Run the whole flow into the folder `run`. Needs a connected Ray; can be repeated after a kill.

    Raises ConfigError when nothing is to be made, DataError for an empty source.
    """
    if toolrag is None and planner is None:
        raise ConfigError("nothing to prepare: set toolrag, planner, or both")
    total = ingest.write_sources(files.join(run, "source"), sources)
    parsed = run_stage(_parsing(run, shape), on_progress("examples"))
    if planner and planner.template.examples:
        _write_bank(run, planner.bank_encoder)
    encoded = run_stage(_encoding(run, toolrag, planner, seed, shape), on_progress("rows"))
    keys = _write_cards(run, toolrag, planner)
    return PreparedRows(total, parsed, encoded, keys)


def parse_raw(source: str, raw: str) -> tuple[Example, str]:
    """One raw row as an example and its split. RowError: broken JSON, a missing field, a wrong type.

    DataError for a source without plans.
    """
    from toolschool.datasets.registry import source_named
    from toolschool.datasets.splits import split_of

    known = source_named(source)
    if known.to_example is None:
        raise DataError(f"{source} has no plans; tinyagent, tinyagent_official and desk do")
    row = ingest.read_object(raw)
    example = known.to_example(row)
    check_types(example)
    return example, split_of(source, {**row, "tools": example.tools})


def check_types(example: Example) -> None:
    """RowError for a field that Arrow or a metric would choke on later."""
    for name in ("id", "query", "raw_plan"):
        if not isinstance(getattr(example, name), str):
            raise RowError(f"wrong type: {name} must be text, not {type(getattr(example, name)).__name__}")
    if not all(isinstance(flag, str) for flag in example.flags):
        raise RowError("wrong type: flags must be a list of texts")


def check_plan(example: Example, catalog: Catalog) -> None:
    """RowError for an empty query, an unknown tool, a text that is no plan, or a reference to no earlier step."""
    from toolschool.plans.grammar import format_plan, parse_plan
    from toolschool.plans.references import dependencies

    if not example.query.strip():
        raise RowError("empty query")
    known: set[int] = set()
    for call in example.plan.calls:
        if call.tool not in catalog:
            raise RowError(f"unknown tool {call.tool} in step {call.id}")
        missing = [k for k in dependencies(call) if k not in known or k >= call.id]
        if missing:
            problem = "itself" if missing[0] == call.id else f"step {missing[0]}, which is not an earlier step"
            raise RowError(f"step {call.id} refers to {problem}")
        known.add(call.id)
    try:
        parse_plan(example.raw_plan or format_plan(example.plan))
    except PlanError as error:
        raise RowError(f"the plan does not parse: {error}") from error


def _parsing(run: str, shape: Shape) -> Stage:
    outputs = {f"examples/{part}": stage_schema() for part in SPLITS}
    source = files.join(run, "source")
    return Stage("examples", source, run, ParseExamples, outputs, actors=shape.actors, cpus=shape.cpus)


def _encoding(run: str, toolrag: ToolRagRows | None, planner: PlannerRows | None, seed: int, shape: Shape) -> Stage:
    kwargs = {
        "toolrag": toolrag.model_dump(mode="json") if toolrag else None,
        "planner": planner.model_dump(mode="json") if planner else None,
        "seed": seed,
        "bank": files.join(run, BANK) if planner and planner.template.examples else None,
    }
    wanted = [name for name, on in (("toolrag", toolrag), ("planner", planner)) if on]
    outputs = {name: schema for name, schema in token_outputs().items() if name.split("/")[0] in wanted}
    settings = {"tokenizers": tokenizer_keys(toolrag, planner)}
    source = files.join(run, "examples")
    return Stage("rows", source, run, Encode, outputs, kwargs, settings, actors=shape.actors, cpus=shape.cpus)


def tokenizer_keys(toolrag: ToolRagRows | None, planner: PlannerRows | None) -> dict[str, str]:
    """Hash of each tokenizer's contents, added tokens included."""
    from toolschool.models import backbone, encoder

    keys = {}
    if toolrag:
        keys["toolrag"] = backbone.fingerprint(encoder.load_tokenizer(toolrag.encoder))
    if planner:
        keys["planner"] = backbone.fingerprint(backbone.load_tokenizer(planner.model))
    return keys


def _write_bank(run: str, encoder: str) -> None:
    """The bank of in-context examples, of train rows only: built here once, opened by every actor."""
    import tempfile

    from pyarrow import fs

    from toolschool.methods.tinyagent.examples import ExampleBank
    from toolschool.models.encoder import SentenceEncoder

    examples = [Example.from_row(row) for row in files.read_rows(files.join(run, "examples/train"))]
    with tempfile.TemporaryDirectory() as folder:
        ExampleBank.build(examples, SentenceEncoder.load(encoder)).save(folder)
        place = files.open_uri(files.join(run, BANK))
        place.files.create_dir(place.path, recursive=True)
        fs.copy_files(folder, place.path, source_filesystem=fs.LocalFileSystem(), destination_filesystem=place.files)


def _write_cards(run: str, toolrag: ToolRagRows | None, planner: PlannerRows | None) -> dict[str, str]:
    """The cards beside each set of rows; returns cache keys by kind of rows."""
    from toolschool.tools.desk.specs import desk_catalog

    data = files.sha256(files.join(run, "examples"))
    settings = {name: made for name, made in (("toolrag", toolrag), ("planner", planner)) if made}
    keys = {}
    for name, fingerprint in tokenizer_keys(toolrag, planner).items():
        made_by = settings[name].model_dump(mode="json")
        card: dict[str, Any] = {"tools": list(desk_catalog().names)}
        if planner and name == "planner":
            card |= {"method": "tinyagent", "template": made_by["template"]}
        keys[name] = write_cards(files.join(run, name), card, fingerprint, made_by, data)
    return keys
