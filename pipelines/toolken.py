"""Toolken's flow: texts whose calls are marked in, what a frozen language model says at every position out.

    rows of a source --ingest--> source/ --features--> features/{train,validation}/      (+ quarantine/)

`python -m jobs.prepare` runs it. This is the only pass of the language model; heads, learning rates, seeds and biases are tried on its
result (objective `tool_head`). A text stands behind `context`, the prompt it will stand behind when the head is used. Limits: a row holds
H + 4 floats per position; with large sources keep a share of the words (`word_share`), which are then weighted so that the expected
loss is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from pipelines import files, ingest
from pipelines.cards import write_cards
from pipelines.stage import OnProgress, Outputs, Rows, Shape, Stage, StageResult, run_stage
from toolschool.config import Config, DataConfig
from toolschool.errors import ConfigError, DataError, RowError
from toolschool.methods.toolken import INIT_FILE
from toolschool.models.backbone import ModelConfig
from toolschool.models.hub import lasting

if TYPE_CHECKING:
    from toolschool.methods.toolken.labels import Labelled
    from toolschool.models.features import Features

VALIDATION = 10  # per cent of the rows of a source that is made on the spot


class ToolkenRows(Config):
    """Rows of objective tool_head."""

    model: ModelConfig = ModelConfig(name="assets/nano")
    """The frozen language model."""
    layer: int = -1
    """Hidden state the head reads: -1 is what the output layer reads, 4 what the fourth block gives."""
    context: str = ""
    """Prompt before every text; the one that will stand there when the head is used."""
    tools: tuple[str, ...] = ()
    """Which tools, in the head's order; default: all of the source."""
    alignment: Literal["before", "first"] = "before"
    """Where a call is predicted: before its result, or (heads published so) behind the result's first token."""
    word_share: float = Field(default=1.0, gt=0, le=1)
    """Share of the positions without a call that train rows keep, beside the first of each text."""
    max_length: int = Field(default=1024, ge=16)
    """Longest text in tokens, context included; longer ones are quarantined."""


class ReadFeatures:
    """The transform: raw rows to features. `tools` are the names in the head's order; a row's own source says how it is read."""

    def __init__(self, config: Mapping[str, Any], tools: list[str]) -> None:
        import torch

        from toolschool.models.backbone import open_model
        from toolschool.models.features import FeatureReader

        self.config = ToolkenRows.model_validate(config)
        self.tools = {name: number for number, name in enumerate(tools)}
        model, self.tokenizer = open_model(str(self.config.model.name))
        model.to("cuda" if torch.cuda.is_available() else "cpu")
        self.vocabulary = model.get_output_embeddings().weight.shape[0]
        context = self.tokenizer(self.config.context)["input_ids"] if self.config.context else []
        self.reader = FeatureReader(model, self.config.layer, context)

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        labelled: list[tuple[str, Labelled] | RowError] = [self._label(row) for row in rows]
        good = [each for each in labelled if not isinstance(each, RowError)]
        read = iter(self.reader.read([(each.ids, each.targets) for _, each in good]))
        return [
            each if isinstance(each, RowError) else self._output(row["key"], *each, next(read))
            for row, each in zip(rows, labelled, strict=True)
        ]

    def _label(self, row: Mapping[str, Any]) -> tuple[str, Labelled] | RowError:
        """The part a row belongs to, and its text with targets."""
        from toolschool.datasets.registry import source_named
        from toolschool.datasets.splits import split_of
        from toolschool.methods.toolken.labels import label
        from toolschool.methods.toolken.results import check_results

        read = source_named(row["source"]).to_marked
        assert read
        try:
            raw = ingest.read_object(row["raw"])
            marked = read(raw)
            check_results(marked)
            begin = not self.reader.before
            found = label(self.tokenizer, marked, self.tools, self.vocabulary, self.config.alignment, begin)
            length = self.reader.before + len(found.ids)
            if length > self.config.max_length:
                raise RowError(
                    f"{length} tokens are more than max_length={self.config.max_length}; raise it or drop the row"
                )
        except RowError as error:
            return error
        return split_of(row["source"], raw), found

    def _output(self, key: str, part: str, labelled: Labelled, features: Features) -> Outputs:
        import numpy as np

        targets = np.array(labelled.targets)[features.at] - self.vocabulary
        labels = np.where(targets >= 0, targets, -1)
        weight = np.ones(len(labels), dtype=np.float32)
        if part == "train":
            weight = word_weights(labels, self.config.word_share, key)
        table = np.column_stack([features.states, features.lse, features.gold, features.top, weight]).astype(np.float32)
        kept = np.flatnonzero(weight)
        ids = np.array(labelled.ids)[features.at[kept] + 1]
        return {
            f"features/{part}": [{"id": key, "input_ids": ids, "labels": labels[kept], "features": table[kept].ravel()}]
        }


def word_weights(labels: Any, share: float, key: str) -> Any:
    """Weights (n,): 1 where a tool comes next and at the first position, which in a text without any tool is the decision; another word's
    is 1/share or, with probability 1 - share, 0 (importance sampling)."""
    import numpy as np

    chance = np.random.default_rng(list(key.encode())).random(len(labels))
    sure = (labels >= 0) | (np.arange(len(labels)) == 0)
    return np.where(sure, 1.0, np.where(chance < share, 1.0 / share, 0.0)).astype(np.float32)


def marked_source(data: DataConfig) -> ingest.Source:
    """Raw rows of a source's train and validation parts; of a generated one nine tenths are train rows."""
    return ingest.row_source(data.source, (row for _, row in ingest.rows_to_learn(data, VALIDATION)))


def check_toolken(rows: ToolkenRows, data: DataConfig, more: Iterable[str] = ()) -> None:
    """ConfigError or DataError for what cannot work, before anything starts; `more` are the sources of further rows."""
    from toolschool.datasets.registry import source_named
    from toolschool.methods.toolken.tools import tools_of

    known = tools_of(data.source, data.path)
    if unknown := [name for name in rows.tools if name not in known]:
        raise ConfigError(
            f"toolken.tools: {data.source} has no {unknown[0]}; its tools are {', '.join(list(known)[:20])}"
        )
    if bare := [name for name in more if source_named(name).to_marked is None]:
        raise DataError(f"extra: {bare[0]} has no texts with marked calls; no_tool and operations have")
    if source_named(data.source).generate and not data.limit:
        raise DataError(f"{data.source} is generated: set data.limit")


def prepare_toolken(
    run: str,
    sources: Iterable[ingest.Source],
    tools: Mapping[str, str],
    rows: ToolkenRows,
    shape: Shape,
    on_progress: OnProgress | None = None,
) -> StageResult:
    """Write `<run>/features/` from raw rows; `tools` are all tools with their descriptions. Needs a connected Ray; can be repeated after a
    kill."""
    from toolschool.models.backbone import fingerprint, load_tokenizer
    from toolschool.records import feature_schema

    folder = files.join(run, "source")
    ingest.write_sources(folder, sources)
    names = list(rows.tools or tools)
    base = lasting(str(rows.model.name))  # workers may stand in another folder
    made_by = rows.model_dump(mode="json")
    result = run_stage(
        Stage(
            "features",
            folder,
            run,
            ReadFeatures,
            {f"features/{part}": feature_schema() for part in ingest.PARTS},
            kwargs={"config": made_by, "tools": names},
            settings={"weights": files.model_mark(base)},
            actors=shape.actors,
            cpus=shape.cpus,
            gpus=shape.gpus,
        ),
        on_progress,
    )
    target = files.join(run, "features")
    hidden = write_first_rows(target, base, {name: tools[name] for name in names}, shape)
    card = {
        "method": "toolken",
        "base": base,
        "tools": names,
        "layer": rows.layer,
        "hidden": hidden,
        "context": rows.context,
    }
    mark = fingerprint(load_tokenizer(rows.model))
    write_cards(target, card, mark, made_by, files.sha256(folder))
    return result


def write_first_rows(folder: str, base: str, tools: Mapping[str, str], shape: Shape) -> int:
    """Heads' rows made of names and of descriptions, beside the features; returns their width. Where the actors run, as they hold the model."""
    import ray
    from safetensors.numpy import save

    task = ray.remote(num_cpus=shape.cpus, num_gpus=shape.gpus)(first_rows)
    found = ray.get(task.remote(base, dict(tools)))
    files.write_bytes(files.join(folder, INIT_FILE), save(found))
    return int(found["names"].shape[1])


def first_rows(base: str, tools: Mapping[str, str]) -> dict[str, Any]:
    """`names` and `descriptions`, each (K, H): the mean output embeddings of these texts."""
    from toolschool.models.backbone import open_model
    from toolschool.models.tool_head import rows_from_texts

    model, tokenizer = open_model(base)
    names = {name: name.replace("_", " ") for name in tools}
    described = {name: f"{names[name]}: {text}" for name, text in tools.items()}
    return {
        kind: rows_from_texts(model, tokenizer, texts).numpy()
        for kind, texts in (("names", names), ("descriptions", described))
    }
