"""Checks of ToolGen's rows before the first step: tools are known, their rows learn, and nothing but them is taught.

    check_tools(config.rows, rows, model, tokenizer, words)      # words: the tokens of `model.token_words`

Rows of the stages memorize and retrieve supervise one tool and the end of sequence, at their end; rows of stage act supervise thought, action
and input, step by step, and FINISH last. What a row must hold is read from the index beside it (`tool_index.json`); folders without one,
or elsewhere than here, are left alone. Limit: thoughts and inputs are not read, only where they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolschool.errors import ModelError, PreflightError
from toolschool.methods.toolgen.indexing import INDEX_FILE, ToolIndex
from toolschool.models.backbone import read_artifact
from toolschool.models.templates import IGNORED
from training.preflight import frozen_rows

if TYPE_CHECKING:
    from training.rows import Row, Rows

ACT = "act"
SHOWN = 3  # tools whose rows are tried for a gradient
STEP = 3  # supervised runs of a step: thought, action, input


def check_tools(folder: str, rows: Rows, model: Any, tokenizer: Any, words: Collection[str]) -> None:
    """PreflightError for what would train the wrong thing."""
    if "://" in folder or not (Path(folder) / INDEX_FILE).is_file():
        return
    index = ToolIndex.load(folder)
    try:
        codes = index.codes(tokenizer)
    except ModelError as error:
        raise PreflightError(str(error)) from None
    problems = [*size_faults(model, codes), *unlearnt(model, tokenizer, words)]
    if not problems:
        check = acting_fault if read_artifact(folder).get("stage") == ACT else finding_fault
        problems = row_faults(rows, codes, int(tokenizer.eos_token_id), check, tokenizer)
    if problems:
        raise PreflightError("; ".join(problems))


Check = Callable[["Row", Collection[tuple[int, ...]], tuple[int, ...]], str | None]


def row_faults(rows: Rows, codes: Sequence[Sequence[int]], end: int, check: Check, tokenizer: Any) -> list[str]:
    """What is wrong with how many rows, with the supervised text of the first. `codes` are the index's, FINISH first."""
    finish, *tools = [(*code, end) for code in codes]
    known = frozenset(tools)
    faults: dict[str, list[Row]] = {}
    for row in rows:
        if fault := check(row, known, finish):
            faults.setdefault(fault, []).append(row)
    return [
        f"{len(bad)} of {len(rows)} rows {fault} (first: {bad[0].id}, which teaches {_text(bad[0], tokenizer)!r}); "
        "prepare them again"
        for fault, bad in faults.items()
    ]


def finding_fault(row: Row, tools: Collection[tuple[int, ...]], finish: tuple[int, ...]) -> str | None:
    """What is wrong with a row of stage memorize or retrieve, as a phrase that follows "n rows"."""
    runs = supervised_runs(row)
    if len(runs) == 1 and runs[0] in tools and row.labels[-1] != IGNORED:
        return None
    return "do not supervise exactly one tool and the end of sequence, at their end"


def acting_fault(row: Row, tools: Collection[tuple[int, ...]], finish: tuple[int, ...]) -> str | None:
    """The same of stage act."""
    runs = supervised_runs(row)
    end = finish[-1]
    if any(run[-1] != end or end in run[:-1] for run in runs):
        return "supervise more than what the model writes: a taught turn has its one end of sequence at its end"
    if len(runs) % STEP or not runs:
        return "do not supervise whole steps of thought, action and input"
    *actions, last = runs[1::STEP]
    if last != finish or not all(action in tools for action in actions):
        return "do not supervise a tool in each step and FINISH in the last"
    return None


def supervised_runs(row: Row) -> list[tuple[int, ...]]:
    """Tokens that are supervised, those that follow each other together."""
    import numpy as np

    places = np.flatnonzero(row.labels != IGNORED)
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    return [tuple(row.input_ids[run].tolist()) for run in runs if len(run)]


def size_faults(model: Any, codes: Sequence[Sequence[int]]) -> list[str]:
    """Tools without a row in the model."""
    highest = max(max(code) for code in codes)
    sides = {"input": model.get_input_embeddings(), "output": model.get_output_embeddings()}
    return [
        f"the model has {side.weight.shape[0]} {name} rows and tools go up to {highest}: its tokenizer is not its own"
        for name, side in sides.items()
        if side.weight.shape[0] <= highest
    ]


def unlearnt(model: Any, tokenizer: Any, words: Collection[str]) -> list[str]:
    """Sides of new tokens' rows that get no gradient; the first tokens are tried."""
    some = tokenizer.convert_tokens_to_ids(list(words)[:SHOWN])
    return [f"the {side} of {tokenizer.decode([i])} does not learn" for side, i in frozen_rows(model, some)]


def _text(row: Row, tokenizer: Any) -> str:
    ids = row.input_ids[row.labels != IGNORED].tolist()
    return str(tokenizer.decode(ids, skip_special_tokens=False))[:80]
