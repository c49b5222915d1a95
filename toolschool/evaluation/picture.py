"""A plan as a picture: boxes for calls, arrows for references, one column per wave of calls that can run together.

    svg = plan_svg(plan)          # text of an inline <svg>; colours follow the page around it

Self-contained SVG without scripts or fonts; all text in it is escaped. A plan whose references make no DAG (forward,
to itself) is drawn with those arrows left out and says so. Limits: long arguments are cut, the plan's text has them; of steps with
the same number only the last is drawn.
"""

from __future__ import annotations

from html import escape

from toolschool.plans.grammar import format_value
from toolschool.plans.graph import graph, waves
from toolschool.plans.references import dependencies
from toolschool.records import Call, Plan

_BOX = (210, 46)  # width, height in px
_GAP = (56, 16)
_LETTERS = 34  # of the smaller line that fit a box


def plan_svg(plan: Plan, label: str = "Plan as a graph") -> str:
    """The picture as an `<svg>` element; `label` is its alternative text."""
    calls = {call.id: call for call in plan.calls}
    columns = waves(plan)
    place = {
        step: (x * (_BOX[0] + _GAP[0]) + 1, y * (_BOX[1] + _GAP[1]) + 1)
        for x, column in enumerate(columns)
        for y, step in enumerate(column)
    }
    edges = graph(plan).edges
    dropped = sum(len(dependencies(call)) for call in calls.values()) - len(edges)
    width = max((left for left, _ in place.values()), default=0) + _BOX[0] + 1
    height = max((top for _, top in place.values()), default=0) + _BOX[1] + (20 if dropped else 1)
    drawn = [_arrow(place[source], place[target]) for source, target in edges]
    drawn += [_box(call, *place[step]) for step, call in calls.items()]
    if dropped:
        drawn.append(f'<text class="note" x="2" y="{height - 5}">not drawn: {dropped} invalid reference(s)</text>')
    head = f'<svg class="plan" role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    return f"{head}<title>{escape(label)}</title>{_ARROW_HEAD}{''.join(drawn)}</svg>"


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
