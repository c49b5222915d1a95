"""Toolformer's four steps as transforms of a stage, one row per document (`toolformer.py` strings them together).

    Select     which tools a text is tried with
    Annotate   where a call may stand, and the calls a model writes there
    Execute    what the calls give, equal ones asked once
    Filter     the loss of the text behind each call, with and without its result; the texts with the calls that help

Every row keeps what the steps before it found, so that the last table tells a document's whole story. A model's batches are
made within one document: a row's numbers do not depend on the rows beside it, and a run that was killed ends with the same bits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from pipelines.ingest import read_object
from pipelines.stage import Outputs, Rows, each
from toolschool.config import Config
from toolschool.errors import RowError, ToolError
from toolschool.methods.toolformer.markers import Markers
from toolschool.methods.toolformer.tools import InlineCall, ToolUse, execute, load_tools

if TYPE_CHECKING:
    import pyarrow as pa

    from toolschool.methods.toolformer.losses import CallLosses
    from toolschool.methods.toolformer.tools import InlineTool
    from toolschool.models.likelihood import LikelihoodModel

Row = dict[str, Any]


class AnnotateRows(Config):
    """Which model annotates texts with which tools."""

    model: str = "assets/nano"
    """Folder or hub id of the model that is to be taught: it samples, and it judges."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Of its weights; with bfloat16 gains near tau_f may fall on the other side."""
    tools: tuple[ToolUse, ...] = Field(default=(ToolUse(use="calculator"),), min_length=1)
    """The tools, each tried with every text its rule wants."""
    markers: Markers = Markers()
    """How a call is written; fine-tuning and inference need the same."""
    screen: float | None = Field(default=None, ge=0)
    """Nats: look at calls in bfloat16 first and drop those whose gain is so far below tau_f; what stays is scored exactly. Neither with a
    server nor on hardware that is no faster in bfloat16; there, as by default, all calls are looked at exactly."""
    max_length: int = Field(default=1024, ge=16)
    """Longest document in tokens; longer ones are quarantined: cut them into passages before."""
    seed: int = 0
    """Seed of the samples."""


def selected_schema() -> pa.Schema:
    """A document and the tools it is tried with."""
    import pyarrow as pa

    text = pa.string()
    return pa.schema([*((name, text) for name in ("key", "raw", "text", "date")), ("tools", pa.list_(text))])


def annotated_schema() -> pa.Schema:
    """Also: the places that were tried, the distinct calls, and the samples that were none."""
    import pyarrow as pa

    return pa.schema([*selected_schema(), ("places", pa.list_(_place())), ("calls", pa.list_(_call())), _failures()])


def executed_schema() -> pa.Schema:
    """Also: each call's result, or why it has none."""
    import pyarrow as pa

    return pa.schema([*annotated_schema(), ("results", pa.list_(_struct(result="string", error="string")))])


def scored_schema() -> pa.Schema:
    """Also: each call's losses in nats (null where they could not change the decision) and whether it is kept."""
    import pyarrow as pa

    losses = _struct(plain="float64", empty="float64", done="float64", gain="float64", kept="bool")
    return pa.schema([*executed_schema(), ("losses", pa.list_(losses))])


def kept_schema() -> pa.Schema:
    """A text with the calls that help: what a model is fine-tuned on."""
    import pyarrow as pa

    return pa.schema([("id", pa.string()), ("text", pa.string()), ("calls", pa.int32())])


def _place() -> pa.DataType:
    return _struct(tool="string", place="int32", at="int32", probability="float64", loss="float64", pruned="bool")


def _call() -> pa.DataType:
    return _struct(tool="string", place="int32", at="int32", argument="string", samples="int32")


def _failures() -> tuple[str, pa.DataType]:
    import pyarrow as pa

    return "failures", pa.list_(_struct(tool="string", reason="string", samples="int32"))


def _struct(**kinds: str) -> pa.DataType:
    import pyarrow as pa

    return pa.struct([(name, pa.type_for_alias(kind)) for name, kind in kinds.items()])


class Select:
    """Raw rows to documents with the tools that want them; a document no tool wants gives no row."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.tools = load_tools(AnnotateRows.model_validate(config).tools)

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.select, rows)

    def select(self, row: Row) -> Outputs:
        from toolschool.methods.toolformer.documents import read_document

        document = read_document(read_object(row["raw"]))
        tools = [name for name, tool in self.tools.items() if tool.wants(document)]
        if not tools:
            return {}
        date = document.date.isoformat() if document.date else None
        return {
            "selected": [{"key": row["key"], "raw": row["raw"], "text": document.text, "date": date, "tools": tools}]
        }


class _WithModel:
    """What both steps with a model share."""

    def __init__(self, config: Mapping[str, Any], url: str | None = None) -> None:
        from toolschool.models.likelihood import open_lm

        self.config = AnnotateRows.model_validate(config)
        self.tools = load_tools(self.config.tools)
        self.markers = self.config.markers
        self.lm: LikelihoodModel = open_lm(self.config.model, dtype=self.config.dtype, url=url)


class Annotate(_WithModel):
    """Documents to places and sampled calls."""

    def __init__(self, config: Mapping[str, Any], url: str | None = None) -> None:
        from toolschool.methods.toolformer.annotation import Annotator

        super().__init__(config, url)
        self.annotators = {name: Annotator(self.lm, tool, self.markers) for name, tool in self.tools.items()}

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.annotate, rows)

    def annotate(self, row: Row) -> Outputs:
        from toolschool.methods.toolformer.documents import encode, places
        from toolschool.methods.toolformer.losses import plain_losses

        tokens = encode(self.lm.tokenizer, row["text"])
        if len(tokens.ids) > self.config.max_length:
            raise RowError(f"{len(tokens.ids)} tokens are more than max_length={self.config.max_length}; cut the text")
        first = 0 if self.lm.begin else 1  # without a begin token the first token has no probability
        found: dict[str, list[Row]] = {"places": [], "calls": [], "failures": []}
        losses = plain_losses(self.lm, tokens.ids, range(first, len(tokens.ids)), self.lm.begin)
        for name in row["tools"]:
            allowed = places(tokens, row["text"], first, self.tools[name].preset.inside_words)
            seed = f"{self.config.seed}/{row['key']}/{name}"
            made = self.annotators[name].annotate(row["text"], tokens.ids, {i: losses[i] for i in allowed}, seed)
            found["places"] += [
                {"tool": name, "place": p.index, "at": tokens.starts[p.index]}
                | {"probability": p.probability, "loss": p.loss, "pruned": p.pruned}
                for p in made.places
            ]
            found["calls"] += [
                {"tool": name, "place": i, "at": tokens.starts[i], "argument": argument, "samples": samples}
                for i, calls in sorted(made.calls.items())
                for argument, samples in sorted(calls.items())
            ]
            found["failures"] += [
                {"tool": name, "reason": reason, "samples": n} for reason, n in sorted(made.failures.items())
            ]
        return {"annotated": [{**row, **found}]}


class Execute:
    """Calls to results: all distinct calls of a batch of documents at once, those of earlier batches not again."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.tools = load_tools(AnnotateRows.model_validate(config).tools)
        self.known: dict[str, str | ToolError] = {}

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        wanted = [
            InlineCall(call["tool"], call["argument"], datetime.fromisoformat(row["date"]) if row["date"] else None)
            for row in rows
            for call in row["calls"]
        ]
        results = iter(asyncio.run(execute(self.tools, wanted, self.known)))
        return [
            {"executed": [{**row, "results": [self._result(row, c, next(results)) for c in row["calls"]]}]}
            for row in rows
        ]

    def _result(self, row: Row, call: Row, result: str | ToolError) -> Row:
        if not self.tools[call["tool"]].fits(call["argument"], row["text"][: call["at"]]):
            return {"result": None, "error": f"{call['tool']} does not fit there"}
        if isinstance(result, ToolError):
            return {"result": None, "error": str(result)}
        return {"result": result, "error": None}


class Filter(_WithModel):
    """Executed calls to losses, and the text with the calls whose result helps by tau_f."""

    def __init__(self, config: Mapping[str, Any], url: str | None = None) -> None:
        from toolschool.methods.toolformer.losses import Screen
        from toolschool.models.likelihood import open_lm
        from toolschool.models.precision import bfloat16_is_faster

        super().__init__(config, url)
        margin = self.config.screen
        self.screen: Screen | None = None
        if margin is not None and url is None and bfloat16_is_faster():
            self.screen = Screen(open_lm(self.config.model, dtype="bfloat16"), margin)

    def __call__(self, rows: Rows) -> list[Outputs | RowError]:
        return each(self.filter, rows)

    def filter(self, row: Row) -> Outputs:
        from toolschool.methods.toolformer.documents import encode

        ids = encode(self.lm.tokenizer, row["text"]).ids
        losses: list[Row] = [{} for _ in row["calls"]]
        for name, tool in self.tools.items():
            mine = [i for i, call in enumerate(row["calls"]) if call["tool"] == name and row["results"][i]["result"]]
            for i, found in zip(mine, self._losses(row, ids, tool, mine), strict=True):
                losses[i] = {"plain": found.plain, "empty": found.empty, "done": found.done}
                losses[i] |= {"gain": found.gain, "kept": found.kept}
        scored = {**row, "losses": losses}
        kept = kept_row(scored, [bool(loss.get("kept")) for loss in losses], self.markers)
        return {"scored": [scored]} | ({"kept": [kept]} if kept else {})

    def _losses(self, row: Row, ids: list[int], tool: InlineTool, which: Iterable[int]) -> list[CallLosses]:
        from toolschool.methods.toolformer.losses import CallIds, call_losses

        plain = {place["place"]: place["loss"] for place in row["places"] if place["tool"] == tool.name}
        calls = [
            CallIds(
                row["calls"][i]["place"],
                self._before(row["calls"][i], ""),
                self._before(row["calls"][i], row["results"][i]["result"]),
            )
            for i in which
        ]
        return call_losses(self.lm, ids, calls, plain, tool.preset.tau_f, self.lm.begin, self.screen)

    def _before(self, call: Row, result: str) -> tuple[int, ...]:
        """Tokens of e(c, r) as they stand before the text, encoded apart from it."""
        written = self.markers.call(call["tool"], call["argument"], result)
        return tuple(self.lm.tokenizer(f"{written} ", add_special_tokens=False)["input_ids"])


def kept_row(scored: Row, passes: Sequence[bool], markers: Markers) -> Row | None:
    """The text of a scored row with those of its calls that pass, as a row of kept/; None where none does."""
    from toolschool.methods.toolformer.merging import Kept, best, merge

    kept = [
        Kept(call["at"], call["place"], markers.call(call["tool"], call["argument"], result["result"]), loss["gain"])
        for call, result, loss, stays in zip(scored["calls"], scored["results"], scored["losses"], passes, strict=True)
        if stays
    ]
    return {"id": scored["key"], "text": merge(scored["text"], kept), "calls": len(best(kept))} if kept else None
