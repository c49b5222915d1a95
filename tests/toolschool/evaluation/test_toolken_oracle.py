"""The oracle on made rows, and the ceilings of the real sets."""

from decimal import Decimal
from pathlib import Path

import pytest

from toolschool.datasets import funcqa, gsm8k_xl
from toolschool.errors import ToolError
from toolschool.evaluation.numbers import within_or_equal
from toolschool.evaluation.tables import to_markdown
from toolschool.evaluation.toolken_oracle import ARGUMENTS, WORDS, OracleReport, oracle, results

ONE_HOP = {"file": "funcqa_oh", "index": 900, "question": "?", "answer": 12, "func": "<multiply>(3, 4)=12"}
MULTI_HOP = {
    "file": "funcqa_mh",
    "index": 900,
    "question": "?",
    "answer": "4.8",
    "calculation": ["<sqrt>(4.8)=2.19", "<power>(2.19, 2)=4.8"],
}
PROBLEM = {"file": "test", "index": 900, "enhanced_process": ["9/3 = 3.0", "3.0*2-1 = 5.0"], "enhanced_result": 5.0}


def test_made_rows() -> None:
    wrong_gold = {**ONE_HOP, "index": 901, "answer": 13, "correct": "12", "errata": "a slip"}
    report = oracle([ONE_HOP, wrong_gold, MULTI_HOP], [PROBLEM, {"file": "train_rebuilt"}])
    rows = {row[0]: row[1:4] for row in report.table.rows}
    assert rows["FuncQA one-hop, published gold"] == ("2", "1", "1")
    assert rows["FuncQA one-hop, corrected gold"] == ("2", "2", "2")
    assert rows["FuncQA multi-hop, corrected gold, carried on"] == ("1", "1", "1")
    assert rows["GSM8K-XL steps, calculator"] == ("2", "2", "2")
    assert rows["GSM8K-XL steps of one operator, calls"] == ("1", "1", "1")
    assert report.explained == (
        "funcqa_oh/901 (FuncQA one-hop, published gold): the published gold 13 is wrong, 12 is right",
    )
    assert report.unexplained == ()
    assert to_markdown(report.table).startswith("### Gold calls")


def test_what_nothing_explains_is_listed() -> None:
    report = oracle([{**ONE_HOP, "answer": 14}], [{**PROBLEM, "enhanced_result": 6.0}])
    assert [line.partition(" (")[0] for line in report.unexplained] == ["funcqa_oh/900", "funcqa_oh/900", "test/900"]
    assert report.unexplained[0].endswith("So, the answer is 12. Gold is 14.")


def test_results_are_carried_on_where_asked() -> None:
    assert results(MULTI_HOP) == ["2.19089023", "4.7961"]
    assert results(MULTI_HOP, carry=True) == ["2.19089023", "4.8"]
    with pytest.raises(ToolError, match="division by zero"):
        results({**ONE_HOP, "func": "<divide>(3, 0)=1"})


@pytest.fixture(scope="module")
def report(data_root: Path) -> OracleReport:
    return oracle(funcqa.raw_rows(data_root / "funcqa"), gsm8k_xl.raw_rows(data_root / "gsm8k_xl"))


@pytest.mark.data
def test_the_ceilings(report: OracleReport) -> None:
    """Items; right without and with words; within 0.1 %; equal when rounded; exact."""
    assert {row[0]: tuple(map(int, row[1:])) for row in report.table.rows} == {
        "FuncQA one-hop, published gold": (60, 57, 59, 59, 56, 40),
        "FuncQA one-hop, corrected gold": (60, 58, 60, 60, 57, 41),
        "FuncQA multi-hop, published gold": (68, 54, 65, 58, 59, 35),
        "FuncQA multi-hop, corrected gold": (68, 57, 68, 61, 62, 38),
        "FuncQA multi-hop, corrected gold, carried on": (68, 55, 66, 59, 59, 31),
        "GSM8K-XL steps, calculator": (1755, 1755, 1755, 1755, 1712, 1755),
        "GSM8K-XL steps of one operator, calls": (1648, 1648, 1648, 1648, 1602, 1648),
        "GSM8K-XL questions, last step": (568, 568, 568, 568, 545, 568),
    }


@pytest.mark.data
def test_what_is_wrong_is_explained(report: OracleReport) -> None:
    assert report.unexplained == ()
    assert [line.partition(" (")[0] for line in report.explained] == [
        "funcqa_oh/56", "funcqa_mh/5", "funcqa_mh/30", "funcqa_mh/50",  # published gold
        "funcqa_mh/13", "funcqa_mh/66",  # carried on
    ]  # fmt: skip


@pytest.mark.data
def test_no_words_and_no_corrected_arguments_are_idle(data_root: Path) -> None:
    """Every entry is needed: without it the answer would be wrong."""
    rows = {(row["file"], row["index"]): row for row in funcqa.raw_rows(data_root / "funcqa") if "raw" not in row}
    for place, words in WORDS.items():
        assert words.how
        last = results(rows[place])[-1]
        assert not within_or_equal(Decimal(last), funcqa.corrected_answer(rows[place]))
    for place, positions in ARGUMENTS.items():
        calls = funcqa.calls(rows[place])
        assert all(", ".join(calls[position].arguments) != written for position, written in positions.items())
