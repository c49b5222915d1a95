"""What became of recorded runs, as tables and pictures: rows and reasons, and each tool's calls.

harvest_tables(rows=120, left_out={"a step was failed": 14}, calls=calls)
reasons_plot(120, left_out); calls_plot(calls)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from toolschool.evaluation import plots
from toolschool.evaluation.tables import Table
from toolschool.methods.tinyagent.harvest import TRIED, Called

SHOWN = 30  # tools in the picture


def harvest_tables(rows: int, left_out: Mapping[str, int], calls: Iterable[Called]) -> list[Table]:
    """Runs by what became of them, and tools by what came of their calls."""
    total = rows + sum(left_out.values())
    became = [("training rows", rows), *left_out.items()]
    runs = Table("Runs", ("", "runs", "%"), tuple((name, f"{n:,}", _share(n, total)) for name, n in became))
    return [runs, _tools(_by_tool(calls))]


def _tools(found: Mapping[str, Counter[str]]) -> Table:
    lines = []
    for name, statuses in found.items():
        bad, total = _failed(statuses), statuses.total()
        other = total - bad - statuses["ok"]
        lines.append((name, f"{total:,}", f"{statuses['ok']:,}", f"{bad:,}", f"{other:,}", _share(bad, total)))
    note = "Failed: by the tool, or called wrongly. Other: skipped, declined, repeated or unfinished."
    return Table("Calls", ("tool", "calls", "ok", "failed", "other", "failed %"), tuple(lines), note)


def _by_tool(calls: Iterable[Called]) -> dict[str, Counter[str]]:
    """Statuses of each tool's calls, the tools that failed most often first."""
    found: dict[str, Counter[str]] = {}
    for call in calls:
        found.setdefault(call.tool, Counter())[call.status] += 1
    return dict(sorted(found.items(), key=lambda item: (-_failed(item[1]), item[0])))


def _failed(statuses: Counter[str]) -> int:
    return sum(statuses[status] for status in TRIED)


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.1f}" if of else "–"


def reasons_plot(rows: int, left_out: Mapping[str, int]) -> bytes:
    """A bar for the rows, and one for each reason that left runs out."""
    names = ["training rows", *left_out]
    figure, axes = plots.new_figure("What became of the runs", "runs", "")
    figure.set_figheight(1.4 + 0.3 * len(names))
    colours = [plots.colour_of(2), *(plots.colour_of(1) for _ in left_out)]
    axes.barh(range(len(names), 0, -1), [rows, *left_out.values()], 0.7, color=colours)
    axes.set_yticks(range(len(names), 0, -1), [_short(name) for name in names], fontsize=8)
    axes.grid(axis="y", visible=False)
    return plots.to_png(figure)


def calls_plot(calls: Iterable[Called]) -> bytes:
    """A bar for each tool: calls that went well, failed, and neither; the SHOWN that failed most often."""
    found = dict(list(_by_tool(calls).items())[:SHOWN])
    figure, axes = plots.new_figure("Calls by tool, what failed most first", "calls", "")
    figure.set_figheight(1.6 + 0.25 * len(found))
    places, left = range(len(found), 0, -1), [0] * len(found)
    ok, bad = [each["ok"] for each in found.values()], [_failed(each) for each in found.values()]
    other = [each.total() - a - b for each, a, b in zip(found.values(), ok, bad, strict=True)]
    for label, counts, colour in (("ok", ok, 2), ("failed", bad, 1), ("other", other, 0)):
        axes.barh(places, counts, 0.7, left=left, color=plots.colour_of(colour), label=label)
        left = [a + b for a, b in zip(left, counts, strict=True)]
    axes.set_yticks(list(places), [_short(name) for name in found], fontsize=8)
    axes.grid(axis="y", visible=False)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return plots.to_png(figure)


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:39]}…"
