"""Requests with their calls, written as STE publishes them: for `jobs.predict`, for its examples, and for people to read.

write_items(run, examples, tools)                  # test.json: held back; train.json: learnt
write_rounds(run, examples, tools, batches)        # batches.json, until/<r>.json: held back, of all batches up to r
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipelines import files
from pipelines.ste_rounds import BATCHES_FILE, UNTIL
from toolschool.methods.ste.prompts import documentation
from toolschool.records import Tool

if TYPE_CHECKING:
    from toolschool.methods.ste.examples import Example

TEST, TRAIN = "test.json", "train.json"


def write_items(run: str, examples: Sequence[Example], tools: Sequence[Tool]) -> None:
    """`test.json`: requests held back, as they were explored; `train.json`: all that are learnt. Every tool has its place, perhaps empty."""
    learnt = [example for example in examples if example.part == "train"]
    for name, chosen in ((TEST, held_back(examples)), (TRAIN, learnt)):
        _write_items(files.join(run, name), chosen, tools)


def write_rounds(
    run: str, examples: Sequence[Example], tools: Sequence[Tool], batches: Sequence[Sequence[str]]
) -> None:
    """The batches, and for each round the requests held back of all batches so far."""
    if not batches:
        return
    files.write_text(files.join(run, BATCHES_FILE), json.dumps(batches, ensure_ascii=False, indent=1) + "\n")
    kept = held_back(examples)
    for number in range(len(batches)):
        known = {name for batch in batches[: number + 1] for name in batch}
        chosen = [example for example in kept if example.tool in known]
        _write_items(files.join(run, UNTIL, f"{number}.json"), chosen, [tool for tool in tools if tool.name in known])


def held_back(examples: Sequence[Example]) -> list[Example]:
    """Test requests, as they were explored."""
    return [example for example in examples if example.part == "test" and example.query == example.original]


def _write_items(uri: str, examples: Sequence[Example], tools: Sequence[Tool]) -> None:
    from toolschool.datasets.ste import item_row

    items: dict[str, list[dict[str, Any]]] = {tool.name: [] for tool in tools}
    said = {tool.name: documentation([tool]) for tool in tools}
    for example in examples:
        items[example.tool].append(item_row(example.query, example.tool, example.arguments, said[example.tool]))
    files.write_text(uri, json.dumps(items, ensure_ascii=False, indent=1) + "\n")
