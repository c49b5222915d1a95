"""Word problems as tasks: a calculator may be called, the number of the answer sentence counts.

The model is asked to end on "The answer is X."; the first completed sentence of that kind is read (`evaluation/numbers.py`) and has to be the
gold number at the decimals that it shows. Whether and how often the calculator is called is the model's affair.
A model with tools of its own is given the bare question, and its number is read as `jobs.quiz` reads it (`evaluation/math_tasks.py`):
it goes on from a text, and need not be one that follows instructions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from toolschool.datasets import gsm8k, svamp
from toolschool.evaluation.endpoints.tasks import Bench, Outcome, Task, Verdict, function_of, told, user
from toolschool.evaluation.math_tasks import is_right
from toolschool.evaluation.numbers import answer_of, equal_when_rounded
from toolschool.tools.calculator import calculator_tool
from toolschool.tools.catalog import Catalog

ASKED = "{question}\n\nCall the calculator where it helps. End with one sentence: The answer is X. X is a number alone."
QUESTIONS: Mapping[str, tuple[Callable[[Mapping[str, Any]], str], Callable[[Mapping[str, Any]], str]]] = {
    "gsm8k": (lambda row: str(row["question"]), gsm8k.answer),
    "svamp": (svamp.question, svamp.answer),
    "arithmetic": (lambda row: row["question"], lambda row: row["answer"]),
}
DECIMALS = 6  # of the calculator: intermediate results are not rounded away


class CalculatorBench:
    """It has no state."""

    def __init__(self) -> None:
        self._catalog = Catalog([calculator_tool(DECIMALS)])

    async def run(self, name: str, arguments: Mapping[str, Any]) -> str:
        """See `Bench.run`."""
        return await told(self._catalog, name, arguments)

    def close(self) -> None:
        """Nothing is left."""


def number_task(source: str, row: Mapping[str, Any], key: str) -> Task:
    """A row of one of QUESTIONS. Raises RowError."""
    question, answer = (read(row) for read in QUESTIONS[source])
    functions = [function_of(calculator_tool(DECIMALS))]
    own = Task(source, source, key, user(question), (), lambda said: judge_own(source, answer, said))
    asked = user(ASKED.format(question=question))
    return Task(source, source, key, asked, functions, lambda said: judge(answer, said), bench, own)


def bench() -> Bench:
    return CalculatorBench()


def judge(answer: str, outcome: Outcome) -> Verdict:
    """Wrong where it was cut off before the sentence ended."""
    why = outcome.problem
    if not why:
        number = answer_of(outcome.text, finished=outcome.turns[-1].answer.finish != "length")
        why = "no answer sentence" if number is None else "" if equal_when_rounded(number, answer) else "another number"
    return Verdict(not why, why, made=len(outcome.calls))


def judge_own(source: str, answer: str, outcome: Outcome) -> Verdict:
    """Where it was cut off makes no difference, as in the quiz."""
    why = outcome.problem or ("" if is_right(source, outcome.text, answer) else "another number, or none")
    return Verdict(not why, why, made=len(outcome.calls))
