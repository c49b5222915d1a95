"""Two sets that are read to report only. Every row here is made for the tests."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolschool.datasets import asdiv, mawps
from toolschool.datasets.registry import load
from toolschool.errors import DataError, RowError

PUBLISHED = {
    "iIndex": 1,
    "sQuestion": " Ida has 12 pens .  She buys 3 more . How many pens does she have ? ",
    "lEquations": ["X=12+3"],
    "lSolutions": [15.0],
}
NUMBERED = {"Question": "Piet has number1 cups and number0 pots .", "Numbers": "2.5 1200.0", "Answer": 1202.5}

PROBLEM = """<Problem ID="own-1" Grade="2" Source="made"><Body>{body}</Body><Question>How many caps are left?</Question>
<Solution-Type>Subtraction</Solution-Type><Answer>{answer}</Answer><Formula>9-2=7</Formula></Problem>"""


def problems(*rows: str, head: str = "") -> str:
    listed = "\n".join(rows)
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n{head}<Machine-Reading-Corpus-File><ProblemSet>{listed}</ProblemSet></Machine-Reading-Corpus-File>'


def problem(answer: str, body: str = "Nine caps &amp; two go.") -> str:
    return PROBLEM.format(answer=answer, body=body)


def test_both_forms_of_mawps(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps([NUMBERED, "no row"]))
    (tmp_path / "a.json").write_text(json.dumps([PUBLISHED]))
    rows = list(load("mawps", path=tmp_path, split="test", purpose="test"))
    assert [mawps.question(row) for row in rows[:2]] == [
        "Ida has 12 pens . She buys 3 more . How many pens does she have ?",
        "Piet has 1200 cups and 2.5 pots .",
    ]
    assert [mawps.answer(row) for row in rows[:2]] == ["15", "1202.5"]
    with pytest.raises(RowError, match="sQuestion"):
        mawps.question(rows[2])


@pytest.mark.parametrize(
    "answers",
    [
        {"lSolutions": []},
        {"lSolutions": [1.0, 2.0]},
        {"lSolutions": 3},
        {"Answer": "many"},
        {"Answer": float("nan")},
        {},
    ],
)
def test_a_mawps_row_without_one_number_has_no_answer(answers: dict[str, Any]) -> None:
    with pytest.raises(RowError, match="MAWPS"):
        mawps.answer(answers)


def test_a_list_of_numbers_may_be_a_list_but_not_too_short() -> None:
    assert mawps.question({**NUMBERED, "Numbers": [3, "4"]}) == "Piet has 4 cups and 3 pots ."
    with pytest.raises(RowError, match="as many"):
        mawps.question({**NUMBERED, "Numbers": "3"})


def test_files_that_are_not_mawps(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no \*\.json"):
        list(load("mawps", path=tmp_path))
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(DataError, match="no list"):
        list(load("mawps", path=tmp_path))


def test_asdiv_is_read(tmp_path: Path) -> None:
    (tmp_path / "ASDiv.xml").write_text(problems(problem("7 (caps)"), problem("1,200", body="")))
    one, other = load("asdiv", path=tmp_path, split="test", purpose="test")
    assert one["ID"] == "own-1"
    assert one["Grade"] == "2"
    assert one["Solution-Type"] == "Subtraction"
    assert asdiv.question(one) == "Nine caps & two go. How many caps are left?"
    assert asdiv.question(other) == "How many caps are left?"
    assert [asdiv.answer(one), asdiv.answer(other)] == ["7", "1200"]


@pytest.mark.parametrize(("answer", "number"), [("7.5 (km/hour)", "7.5"), ("-3 (degrees)", "-3"), ("12", "12")])
def test_the_number_stands_before_the_unit(answer: str, number: str) -> None:
    assert asdiv.answer({"Answer": answer}) == number


@pytest.mark.parametrize("answer", ["Ida", "5/13", "13; 39", "3:4", "4 (pens); 2 (caps)", ""])
def test_an_asdiv_answer_that_is_not_one_number(answer: str) -> None:
    with pytest.raises(RowError, match="not one number"):
        asdiv.answer({"Answer": answer})


def test_an_xml_file_that_could_expand_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ASDiv.xml"
    bomb = problems(problem("&a;"), head='<!DOCTYPE b [<!ENTITY a "aaaa">]>\n')
    file.write_text(bomb)
    with pytest.raises(DataError, match="DOCTYPE"):
        list(load("asdiv", path=tmp_path))
    for encoding in ("utf-16", "utf-16-le"):  # another encoding hides nothing
        file.write_bytes(bomb.replace("UTF-8", "UTF-16").encode(encoding))
        with pytest.raises(DataError, match="DOCTYPE"):
            list(load("asdiv", path=tmp_path))
    file.write_text(problems("<Problem>"))
    with pytest.raises(DataError, match="no XML"):
        list(load("asdiv", path=tmp_path))


@pytest.mark.parametrize("source", ["mawps", "asdiv"])
def test_they_train_and_select_nothing(source: str, tmp_path: Path) -> None:
    for purpose in ("train", "select"):
        with pytest.raises(DataError, match="must not be used"):
            load(source, path=tmp_path, split="test", purpose=purpose)
    with pytest.raises(DataError, match="must not shape"):
        load(source, path=tmp_path, split="train", shipped=True)
