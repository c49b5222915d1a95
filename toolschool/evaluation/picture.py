"""A plan as a picture: boxes for calls, arrows for references, one column per wave of calls that can run together.

    svg = plan_svg(plan)          # text of an inline <svg>; colours follow the page around it

Self-contained SVG without scripts or fonts; all text in it is escaped. A plan whose references make no DAG (forward,
to itself) is drawn with those arrows left out and says so. Limit: long arguments are cut, the plan's text has them.
"""

from __future__ import annotations

from html import escape

from toolschool.plans.grammar import format_value
from toolschool.plans.references import dependencies
from toolschool.records import Call, Plan

_BOX = (210, 46)  # width, height in px
_GAP = (56, 16)
_LETTERS = 34  # of the smaller line that fit a box


def waves(plan: Plan) -> list[list[Call]]:
    """Calls in columns: each one column right of the last step it refers to; only references to earlier calls count."""
    column: dict[int, int] = {}
    columns: list[list[Call]] = []
    for call in plan.calls:
        place = max((column[source] + 1 for source in dependencies(call) if source in column), default=0)
        column.setdefault(call.id, place)
        columns.extend([] for _ in range(place + 1 - len(columns)))
        columns[place].append(call)
    return columns


def plan_svg(plan: Plan, label: str = "Plan as a graph") -> str:
    """The picture as an `<svg>` element; `label` is its alternative text."""
    columns = waves(plan)
    place: dict[int, tuple[int, int]] = {}
    boxes, arrows, dropped = [], [], 0
    for x, column in enumerate(columns):
        for y, call in enumerate(column):
            left, top = x * (_BOX[0] + _GAP[0]) + 1, y * (_BOX[1] + _GAP[1]) + 1
            boxes.append(_box(call, left, top))
            place.setdefault(call.id, (left, top))
    earlier: set[int] = set()
    for call in plan.calls:
        for source in dependencies(call):
            if source in earlier:
                arrows.append(_arrow(place[source], place[call.id]))
            else:
                dropped += 1
        earlier.add(call.id)
    width = max(len(columns), 1) * (_BOX[0] + _GAP[0]) - _GAP[0] + 2
    height = max((len(column) for column in columns), default=0) * (_BOX[1] + _GAP[1]) + (18 if dropped else 2)
    note = f'<text class="note" x="2" y="{height - 5}">{dropped} invalid references not drawn</text>' if dropped else ""
    head = f'<svg class="plan" role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    return f"{head}<title>{escape(label)}</title>{_ARROW_HEAD}{''.join(arrows)}{''.join(boxes)}{note}</svg>"


_ARROW_HEAD = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="head" d="M0 0 8 4 0 8z"/></marker></defs>'
)


def _box(call: Call, left: int, top: int) -> str:
    arguments = ", ".join(format_value(value) for value in call.args)
    shown = arguments if len(arguments) <= _LETTERS else arguments[: _LETTERS - 1] + "…"
    return (
        f'<g><title>{escape(arguments)}</title><rect x="{left}" y="{top}" width="{_BOX[0]}" height="{_BOX[1]}" rx="6"/>'
        f'<text class="tool" x="{left + 9}" y="{top + 19}">{call.id}. {escape(call.tool)}</text>'
        f'<text class="note" x="{left + 9}" y="{top + 36}">{escape(shown)}</text></g>'
    )


def _arrow(source: tuple[int, int], target: tuple[int, int]) -> str:
    x1, y1 = source[0] + _BOX[0], source[1] + _BOX[1] // 2
    x2, y2 = target[0] - 1, target[1] + _BOX[1] // 2
    bend = _GAP[0] // 2
    return f'<path class="edge" d="M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}" marker-end="url(#head)"/>'
