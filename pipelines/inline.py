"""Rows for Toolformer's fine-tuning: texts or worked answers with inline calls in, encoded rows out.

    texts with calls (kept/ or scored/ of an annotation) or questions with worked answers --ingest--> source/ --stage rows--> inline/{train,validation}/

Styles: `pure` is question and answer without calls, the control; `annotated` is the paper's running text with calls, every token
supervised; `instruct` is the question as prompt and the worked answer with its calls as completion; `annotator` is the annotation prompt
and its answer, for a model too small to follow the prompt unseen. Calls are encoded apart, so that a text has the tokens it has without
them. `python -m jobs.prepare` with `inline` makes these rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from pipelines import files, ingest
from pipelines.cards import write_cards
from pipelines.refilter import SCORED, Thresholds, check_thresholds, refiltered
from pipelines.stage import OnProgress, Outputs, Rows, Shape, Stage, StageResult, each, run_stage
from toolschool.config import Config, DataConfig
from toolschool.errors import ConfigError, DataError, RowError
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import TEXT, ToolUse
from toolschool.models.backbone import ModelConfig

VALIDATION = 5  # per cent of texts that have no split of their own


class InlineRows(Config):
    """Rows of objective causal_lm with inline calls."""

    style: Literal["pure", "annotated", "instruct", "annotator"] = "annotated"
    """Without calls (the control), running text with calls, a question and its answer with calls, or the first tool's annotation prompt
    and its answer."""
    model: ModelConfig = ModelConfig(name="assets/nano")
    """Whose tokenizer is used; the training configuration must name the same model and new tokens (markers, if they are tokens)."""
    markers: Markers = Markers()
    """How calls are written; those of the annotation."""
    tools: tuple[ToolUse, ...] = Field(default=(ToolUse(use="calculator"),), min_length=1)
    """What the model is to call; it stands in the model's card, for those who run it."""
    thresholds: dict[str, Thresholds] = Field(default_factory=dict)
    """With data.path=RUN/scored: higher tau_s and tau_f than the annotation's, by the tool's name, such as {Calculator: {tau_f: 1.0}}."""
    max_length: int = Field(default=1024, ge=16)
    """Longest row in tokens; longer ones are quarantined."""


def texts_of(folder: str, limit: int | None = None, inline: InlineRows | None = None) -> Iterator[dict[str, str]]:
    """Annotated texts, the `kept/` of an annotation or its `scored/` as `inline` says, as raw rows. DataError when there are none."""
    from toolschool.datasets.inline_calls import plain
    from toolschool.datasets.splits import by_shares, skeleton

    found = 0
    anew, how = _last(folder) == SCORED, inline or InlineRows()
    for row in refiltered(folder, how.thresholds, how.markers) if anew else files.read_rows(folder):
        if limit is not None and found >= limit:
            return
        found += 1
        part = by_shares(skeleton(plain(row["text"])), train=100 - VALIDATION, validation=VALIDATION)
        yield {"question": "", "worked": row["text"], "split": part}
    if not found and anew:
        raise DataError(f"{folder} has no call that passes inline.thresholds; lower them")
    if not found:
        raise DataError(f"{folder} holds no annotated texts; give the kept/ folder of a run of jobs.annotate")


def solutions_of(data: DataConfig) -> Iterator[dict[str, str]]:
    """Worked answers of a data set's train and validation rows, as raw rows."""
    from toolschool.datasets.solutions import solution

    for part, row in ingest.rows_to_learn(data, VALIDATION):
        yield {**solution(data.source, row)._asdict(), "split": part}


class Encode:
    """The transform: raw rows to token rows."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        from toolschool.models.backbone import load_tokenizer

        self.config = InlineRows.model_validate(config)
        self.tokenizer = load_tokenizer(self.config.model)
        self.prompt = self.config.tools[0].load().prompt

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.encode, rows)

    def encode(self, row: dict[str, Any]) -> Outputs:
        raw = json.loads(row["raw"])
        ids, labels = self.tokens(raw["question"], raw["worked"])
        if len(ids) > self.config.max_length:
            raise RowError(
                f"{len(ids)} tokens are more than max_length={self.config.max_length}; raise it or drop the row"
            )
        return {f"inline/{raw['split']}": [{"id": row["key"], "input_ids": ids, "labels": labels}]}

    def tokens(self, question: str, worked: str) -> tuple[list[int], list[int]]:
        """Ids and labels of a row in the style that is wanted."""
        from toolschool.methods.toolformer.merging import encode_merged, split

        whole, markers = question + worked, self.config.markers
        if self.config.style == "annotated":
            ids = [*encode_merged(self.tokenizer, whole, markers), self.tokenizer.eos_token_id]
            return ids, ids
        if self.config.style == "annotator":
            prompt = self.prompt.replace(TEXT, split(whole, markers)[0])
            return self._row(prompt, encode_merged(self.tokenizer, whole, markers, results=False))
        if not question:
            raise RowError(f"a text without a question has no style {self.config.style}; use inline.style=annotated")
        answer = split(worked, markers)[0] if self.config.style == "pure" else worked
        return self._row(question, encode_merged(self.tokenizer, answer, markers))

    def _row(self, prompt: str, completion: list[int]) -> tuple[list[int], list[int]]:
        """Only the completion and the end are supervised."""
        from toolschool.models.templates import IGNORED

        before, after = (
            self.tokenizer(prompt, add_special_tokens=False)["input_ids"],
            [*completion, self.tokenizer.eos_token_id],
        )
        return before + after, [IGNORED] * len(before) + after


def prepare_inline(
    run: str,
    raw: Iterator[Mapping[str, str]],
    rows: InlineRows,
    shape: Shape,
    on_progress: OnProgress | None = None,
) -> StageResult:
    """Write the rows into `<run>/inline/`. Needs a connected Ray; can be repeated after a kill."""
    from toolschool.models.backbone import fingerprint, load_tokenizer
    from toolschool.records import token_schema

    source = files.join(run, "source")
    ingest.write_sources(source, [ingest.row_source("inline", raw)])
    mark = fingerprint(load_tokenizer(rows.model))
    made_by = rows.model_dump(mode="json")
    result = run_stage(
        Stage(
            "rows",
            source,
            run,
            Encode,
            {f"inline/{part}": token_schema() for part in ingest.PARTS},
            kwargs={"config": made_by},
            settings={"tokenizer": mark},
            actors=shape.actors,
            cpus=shape.cpus,
        ),
        on_progress,
    )
    card = {"method": "toolformer", **{key: made_by[key] for key in ("style", "markers", "tools")}}
    write_cards(files.join(run, "inline"), card, mark, made_by, files.sha256(source))
    return result


def holds_texts(data: DataConfig) -> bool:
    """Whether data.path is the kept/ or scored/ of an annotation, not the folder of a data set."""
    return _last(data.path) in ("kept", SCORED)


def _last(path: str | None) -> str:
    return (path or "").rstrip("/").rpartition("/")[2]


def check_inline(rows: InlineRows, data: DataConfig) -> None:
    """ConfigError or DataError for what cannot work, before anything starts."""
    from toolschool.datasets.registry import source_named
    from toolschool.datasets.solutions import SOLUTIONS
    from toolschool.methods.toolformer.tools import load_tools

    load_tools(rows.tools)
    if data.path and _last(data.path) == SCORED:
        check_thresholds(rows.thresholds, data.path)
    elif rows.thresholds:
        raise ConfigError(
            "inline.thresholds are for data.path=RUN/scored of an annotation: kept/ has the calls that passed its own"
        )
    if holds_texts(data):
        if rows.style in ("pure", "instruct"):
            raise ConfigError(
                f"annotated texts have no questions: inline.style={rows.style} needs data.source, not data.path"
            )
        return
    if data.source not in SOLUTIONS:
        raise DataError(
            f"{data.source} has no worked answers; use {', '.join(SOLUTIONS)}, or data.path=RUN/kept of an annotation"
        )
    if source_named(data.source).generate and (data.path or not data.limit):
        raise DataError(f"{data.source} is generated: set data.limit, and no data.path but the kept/ of an annotation")
