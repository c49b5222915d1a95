"""Whether the results that a marked text states are those its calls give: the guard against data that teaches wrong sums.

check_results(marked)      # RowError for the first that does not agree
"""

from __future__ import annotations

from fractions import Fraction

from toolschool.datasets.marked import MarkedText
from toolschool.errors import RowError, ToolError
from toolschool.tools.arithmetic import OPERATORS, calculate_call
from toolschool.tools.numbers import read_number

TOLERANCE = Fraction(1, 1000)


def check_results(marked: MarkedText) -> None:
    """RowError where a stated result is neither within 0.1 % of the operator's nor equal to it at the decimals it shows, or the call cannot
    run. Spans of other tools are let through."""
    for span in marked.spans:
        if span.tool in OPERATORS and span.arguments:
            stated = marked.text[span.start : span.end]
            call = f"{span.tool}({', '.join(span.arguments)})"
            try:
                found, said = read_number(calculate_call(span.tool, span.arguments)), read_number(stated)
            except ToolError as error:
                raise RowError(f"{call} cannot run: {error}") from error
            half = Fraction(1, 2 * 10 ** len(stated.partition(".")[2]))
            if abs(found - said) > max(TOLERANCE * abs(found), half):
                raise RowError(
                    f"the text says {call} = {stated}, it is {float(found):.6g}; drop the row or put it right"
                )
