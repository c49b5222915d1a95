"""Text with Toolformer's inline calls, `[Calculator(48 / 2)->24] 24`, in the forms that the method needs a model to know.

    plain(text)            # the calls taken out
    prefixed(text, 0)      # call 0 with its result before the plain text: what the filter scores (reference 2.3)
    annotation(text)       # "Input: plain / Output: with calls, no results": what the sampling prompt asks for (reference 4)

A call stands right before the words that its result explains. Limit: results hold no closing bracket.
"""

from __future__ import annotations

import random
import re

CALL = re.compile(r"\[(\w+)\(([^\[\]]*)\)->([^\[\]]*)\] ?")
# How often each form is shown; a text without calls stays as it is.
FORMS = {"prefixed": 0.4, "annotation": 0.25, "inline": 0.25, "plain": 0.1}


def plain(text: str) -> str:
    """The text without its calls."""
    return CALL.sub("", text)


def without_results(text: str) -> str:
    """The text with its calls as they are before anything was executed."""
    return CALL.sub(r"[\1(\2)] ", text)


def prefixed(text: str, which: int, result: str | None = None) -> str:
    """One call with its result (or another `result`) before the plain text."""
    name, argument, answer = CALL.findall(text)[which]
    return f"[{name}({argument})->{answer if result is None else result}] {plain(text)}"


def annotation_prompt(text: str, tool: str) -> str:
    """The short prompt after which the text is written again with calls."""
    return f"Add {tool} calls.\nInput: {plain(text)}\nOutput:"


def annotation(text: str) -> str:
    """Prompt and answer: the text with its calls, which have no results yet."""
    tool = CALL.findall(text)[0][0]
    return f"{annotation_prompt(text, tool)} {without_results(text)}"


def some_form(text: str, rng: random.Random) -> str:
    """The text in one of its forms."""
    calls = len(CALL.findall(text))
    form = rng.choices(list(FORMS), list(FORMS.values()))[0] if calls else "plain"
    if form == "prefixed":
        return prefixed(text, rng.randrange(calls))
    if form == "annotation":
        return annotation(text)
    return plain(text) if form == "plain" else text
