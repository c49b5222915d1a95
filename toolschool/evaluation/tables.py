"""Result tables, once: on screen with rich, in a README as Markdown, in the report as HTML.

    table = planner_table({"nano": scores, "nano + constraint": other})
    show(table)                      # to the terminal
    text = to_markdown(table)       # for a README

A table is plain data (title, header, rows of text), so that all three show the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolschool.evaluation.intervals import Interval
from toolschool.evaluation.planner import PlannerScores
from toolschool.evaluation.toolrag import ToolRagScores

if TYPE_CHECKING:
    from rich.console import Console

FIRST_COLUMN = 44  # characters on a screen, at most

PLANNER_COLUMNS: Mapping[str, str] = {
    "success_published": "published success",
    "dag_strict": "DAG strict",
    "args_strict": "arguments strict",
    "state": "same state",
    "parse_failures": "parse failures",
    "truncated": "truncated",
    "empty": "empty",
}


@dataclass(frozen=True)
class Table:
    """A titled table; the first column names the row, the others hold numbers as text. `note` goes below it."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def planner_table(scores: Mapping[str, PlannerScores], title: str = "Planner") -> Table:
    """One row per metric, one column per system, in percent with intervals."""
    rows = [
        (label, *(percent(getattr(score, column)) for score in scores.values()))
        for column, label in PLANNER_COLUMNS.items()
    ]
    rows.append(("rows", *(str(score.rows) for score in scores.values())))
    note = "Percent of all rows, 95 % Wilson intervals. Published success ignores arguments; the strict ones do not."
    return Table(title, ("metric", *scores), tuple(rows), note)


def toolrag_table(scores: Mapping[str, ToolRagScores], title: str = "Tool retrieval") -> Table:
    """One row per metric, one column per system."""
    lines: dict[str, Callable[[ToolRagScores], str]] = {
        "set coverage": lambda score: percent(score.set_coverage),
        "mean recall": lambda score: percent(score.mean_recall),
        "precision": lambda score: _number(100 * score.precision, 1),
        "tools per query": lambda score: plain(score.mean_tools),
        "empty": lambda score: str(score.empty),
        "queries": lambda score: str(score.queries),
    }
    rows = tuple((label, *(cell(score) for score in scores.values())) for label, cell in lines.items())
    note = "Set coverage: queries whose gold tools are all retrieved. Percent, 95 % intervals (Wilson; bootstrap for means)."
    return Table(title, ("metric", *scores), rows, note)


def tool_recall_table(scores: Mapping[str, ToolRagScores], title: str = "Recall of each tool") -> Table:
    """One row per tool, one column per system, hardest tool of the first system first."""
    names = list(scores)
    first = scores[names[0]].per_tool
    tools = sorted(first, key=lambda tool: (math.isnan(first[tool]), first[tool]))
    rows = tuple((tool, *(_number(100 * scores[name].per_tool[tool], 1) for name in names)) for tool in tools)
    return Table(title, ("tool", *names), rows, "Percent of the queries that need the tool.")


def percent(interval: Interval | None) -> str:
    """`78.3 [72.1, 83.4]`, or a dash where there is no value."""
    if interval is None or math.isnan(interval.value):
        return "–"
    return f"{100 * interval.value:.1f}{_limits(interval, 100, 1)}"


def plain(interval: Interval) -> str:
    """`1.69 [1.50, 1.89]`, without limits where one item stands behind it, or a dash where there is no value."""
    return f"{_number(interval.value, 2)}{_limits(interval, 1, 2)}"


def to_markdown(table: Table) -> str:
    """A heading, a GitHub table with right-aligned numbers, and the note."""
    lines = [_line(table.header), _line(["---", *["---:"] * (len(table.header) - 1)]), *map(_line, table.rows)]
    note = ["", table.note] if table.note else []
    return "\n".join([f"### {table.title}", "", *lines, *note]) + "\n"


def show(table: Table, console: Console | None = None) -> None:
    """Print the table to the terminal."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table as RichTable

    rich_table = RichTable(title=escape(table.title), caption=escape(table.note) or None, title_justify="left")
    for k, name in enumerate(table.header):
        first = k == 0  # cut short where it is long: the numbers beside it must stay readable
        rich_table.add_column(
            escape(name),
            justify="left" if first else "right",
            no_wrap=first,
            overflow="ellipsis" if first else "fold",
            max_width=FIRST_COLUMN if first else None,
        )
    for row in table.rows:
        rich_table.add_row(*map(escape, row))  # "[72.1, 83.4]" must not be read as markup
    (console or Console()).print(rich_table)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _limits(interval: Interval, scale: float, digits: int) -> str:
    if math.isnan(interval.low):
        return ""
    return f" [{scale * interval.low:.{digits}f}, {scale * interval.high:.{digits}f}]"


def _number(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"
