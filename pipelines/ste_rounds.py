"""Rounds of tools: which rows teach a batch of tools to a model that knows the earlier ones (continual learning; arXiv 2403.04746, section 4.4).

    batches = cut(SteRounds(batches=4), tool_names, seed=0)         # [["a", "e", ...], ["b", ...], ...]
    folders = folders_of(rows, batches, rounds, seed=0)             # per row: "rounds/1", "replay/2", ...

`rounds/<r>` has the rows of batch r and the rows in normal mode, `replay/<r>` also a share of each earlier batch, drawn over the whole batch and
the same in every later round, as published. A run has them beside `ste/`, which holds all rows, and `until/<r>.json`: the requests held back of
all batches up to r.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from toolschool.config import Config
from toolschool.errors import ConfigError

BATCHES_FILE = "batches.json"
ALONE, REPLAY, UNTIL = "rounds", "replay", "until"


class SteRounds(Config):
    """Tools that come in batches, one round of training after the other."""

    batches: int | tuple[tuple[str, ...], ...] = 4
    """How many batches of equal size the tools are cut into by lot, or the tools' names batch by batch."""
    rehearsal: float = Field(default=0.1, gt=0, le=1)
    """Share of each earlier batch's rows that `replay/` says again."""


def cut(rounds: SteRounds, tools: Sequence[str], seed: int) -> list[list[str]]:
    """The batches, in each the tools in their own order. ConfigError: too few tools, or names that are not the tools'."""
    if isinstance(rounds.batches, int):
        if not 2 <= rounds.batches <= len(tools):
            raise ConfigError(f"ste.rounds.batches is {rounds.batches}; {len(tools)} tools make 2 to {len(tools)}")
        order = random.Random(seed).sample(range(len(tools)), len(tools))
        return [[tools[place] for place in sorted(order[r :: rounds.batches])] for r in range(rounds.batches)]
    named = [name for batch in rounds.batches for name in batch]
    odd = sorted(set(named) ^ set(tools)) or sorted({name for name in named if named.count(name) > 1})
    if odd:
        raise ConfigError(f"ste.rounds.batches must name every explored tool once; look at {odd[0]}")
    return [list(batch) for batch in rounds.batches]


def round_folders(count: int) -> list[str]:
    """All folders of rows that `count` rounds have."""
    return [*(f"{ALONE}/{r}" for r in range(count)), *(f"{REPLAY}/{r}" for r in range(1, count))]


def folders_of(
    rows: Sequence[Mapping[str, Any]], batches: Sequence[Sequence[str]], rounds: SteRounds, seed: int
) -> list[list[str]]:
    """The folders of each row, in the rows' order; a row without `tool` is one in normal mode and goes to all."""
    batch_of = {tool: number for number, batch in enumerate(batches) for tool in batch}
    taught = [batch_of.get(row.get("tool", "")) for row in rows]
    again = {place for batch in range(len(batches)) for place in _sample(rows, taught, batch, rounds.rehearsal, seed)}
    everywhere = round_folders(len(batches))
    folders: list[list[str]] = []
    for place, batch in enumerate(taught):
        if batch is None:
            folders.append(everywhere)
            continue
        own = [f"{ALONE}/{batch}", *([f"{REPLAY}/{batch}"] if batch else [])]
        later = [f"{REPLAY}/{r}" for r in range(batch + 1, len(batches))] if place in again else []
        folders.append([*own, *later])
    return folders


def _sample(
    rows: Sequence[Mapping[str, Any]], taught: Sequence[int | None], batch: int, share: float, seed: int
) -> list[int]:
    """Places of a batch's rows that later rounds say again, of every part its share."""
    found: list[int] = []
    for part in sorted({str(row["part"]) for row in rows}):
        places = [place for place, row in enumerate(rows) if taught[place] == batch and row["part"] == part]
        found += random.Random(f"{seed}/{batch}/{part}").sample(places, round(share * len(places)))
    return found
