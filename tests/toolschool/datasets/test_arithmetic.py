"""Generated arithmetic: deterministic, right, and with calls in Toolformer's form."""

import re
from fractions import Fraction

from toolschool.datasets.arithmetic import generate
from toolschool.tools.calculator import calculate


def test_deterministic_and_apart() -> None:
    assert list(generate(1, 30, "train")) == list(generate(1, 60, "train"))[:30]
    assert [r["text"] for r in generate(1, 30, "train")] != [r["text"] for r in generate(1, 30, "test")]


def test_calls_hold_the_expression_and_its_value() -> None:
    rows = list(generate(4, 500, "train"))
    with_call = [row for row in rows if "[Calculator(" in row["text"]]
    assert 0.35 < len(with_call) / len(rows) < 0.65
    for row in rows:
        expression, value = re.search(r"\[Calculator\((.+)\)->(-?[\d.]+)\]", row["call"]).groups()
        assert expression == row["expression"]
        assert value == row["answer"] == calculate(expression)
        assert row["answer"] in row["text"]


def test_stories_use_the_numbers_they_name() -> None:
    for row in generate(5, 300, "validation"):
        numbers = re.findall(r"\d+(?:\.\d+)?", row["question"])
        used = re.findall(r"\d+(?:\.\d+)?", row["expression"])
        assert all(n in numbers for n in used if not ((n == "100") or row["expression"].endswith(f"/ {n}"))), row


def test_two_operand_answers_agree_with_fractions() -> None:
    operations = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b}
    checked = 0
    for row in generate(6, 400, "train"):
        found = re.fullmatch(r"(\d+) ([-+*/]) (\d+)", row["expression"])
        if found:
            exact = operations[found[2]](Fraction(found[1]), Fraction(found[3]))
            assert abs(Fraction(row["answer"]) - exact) <= Fraction(1, 200)
            checked += 1
    assert checked > 100
