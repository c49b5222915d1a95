"""ToolkenGPT's and its small-model successors' scores, bug for bug: what the published numbers mean. Report the strict ones next to them.

    said = parse_answer(" So, the answer is -3.", "answer is")    # "3": the sign of a whole number is lost
    exact(said, 3), approx(said, 3), rounded(said, 3), exact_match(said, 3)
    relation_is_right("<P175>(...", "P17", aliases=[])            # True: P17 is a part of P175
    action_score(plan, gold)                                      # share of action tags in place, objects ignored

Reference: `evaluation/metrics.py` and notebooks of Ber666/ToolkenGPT (arXiv 2305.11554), and ErenSenoglu/toolken, of which are `exact` and `rounded` and the
score of VirtualHome. Each set was published under other rules: FuncQA of small models is `exact`, their GSM8K-XL `exact_match`, ToolkenGPT's
own tables 0.1 % (`approx`; a comment of the successors calls it 1 %). Never compare across. A gold number is a float or text that `float` reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Literal

_NUMBER = re.compile(r"[-+]?\d*\.\d+|\d+")  # a sign only before decimals
_ACTION = re.compile(r"\[[A-Z]+\]")

Answer = str | int  # text, or the number 0 where there is none
Gold = str | float


def parse_answer(text: str, marker: Literal["answer is", "####"] = "####", raw: bool = False) -> Answer:
    """The last number behind the last marker, wherever the text has run on to; of the whole text where there is no marker.

    `raw`: the original rule behind "####", all that follows as it is, without commas.
    """
    tail = text.split(marker)[-1].strip().strip("\\n").replace(",", "")  # takes backslashes and the letter n too
    if raw:
        return tail
    numbers = _NUMBER.findall(tail)
    return numbers[-1] if numbers else 0


def exact(answer: Answer, gold: Gold) -> bool:
    """Equality of floats."""
    return _holds(answer, lambda said: said == float(gold))


def approx(answer: Answer, gold: Gold) -> bool:
    """At most 0.1 % of the gold number away from it."""
    return _holds(_bare(answer), lambda said: abs(said - float(gold)) <= abs(float(gold)) * 0.001)


def rounded(answer: Answer, gold: Gold) -> bool:
    """Equality at two decimals, of the gold number by `custom_round`."""
    return _holds(answer, lambda said: round(said, 2) == custom_round(float(gold)))


def exact_match(answer: Answer, gold: Gold) -> bool:
    """Equality after `custom_round`; where the gold number is whole then, the answer is cut down to its whole part.

    Published as EM. So 12.99 is 12, and EM can be above `approx`. The 0 that stands for no answer is never right here.
    """
    wanted = custom_round(float(gold))
    cut: Callable[[float], float] = int if wanted.is_integer() else float
    return isinstance(answer, str) and _holds(_bare(answer), lambda said: cut(custom_round(said)) == wanted)


def custom_round(number: float) -> float:
    """Two decimals; of a number from 0 up to 1, the two after the zeros that follow the point."""
    before, _, after = f"{number:.10f}".partition(".")
    zeros = len(after) - len(after.lstrip("0"))
    return round(number, zeros + 2 if before == "0" and zeros else 2)


def relation_is_right(output: str, relation: str, aliases: Iterable[str]) -> bool:
    """KAMEL: the relation's id occurs anywhere in the output, also inside a longer id; or, where none is called, an answer does."""
    if relation in output:
        return True
    return "<P" not in output and any(alias in output for alias in aliases)


def action_score(plan: str, gold: str) -> float:
    """VirtualHome: the share of gold positions whose action tag ([WALK], ..., [END]) the plan has too. Objects and extra lines cost nothing."""
    said, wanted = _ACTION.findall(plan), _ACTION.findall(gold)
    if not wanted:
        return float(not said)
    return sum(a == b for a, b in zip(said, wanted, strict=False)) / len(wanted)


def _bare(answer: Answer) -> Answer:
    """Without what the original rules strip first."""
    return answer.strip().strip("\\n").strip("$") if isinstance(answer, str) else answer


def _holds(answer: Answer, rule: Callable[[float], bool]) -> bool:
    """Whether the answer is a number that obeys the rule."""
    try:
        return rule(float(answer))
    except (ValueError, OverflowError):  # no number; int(inf)
        return False
