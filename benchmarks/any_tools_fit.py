"""Fit the scale on which tools that ToolRAG was not trained with stand beside the trained ones, and write it into the folder.

    export TOOLSCHOOL_DATA=../shared/data
    python -m benchmarks.any_tools_fit --to assets/tinyagent/toolrag          # three minutes on one core

Fitted on validation rows: requests for the desk (tinyagent, written ones, the generator), requests for none of its tools, and requests
for MetaTool's 199 tools; in catalogues of the desk alone and beside 30 to 2,700 other tools, of 2 to 30 tools, and of tools without the desk.
No request of Seal-Tools and no test row is fitted on; test rows give the numbers that go into the card. `any_tools.py` measures more.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.any_tools_rows import NONE, SHIPPED, Asked, Readers, requests, tools_of
from toolschool.methods.tinyagent.joint import Joint, Trial, expected_error, fit_joint
from toolschool.models.encoder import MINILM_HUB
from toolschool.records import Tool

SMALL = (2, 30)  # other tools in a small catalogue
FOREIGN = 1050  # requests for other tools
WRITTEN = 400
CHECKED = 300  # test requests of a source


def trials(readers: Readers) -> Iterator[Trial]:
    """Requests that may select, each in one catalogue or several."""

    def read(source: str, limit: int | None = None) -> list[Asked]:
        return readers.read(requests(source, "validation", "select", limit))

    desk, meta, many = (tools_of(source) for source in ("desk", "metatool", "toolbench"))
    drawn = random.Random(0)
    alone, beside, crowd = (readers.catalogue([*desk, *others]) for others in ((), meta, many))
    few = readers.catalogue([*desk, *drawn.sample(many, SMALL[1])])
    for asked in read("tinyagent"):
        yield from (catalogue.trial(asked) for catalogue in (alone, beside, few, crowd))
    for place, asked in enumerate([*read("written", WRITTEN), *read("desk")]):
        yield (alone, beside, few)[place % 3].trial(asked)
    yield from map(beside.trial, read(NONE))
    foreign = read("metatool", FOREIGN)
    yield from map(readers.catalogue(meta).trial, foreign[0::3])
    yield from map(beside.trial, foreign[1::3])
    yield from map(readers.catalogue([*meta, *many]).trial, foreign[2::9])
    for asked in foreign[0::3]:
        yield readers.catalogue(_small(asked, desk, meta, drawn)).trial(asked)


def _small(asked: Asked, desk: Sequence[Tool], others: Sequence[Tool], drawn: random.Random) -> list[Tool]:
    """The request's tools and a few others, half of the time beside the desk."""
    some = {tool.name for tool in drawn.sample(others, drawn.randint(*SMALL))} | asked.gold
    return [*(desk if drawn.random() < 0.5 else ()), *(tool for tool in others if tool.name in some)]


def measured(readers: Readers, joint: Joint) -> dict[str, dict[str, float]]:
    """On test requests in the desk beside MetaTool's tools: how far probabilities are from what is wanted, and how many tools each expects."""
    beside = readers.catalogue([*tools_of("desk"), *tools_of("metatool")])
    found = {}
    for source in ("tinyagent", "metatool"):
        asked = map(beside.trial, readers.read(requests(source, "test", "test", CHECKED)))
        pairs = [(joint.probabilities(trial.evidence, trial.logits), trial.wanted) for trial in asked]
        probabilities, wanted = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
        found[source] = {
            "calibration_error": round(expected_error(probabilities, wanted), 4),
            "expected_tools": round(float(probabilities.sum()) / len(pairs), 2),
            "wanted_tools": round(float(wanted.sum()) / len(pairs), 2),
            "requests": len(pairs),
        }
    return found


def main(argv: Sequence[str] | None = None) -> int:
    from toolschool.models.classifier import read_card, write_card

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=SHIPPED, help="ToolRAG folder whose card gets the scale")
    options = parser.parse_args(argv)
    readers = Readers.load(options.to)
    joint = fit_joint(trials(readers), MINILM_HUB)
    metrics = {**read_card(options.to).get("metrics", {}), "joint": measured(readers, joint)}
    write_card(options.to, joint=joint.to_json(), metrics=metrics)
    print(joint, metrics["joint"], sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
