"""Toolken's flow: texts whose calls are marked in, what a frozen language model says at every position out.

    rows of a source --ingest--> source/ --features--> features/{train,validation}/      (+ quarantine/)

`python -m jobs.prepare` runs it. This is the only pass of the language model; heads, learning rates, seeds and biases are tried on its
result (objective `tool_head`). A text stands behind `context`, the prompt it will stand behind when the head is used. Limits: a row holds
H + 4 floats per position; with large sources keep a share of the words (`word_share`), which are then weighted so that the expected
loss is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from pipelines import files, ingest
from pipelines.cards import write_cards
from pipelines.stage import OnProgress, Outputs, Rows, Shape, Stage, StageResult, run_stage
from toolschool.config import Config, DataConfig
from toolschool.errors import ConfigError, DataError, RowError
from toolschool.models.backbone import ModelConfig

if TYPE_CHECKING:
    import pyarrow as pa

    from toolschool.methods.toolken.labels import Labelled
    from toolschool.models.features import Features

PARTS = ("train", "validation")
INIT_FILE = "init.safetensors"


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
    """Share of the positions without a call that train rows keep."""
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
        labelled: list[Labelled | RowError] = [self._label(row) for row in rows]
        good = [each for each in labelled if not isinstance(each, RowError)]
        read = iter(self.reader.read([(each.ids, each.targets) for each in good]))
        return [
            each if isinstance(each, RowError) else self._output(row, each, next(read))
            for row, each in zip(rows, labelled, strict=True)
        ]

    def _label(self, row: Mapping[str, Any]) -> Labelled | RowError:
        from toolschool.datasets.registry import source_named
        from toolschool.methods.toolken.labels import label
        from toolschool.methods.toolken.results import check_results

        read = source_named(row["source"]).to_marked
        assert read
        try:
            marked = read(ingest.read_object(row["raw"]))
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
        return found

    def _output(self, row: Mapping[str, Any], labelled: Labelled, features: Features) -> Outputs:
        import numpy as np

        from toolschool.datasets.splits import split_of

        part = split_of(row["source"], ingest.read_object(row["raw"]))
        targets = np.array(labelled.targets)[features.at] - self.vocabulary
        labels = np.where(targets >= 0, targets, -1)
        weight = np.ones(len(labels), dtype=np.float32)
        if part == "train":
            weight = word_weights(labels, self.config.word_share, row["key"])
        table = np.column_stack([features.states, features.lse, features.gold, features.top, weight]).astype(np.float32)
        kept = np.flatnonzero(weight)
        ids = np.array(labelled.ids)[features.at[kept] + 1]
        return {
            f"features/{part}": [
                {"id": row["key"], "input_ids": ids, "labels": labels[kept], "features": table[kept].ravel()}
            ]
        }


def word_weights(labels: Any, share: float, key: str) -> Any:
    """Weights (n,): 1 where a tool comes next; a word's is 1/share or, with probability 1 - share, 0 (importance sampling)."""
    import numpy as np

    chance = np.random.default_rng(list(key.encode())).random(len(labels))
    return np.where(labels >= 0, 1.0, np.where(chance < share, 1.0 / share, 0.0)).astype(np.float32)


def marked_source(data: DataConfig) -> ingest.Source:
    """Raw rows of a source's train and validation parts; of a generated one nine tenths are train rows."""
    return ingest.row_source(data.source, _marked_rows(data))


def _marked_rows(data: DataConfig) -> Iterator[Mapping[str, Any]]:
    from toolschool.datasets import registry

    shares = {"train": 90, "validation": 10}
    for part, purpose in (("train", "train"), ("validation", "select")):
        limit = data.limit * shares[part] // 100 if data.limit else None
        yield from registry.load(data.source, path=data.path, split=part, limit=limit, seed=data.seed, purpose=purpose)


def check_toolken(rows: ToolkenRows, data: DataConfig) -> None:
    """ConfigError or DataError for what cannot work, before anything starts."""
    from toolschool.datasets.registry import source_named
    from toolschool.methods.toolken.tools import tools_of

    known = tools_of(data.source, data.path)
    if unknown := [name for name in rows.tools if name not in known]:
        raise ConfigError(
            f"toolken.tools: {data.source} has no {unknown[0]}; its tools are {', '.join(list(known)[:20])}"
        )
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
    base = str(rows.model.name)
    made_by = rows.model_dump(mode="json")
    result = run_stage(
        Stage(
            "features",
            folder,
            run,
            ReadFeatures,
            {f"features/{part}": feature_schema() for part in PARTS},
            kwargs={"config": made_by, "tools": names},
            settings={"weights": files.sha256(base) if files.exists(base) else base},
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


class MineDecisions(ReadFeatures):
    """The transform of mining: raw rows to a reranker's rows, by heads that never saw the text.

    `heads` are folders: a train row is read by the head of its fold, a validation row by the last one. `documentation` is a line per tool.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        heads: list[str],
        documentation: Mapping[str, str],
        k: int,
        slack: float,
    ) -> None:
        from toolschool.models.features import FeatureReader
        from toolschool.models.tool_head import ToolHead

        self.heads = [ToolHead.from_pretrained(folder) for folder in heads]
        super().__init__(config, list(self.heads[0].tools))
        self.documentation, self.k, self.slack = documentation, k, slack
        self.second = FeatureReader(self.reader.model)

    def _output(self, row: Mapping[str, Any], labelled: Labelled, features: Features) -> Outputs:
        from toolschool.datasets.splits import split_of

        part = split_of(row["source"], ingest.read_object(row["raw"]))
        head = self.heads[fold_of(row["key"], len(self.heads) - 1) if part == "train" else -1]
        mined = self._decisions(row["key"], labelled, features, head)
        states = self._states([each["prompt"] for each in mined])
        return {
            "mined": [{"part": part, **each} for each in mined],
            f"reranker/{part}": [
                {"id": each["id"], "input_ids": each["candidates"], "labels": [each["place"]], "features": state}
                for each, state in zip(mined, states, strict=True)
                if each["place"] >= 0
            ],
        }

    def _decisions(self, key: str, labelled: Labelled, features: Features, head: Any) -> list[dict[str, Any]]:
        """Every position where a call belongs, or where the head calls, or nearly does."""
        import numpy as np
        import torch

        from toolschool.methods.toolken.reranking import render

        with torch.inference_mode():
            logits = head(torch.from_numpy(features.states)).numpy()
        golds = np.array(labelled.targets)[features.at] - self.vocabulary
        margins = logits.max(-1) - features.top
        found = []
        for i in np.flatnonzero((golds >= 0) | (margins + self.slack > 0)):
            candidates = np.argsort(-logits[i], kind="stable")[: self.k].tolist()
            said = self.tokenizer.decode(list(labelled.ids[: features.at[i] + 1]), skip_special_tokens=True)
            text = f"{self.config.context}{said}"
            gold = int(golds[i])
            place = self.k if gold < 0 else candidates.index(gold) if gold in candidates else -1
            names = [head.tools[number] for number in candidates]
            found.append(
                {
                    "id": f"{key}-{features.at[i]:05d}",
                    "candidates": candidates + [-1] * (self.k - len(candidates)),
                    "place": place,
                    "gold": head.tools[gold] if gold >= 0 else None,
                    "margin": float(margins[i]),
                    "prompt": render(names, self.documentation, text),
                }
            )
        return found

    def _states(self, prompts: list[str]) -> list[Any]:
        """The last hidden state of each prompt."""
        from toolschool.models.features import IGNORE

        ids = [self.tokenizer(prompt)["input_ids"] for prompt in prompts]
        return [read.states[0] for read in self.second.read([(each, [IGNORE] * (len(each) - 1) + [0]) for each in ids])]


def fold_of(key: str, folds: int) -> int:
    """The fold of a text, the same on every machine."""
    from toolschool.datasets.splits import hash_percent

    return hash_percent(key) * folds // 100


def mined_schema() -> pa.Schema:
    """A decision as people look at it: `place` is the gold candidate's, k where no call belongs, -1 where it is no candidate."""
    import pyarrow as pa

    text, number = pa.string(), pa.int32()
    return pa.schema(
        [
            ("part", text), ("id", text), ("candidates", pa.list_(number)), ("place", number), ("gold", text),
            ("margin", pa.float32()), ("prompt", text),
        ]
    )  # fmt: skip


def mine(
    run: str,
    source: str,
    heads: list[str],
    documentation: Mapping[str, str],
    rows: ToolkenRows,
    shape: Shape,
    *,
    k: int,
    slack: float,
    on_progress: OnProgress | None = None,
) -> StageResult:
    """Write `<run>/mined/` and `<run>/reranker/` from the source of a prepared run. Needs a connected Ray; can be repeated after a kill."""
    from toolschool.models.backbone import fingerprint, load_tokenizer
    from toolschool.models.tool_head import ToolHead
    from toolschool.records import feature_schema

    made_by = {"config": rows.model_dump(mode="json"), "k": k, "slack": slack}
    result = run_stage(
        Stage(
            "mine",
            source,
            run,
            MineDecisions,
            {"mined": mined_schema()} | {f"reranker/{part}": feature_schema() for part in PARTS},
            kwargs={**made_by, "heads": heads, "documentation": dict(documentation)},
            settings={"heads": [files.sha256(head) for head in heads]},
            actors=shape.actors,
            cpus=shape.cpus,
            gpus=shape.gpus,
        ),
        on_progress,
    )
    head = ToolHead.from_pretrained(heads[-1])
    card = {
        "method": "toolken+",
        "base": head.card["base"],
        "tools": list(head.tools),
        "hidden": head.weight.shape[1],
        "k": k,
    }
    target = files.join(run, "reranker")
    write_cards(target, card, fingerprint(load_tokenizer(rows.model)), made_by, files.sha256(source))
    return result
