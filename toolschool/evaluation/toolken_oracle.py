"""What a perfect caller scores on FuncQA and GSM8K-XL: gold calls, run by our tools and read by our parser. Checks tools, rules and gold at once.

    report = oracle(funcqa.raw_rows(root / "funcqa"), gsm8k_xl.raw_rows(root / "gsm8k_xl"))
    show(report.table); report.words; report.explained; report.unexplained       # the last one should be empty

FuncQA's calls run with the arguments published, which are rounded results of earlier calls; where those are known to be wrong, with the right
ones (ARGUMENTS). "Carried on" puts our unrounded results in their place, as inference does. Some multi-hop answers are what is said after the
last call ("whole pizzas"): WORDS has those that no tolerance covers. GSM8K-XL's steps run through the calculator, and as one call where they have one
operator. Limit: whether a gold answer answers its question is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from toolschool.datasets import funcqa, gsm8k_xl
from toolschool.datasets.gold_calls import Call
from toolschool.evaluation.numbers import answer_of, equal_when_rounded, within, within_or_equal
from toolschool.evaluation.tables import Table
from toolschool.methods.toolken.arguments import run_written
from toolschool.tools.calculator import calculate
from toolschool.tools.numbers import write_number

Row = Mapping[str, Any]
Place = tuple[str, int]  # file and index

DECIMALS = 10  # of the calculator; GSM8K-XL's values are floats
EXACT = 1e-9  # relative: floats and ten significant digits, nothing else
_SIGNS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}
_SIGN = re.compile(r"(?<=[\d.])\s*([-+*/])\s*")


class Words(NamedTuple):
    """What an answer makes of the last result: said, and done to that result and the number of calls."""

    how: str
    work: Callable[[Fraction, int], Fraction]


ONE, MANY = funcqa.ONE_HOP, funcqa.MULTI_HOP
WORDS: Mapping[Place, Words] = {
    (ONE, 50): Words("a minus before the call", lambda last, calls: -last),
    (ONE, 52): Words("a minus before the call", lambda last, calls: -last),
    (MANY, 16): Words("counted: every call doubles, in four hours", lambda last, calls: Fraction(4 * calls)),
    (MANY, 19): Words("counted: one payment, and two calls for each further one", lambda last, calls: 1 + Fraction(calls, 2)),
    (MANY, 23): Words("rounded up, though the question says to the nearest, which is 20", lambda last, calls: Fraction(-(-last // 1))),
    (MANY, 24): Words("in per cent", lambda last, calls: 100 * last),
    (MANY, 47): Words("rounded down: the largest integer", lambda last, calls: Fraction(last // 1)),
    (MANY, 53): Words("rounded down: whole pizzas", lambda last, calls: Fraction(last // 1)),
    (MANY, 55): Words("times the deposit of a million", lambda last, calls: 10**6 * last),
    (MANY, 56): Words("times the deposit of a hundred thousand", lambda last, calls: 10**5 * last),
    (MANY, 58): Words("less 1: the increase of a factor", lambda last, calls: last - 1),
    (MANY, 59): Words("less 1, in per cent", lambda last, calls: 100 * (last - 1)),
    (MANY, 61): Words("rounded up: the smallest period", lambda last, calls: Fraction(-(-last // 1))),
}  # fmt: skip
# Right arguments for wrong ones, by the position of the call: the questions' numbers, and the right result of the call before.
ARGUMENTS: Mapping[Place, Mapping[int, str]] = {
    (ONE, 27): {0: "38, 49, 28"},
    (ONE, 32): {0: "144, 126, 108"},
    (ONE, 56): {0: "1899, 18"},
    (MANY, 30): {1: "39368, 2"},
    (MANY, 64): {0: "564, 987, 611"},
}


@dataclass(frozen=True)
class OracleReport:
    """`words`: how answers follow from last results. `explained` and `unexplained`: what is wrong in spite of them."""

    table: Table
    words: tuple[str, ...]
    explained: tuple[str, ...]
    unexplained: tuple[str, ...]


class Scored(NamedTuple):
    """An answer and its gold. `last` is the last call's result without words; `why` explains it if it should be wrong."""

    key: str
    last: str
    text: str
    gold: str
    why: str = ""

    @property
    def said(self) -> Decimal | None:
        return answer_of(self.text)

    @property
    def right(self) -> bool:
        return within_or_equal(self.said, self.gold)


def oracle(funcqa_rows: Iterable[Row], gsm8k_xl_rows: Iterable[Row]) -> OracleReport:
    """Scores of all questions of both sets; rows as the readers of the data sets give them. ToolError, RowError: a gold call cannot run."""
    questions = list(funcqa_rows)
    problems = [row for row in gsm8k_xl_rows if row.get("file") == gsm8k_xl.TEST]
    sets: dict[str, list[Scored]] = {}
    for name, file in (("one-hop", ONE), ("multi-hop", MANY)):
        rows = [row for row in questions if row.get("file") == file]
        sets[f"FuncQA {name}, published gold"] = [_published(row) for row in rows]
        sets[f"FuncQA {name}, corrected gold"] = [_corrected(row) for row in rows]
    sets["FuncQA multi-hop, corrected gold, carried on"] = [_carried(row) for row in rows]
    sets["GSM8K-XL steps, calculator"] = [scored for row in problems for scored in _steps(row)]
    sets["GSM8K-XL steps of one operator, calls"] = [scored for row in problems for scored in _steps_as_calls(row)]
    sets["GSM8K-XL questions, last step"] = [_problem(row) for row in problems]
    wrong = [(name, scored) for name, items in sets.items() for scored in items if not scored.right]
    return OracleReport(
        _table(sets),
        tuple(f"{file}/{index}: {words.how}" for (file, index), words in WORDS.items()),
        tuple(f"{scored.key} ({name}): {scored.why}" for name, scored in wrong if scored.why),
        tuple(
            f"{scored.key} ({name}): {scored.text} Gold is {scored.gold}." for name, scored in wrong if not scored.why
        ),
    )


def results(row: Row, carry: bool = False) -> list[str]:
    """Results of a FuncQA question's gold calls; with `carry` an argument that is an earlier call's stated result is the one we got."""
    known: dict[str, str] = {}
    found = []
    for position, call in enumerate(funcqa.calls(row)):
        result = run_written(call.tool, _written(row, position, call, known if carry else {}))
        known[call.result] = result
        found.append(result)
    return found


def _written(row: Row, position: int, call: Call, known: Mapping[str, str]) -> str:
    corrected = ARGUMENTS.get(_place(row), {}).get(position)
    return corrected or ", ".join(known.get(argument, argument) for argument in call.arguments)


def _published(row: Row) -> Scored:
    wrong_gold = funcqa.corrected_answer(row) != funcqa.answer(row)
    why = (
        f"the published gold {funcqa.answer(row)} is wrong, {funcqa.corrected_answer(row)} is right"
        if wrong_gold
        else ""
    )
    return _scored(row, results(row), funcqa.answer(row), why)


def _corrected(row: Row) -> Scored:
    return _scored(row, results(row), funcqa.corrected_answer(row))


def _carried(row: Row) -> Scored:
    why = "the gold follows from results that were rounded on the way" if _corrected(row).right else ""
    return _scored(row, results(row, carry=True), funcqa.corrected_answer(row), why)


def _scored(row: Row, found: Sequence[str], gold: str, why: str = "") -> Scored:
    words = WORDS.get(_place(row))
    answer = write_number(words.work(Fraction(found[-1]), len(found))) if words else found[-1]
    return Scored("/".join(map(str, _place(row))), found[-1], f"So, the answer is {answer}.", gold, why)


def _place(row: Row) -> Place:
    return row["file"], row["index"]


def _steps(row: Row) -> Iterator[Scored]:
    for step in gsm8k_xl.steps(row):
        yield _step(row, calculate(step.expression, DECIMALS), step.value)


def _steps_as_calls(row: Row) -> Iterator[Scored]:
    for step in gsm8k_xl.steps(row):
        signs = set(_SIGN.findall(step.expression))
        if len(signs) == 1:
            arguments = ", ".join(_SIGN.split(step.expression)[::2])
            yield _step(row, run_written(_SIGNS[signs.pop()], arguments), step.value)


def _step(row: Row, result: str, value: Decimal) -> Scored:
    return Scored(f"{row['file']}/{row['index']}", result, f"#### {result}", f"{value:f}")


def _problem(row: Row) -> Scored:
    last = gsm8k_xl.steps(row)[-1]
    return _step(row, calculate(last.expression, DECIMALS), Decimal(gsm8k_xl.answer(row)))


def _table(sets: Mapping[str, Sequence[Scored]]) -> Table:
    header = ("set", "items", "right, no words", "right", "within 0.1 %", "equal when rounded", "exact")
    note = "Right: within 0.1 %, or equal at the gold's decimals; no words: the last result itself. Exact: to nine digits. Counts of items."
    return Table("Gold calls", header, tuple((name, *_counts(items)) for name, items in sets.items()), note)


def _counts(items: Sequence[Scored]) -> tuple[str, ...]:
    rules: tuple[Callable[[Scored], bool], ...] = (
        lambda one: within_or_equal(Decimal(one.last), one.gold),
        lambda one: one.right,
        lambda one: within(one.said, one.gold),
        lambda one: equal_when_rounded(one.said, one.gold),
        lambda one: within(one.said, one.gold, EXACT),
    )
    return (str(len(items)), *(str(sum(map(rule, items))) for rule in rules))
