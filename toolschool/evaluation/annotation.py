"""What annotating texts gave, tool by tool: counts of every step, why calls were lost, how much they help.

counts = count_calls(rows)                       # rows of scored/ (pipelines/annotate.py)
show(steps_table(counts)); show(losses_table(counts))
Path("gains.png").write_bytes(gains_plot(counts))
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolschool.evaluation import plots
from toolschool.evaluation.tables import Table

_PARTICULARS = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d.,]*")
_WHERE = re.compile(r" \(<unknown>, line \d+\)")  # Python's parser
MOST = 8  # reasons of a tool that are listed
AROUND = 60  # characters shown on either side of a call


@dataclass
class CallCounts:
    """One tool's numbers. `gains` are L- - L+ in nats of the calls for which all three losses were worth knowing."""

    documents: int = 0
    places: int = 0
    pruned: int = 0  # places whose text is so likely that no call could help by tau_f
    samples: int = 0  # well-formed ones
    calls: int = 0  # distinct at their place
    executed: int = 0
    kept: int = 0
    unread: Counter[str] = field(default_factory=Counter)  # samples that are no calls
    failed: Counter[str] = field(default_factory=Counter)  # calls without a result
    gains: list[float] = field(default_factory=list)


def count_calls(rows: Iterable[Mapping[str, Any]]) -> dict[str, CallCounts]:
    """Counts by tool, of rows of scored/."""
    counts: dict[str, CallCounts] = {}
    for row in rows:
        for name in row["tools"]:
            counts.setdefault(name, CallCounts()).documents += 1
        for place in row["places"]:
            counts[place["tool"]].places += 1
            counts[place["tool"]].pruned += place["pruned"]
        for failure in row["failures"]:
            counts[failure["tool"]].unread[failure["reason"]] += failure["samples"]
        for call, result, losses in zip(row["calls"], row["results"], row["losses"], strict=True):
            _add(counts[call["tool"]], call, result, losses)
    return counts


def _add(count: CallCounts, call: Mapping[str, Any], result: Mapping[str, Any], losses: Mapping[str, Any]) -> None:
    count.samples += call["samples"]
    count.calls += 1
    if result["error"] is not None:
        count.failed[kind(result["error"])] += 1
        return
    count.executed += 1
    count.kept += bool(losses["kept"])
    if losses["gain"] is not None:
        count.gains.append(losses["gain"])


def kind(reason: str) -> str:
    """A reason without its particulars: what follows a semicolon, quoted texts and numbers."""
    return " ".join(_PARTICULARS.sub("…", _WHERE.sub("", reason).partition(";")[0]).split())


def steps_table(counts: Mapping[str, CallCounts]) -> Table:
    """A column per tool, a row per step."""
    rows = {
        "texts tried": [c.documents for c in counts.values()],
        "places tried": [c.places for c in counts.values()],
        "of them pruned": [c.pruned for c in counts.values()],
        "samples that are no call": [c.unread.total() for c in counts.values()],
        "samples that are calls": [c.samples for c in counts.values()],
        "distinct calls": [c.calls for c in counts.values()],
        "without a result": [c.failed.total() for c in counts.values()],
        "with a result": [c.executed for c in counts.values()],
        "of them helping too little": [c.executed - c.kept for c in counts.values()],
        "kept": [c.kept for c in counts.values()],
    }
    note = (
        "Pruned: the text there is so likely already that no call could help by tau_f, so none was sampled. "
        "Of kept calls that help with the same tokens, and of one at several places, only the one that helps most is written into the text."
    )
    return Table(
        "Calls from step to step",
        ("step", *counts),
        tuple((name, *(f"{value:,}" for value in values)) for name, values in rows.items()),
        note,
    )


def losses_table(counts: Mapping[str, CallCounts]) -> Table:
    """Why samples and calls were lost, the commonest reasons of each tool."""
    rows = [
        (name, step, reason, f"{n:,}")
        for name, count in counts.items()
        for step, reasons in (("read", count.unread), ("executed", count.failed))
        for reason, n in reasons.most_common(MOST)
    ]
    return Table("What was lost, and why", ("tool", "when", "reason", "count"), tuple(rows))


def shown_calls(rows: Iterable[Mapping[str, Any]], each: int, seed: int = 0) -> list[Table]:
    """Calls that were kept and calls that were refused, at most `each`, drawn at random (reservoir sampling), in the words around them."""
    pools: dict[bool, list[tuple[str, float]]] = {True: [], False: []}
    seen: Counter[bool] = Counter()
    chance = random.Random(seed)
    for row in rows:
        for call, result, losses in zip(row["calls"], row["results"], row["losses"], strict=True):
            if losses.get("gain") is None:
                continue
            kept = losses["kept"]
            seen[kept] += 1
            at = len(pools[kept]) if len(pools[kept]) < each else chance.randrange(seen[kept])
            if at < each:
                pools[kept][at : at + 1] = [(_around(row["text"], call, result["result"]), losses["gain"])]
    return [
        Table(title, ("call in its text", "gain (nats)"), tuple((call, f"{gain:.2f}") for call, gain in pools[kept]))
        for kept, title in ((True, "Calls that were kept"), (False, "Calls that were refused"))
    ]


def _around(text: str, call: Mapping[str, Any], result: str) -> str:
    at = call["at"]
    before, behind = " ".join(text[max(0, at - AROUND) : at].split()), " ".join(text[at : at + AROUND].split())
    return f"… {before} [{call['tool']}({call['argument']})->{result}] {behind} …"


def gains_plot(counts: Mapping[str, CallCounts], thresholds: Mapping[str, float]) -> bytes:
    """Histogram of L- - L+ by tool, with each tool's threshold."""
    import numpy as np

    figure, axes = plots.new_figure("How much calls help", "gain L⁻ - L⁺ (nats)", "calls")
    edges = [float(edge) for edge in np.linspace(-2, 6, 49)]
    for k, (name, count) in enumerate(counts.items()):
        colour = plots.colour_of(k)
        axes.hist(np.clip(count.gains, edges[0], edges[-1]), bins=edges, alpha=0.6, color=colour, label=name)
        axes.axvline(thresholds[name], color=colour, linestyle="--", linewidth=1.2)
    axes.legend(frameon=False)
    return plots.to_png(figure)
