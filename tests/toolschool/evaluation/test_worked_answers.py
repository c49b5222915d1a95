"""FuncQA's and GSM8K-XL's rules side by side, on answers where they disagree."""

from __future__ import annotations

import pytest

from toolschool.evaluation.worked_answers import RULES, WorkedAnswer, published_scores, published_table

STRICT, PUBLISHED = "strict, corrected gold", "strict 0.1 %, published gold"


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (WorkedAnswer("funcqa_oh", " 5, so the answer is 2331.", "2331", "2331"), set(RULES)),
        # the sign of a whole number is lost by upstream
        (WorkedAnswer("funcqa_oh", " The answer is -3.", "-3", "-3"), {STRICT, PUBLISHED}),
        # the whole part alone counts for EM where the gold number is whole
        (WorkedAnswer("gsm8k_xl", " so #### 12.99", "12", "12"), {"EM"}),
        # text that runs on into another question
        (WorkedAnswer("funcqa_oh", " The answer is 7.\nQ: more? The answer is 9.", "7", "7"), {STRICT, PUBLISHED}),
        # a published answer that is wrong
        (WorkedAnswer("funcqa_mh", " #### 1000", "900", "1000"), {STRICT}),
        # within 0.1 %, not equal
        (WorkedAnswer("funcqa_oh", " The answer is 1000.5.", "1000", "1000"), {"0.1 %", "EM", STRICT, PUBLISHED}),
        (WorkedAnswer("funcqa_oh", " no idea", "7", "7"), set()),
    ],
)  # fmt: skip
def test_rules(answer: WorkedAnswer, right: set[str]) -> None:
    (found,) = published_scores([answer]).values()
    assert {name for name, share in found.items() if share.value == 1} == right


def test_tasks_are_counted_apart() -> None:
    answers = [
        WorkedAnswer("funcqa_oh", " The answer is 7.", "7", "7"),
        WorkedAnswer("funcqa_oh", " The answer is 8.", "7", "7"),
        WorkedAnswer("gsm8k_xl", " #### 7", "7", "7"),
    ]
    scores = published_scores(answers)
    assert {task: (found["exact"].value, found["exact"].n) for task, found in scores.items()} == {
        "funcqa_oh": (0.5, 2),
        "gsm8k_xl": (1.0, 1),
    }
    table = published_table({"with tools": scores, "disabled": scores})
    assert [row[0] for row in table.rows] == [
        "funcqa_oh, disabled", "funcqa_oh, with tools", "gsm8k_xl, disabled", "gsm8k_xl, with tools",
    ]  # fmt: skip
    assert len(table.header) == len(RULES) + 1
