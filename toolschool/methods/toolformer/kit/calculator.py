"""The calculator, `[Calculator(27 + 4 * 2)]`: exact, two decimals (`toolschool/tools/calculator.py`)."""

from __future__ import annotations

from toolschool.methods.toolformer.presets import PRESETS
from toolschool.methods.toolformer.selection import wants_calculator
from toolschool.methods.toolformer.tools import InlineTool
from toolschool.tools.calculator import calculator_tool

PROMPT = """\
Your task is to add calls to a Calculator API to a piece of text. The calls should compute numbers that the text states. \
Write a call as "[Calculator(expression)]", where "expression" is what has to be computed. Here are some examples of API calls:

Input: The choir has 27 singers, and 14 of them are children, so there are 13 adults.
Output: The choir has 27 singers, and 14 of them are children, so there are [Calculator(27 - 14)] 13 adults.

Input: Each of the 36 crates weighs 18.5 kg, which makes a load of 666 kg.
Output: Each of the 36 crates weighs 18.5 kg, which makes a load of [Calculator(36 * 18.5)] 666 kg.

Input: Out of 1,250 tickets 1,000 were sold, or 80% of all.
Output: Out of 1,250 tickets 1,000 were sold, or [Calculator(1,000 / 1,250 * 100)] 80% of all.

Input: She ran 5 km on Monday, 7 km on Wednesday and 12 km on Sunday, a total of 24 km.
Output: She ran 5 km on Monday, 7 km on Wednesday and 12 km on Sunday, a total of [Calculator(5 + 7 + 12)] 24 km.

Input: The bridge was opened in 1934 and closed in 1981, after 47 years.
Output: The bridge was opened in 1934 and closed in 1981, after [Calculator(1981 - 1934)] 47 years.

Input: {text}
Output:"""


def tool() -> InlineTool:
    """The tool, with the paper's settings for calculators."""
    return InlineTool(
        "Calculator",
        calculator_tool(),
        PROMPT,
        wants=lambda document: wants_calculator(document.text),
        preset=PRESETS["calculator"],
    )
