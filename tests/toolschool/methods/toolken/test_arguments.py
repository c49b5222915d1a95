"""What a model wrote between brackets: thousands commas by the number of arguments, and every call of the data sets."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolschool.datasets import funcqa, gsm8k_xl
from toolschool.datasets.gold_calls import Call, parse_call
from toolschool.errors import ToolError
from toolschool.evaluation.numbers import answer_of, within_or_equal
from toolschool.methods.toolken.arguments import read_arguments, run_written
from toolschool.tools.numbers import read_number

MANY, ONE, ONE_OR_TWO, TWO = (2, None), (1, 1), (1, 2), (2, 2)


@pytest.mark.parametrize(
    ("written", "count", "arguments"),
    [
        # 1. A comma with a blank, or a semicolon, separates.
        ("1,200, 15%", MANY, ["1200", "15%"]), ("1,234, 5,678", TWO, ["1234", "5678"]), ("123,456, 789", TWO, ["123456", "789"]),
        ("12; 1,200", TWO, ["12", "1200"]), ("12,24, 60", MANY, ["12", "24", "60"]), ("0.9337,4/3, 3.14", MANY, ["0.9337", "4/3", "3.14"]),
        ("0,123, 5", MANY, ["0", "123", "5"]), ("1,000.5,\n2", TWO, ["1000.5", "2"]),
        # 2. Three digits that start with 0 belong to the number before.
        ("1,000,5", MANY, ["1000", "5"]), ("-1,000,-5", TWO, ["-1000", "-5"]), ("2,050,1,000,000", MANY, ["2050", "1000000"]),
        ("$1,000,$20,000", TWO, ["1000", "20000"]), ("0,000", TWO, ["0", "000"]), ("1,0001", TWO, ["1", "0001"]),
        # 3. One number where one is enough.
        ("1,234", ONE, ["1234"]), ("$1,234.5", ONE, ["1234.5"]), ("1,234,567", ONE, ["1234567"]), ("1,234", ONE_OR_TWO, ["1234"]),
        ("8,2", ONE_OR_TWO, ["8", "2"]), ("1000,100", ONE_OR_TWO, ["1000", "100"]), ("8, 100", ONE_OR_TWO, ["8", "100"]),
        # 4. Else every comma separates.
        ("1,234", TWO, ["1", "234"]), ("1,234", MANY, ["1", "234"]), ("1,234,567", MANY, ["1", "234", "567"]), ("23,33,42", MANY, ["23", "33", "42"]),
        # 5. Else the one way that fits.
        ("5,572,3,241", TWO, ["5572", "3241"]), ("1,234,5", TWO, ["1234", "5"]), ("5,1,234", TWO, ["5", "1234"]), ("12,345,7", ONE_OR_TWO, ["12345", "7"]),
        # What stands around.
        ("(1,2))=", TWO, ["1", "2"]), ("12,12.56)", MANY, ["12", "12.56"]), (" = 3 , > 4 ", TWO, ["3", "4"]), ("-5,−6", TWO, ["-5", "-6"]),
        ("5,3-2", TWO, ["5", "3-2"]),
    ],
)  # fmt: skip
def test_arguments(written: str, count: tuple[int, int | None], arguments: list[str]) -> None:
    assert read_arguments(written, count) == arguments


@pytest.mark.parametrize(
    ("written", "count", "match"),
    [
        ("", ONE, "lacks a number"), ("  ", TWO, "lacks a number"), ("5,,3", MANY, "lacks a number"), ("5,", ONE_OR_TWO, "lacks a number"),
        ("5, ", TWO, "lacks a number"), (", 5", TWO, "lacks a number"), ("5", MANY, "holds 1 numbers, but 2 or more"), ("1, 2", ONE, "but 1 are taken"),
        ("1,2,3", TWO, "holds 3"), ("1, 2, 3", ONE_OR_TWO, "but 1 to 2"), ("1,234,567", TWO, "2 ways"), ("1,2," * 200, TWO, "lacks a number"),
        ("1,234,567,890,123,456,789,234,567,890,123,456,789", TWO, "holds 13"), ("9" * 1001, ONE, "longer than"),
    ],
)  # fmt: skip
def test_refusals(written: str, count: tuple[int, int | None], match: str) -> None:
    with pytest.raises(ToolError, match=match) as caught:
        read_arguments(written, count)
    assert len(str(caught.value).splitlines()) == 1


counts = st.sampled_from([MANY, ONE, ONE_OR_TWO, TWO, (3, 5), (0, None)])


@settings(max_examples=500)
@given(st.text(alphabet="0123456789,,,. ;-$%()=", max_size=60) | st.text(max_size=60), counts)
def test_any_text_gives_fitting_arguments_or_a_tool_error(written: str, count: tuple[int, int | None]) -> None:
    try:
        arguments = read_arguments(written, count)
    except ToolError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - either outcome is fine, each has its rule
        return
    assert count[0] <= len(arguments) <= (count[1] or len(arguments))
    assert all(arguments)


numbers = st.lists(st.decimals(-(10**12), 10**12, places=2), min_size=2, max_size=2) | st.lists(
    st.integers(-(10**12), 10**12), min_size=2, max_size=2
)


@given(
    numbers,
    st.sampled_from(["{:,}", "${:,}", "{}", "({:,})", "{:,} "]),
    st.sampled_from([", ", "; ", " , "]),
    st.sampled_from([TWO, ONE_OR_TWO, MANY]),
)
def test_numbers_with_a_blank_between_come_back(
    values: list[object], form: str, separator: str, count: tuple[int, int | None]
) -> None:
    arguments = read_arguments(separator.join(form.format(value) for value in values), count)
    assert [read_number(argument) for argument in arguments] == [Fraction(str(value)) for value in values]


@given(st.lists(st.integers(-(10**12), 10**12), min_size=2, max_size=5))
def test_plain_numbers_with_bare_commas_come_back(values: list[int]) -> None:
    arguments = read_arguments(",".join(map(str, values)), (len(values), None))
    assert [int(argument) for argument in arguments] == values


@given(st.decimals(-(10**12), 10**12, places=3))
def test_one_number_comes_back(value: object) -> None:
    assert [read_number(argument) for argument in read_arguments(f"{value:,}", ONE)] == [Fraction(str(value))]


def test_run_written() -> None:
    assert run_written("multiply", "1,200, 15%") == "180"
    assert run_written("divide", "12,12.56)") == "0.9554140127"
    assert run_written("choose", "12.0,3") == "220"
    for tool, written in (
        ("power", "10,10,10"),
        ("sqrt", "1, 2"),
        ("cosine", "1"),
        ("add", "a, b"),
        ("permutate", "5,3-2"),
    ):
        with pytest.raises(ToolError):
            run_written(tool, written)


@pytest.mark.data
@pytest.mark.parametrize("separator", [", ", ","])
def test_the_training_calls_of_funcqa(data_root: Path, separator: str) -> None:
    """All but those known to be wrong give the stated result."""
    rows = [row for row in funcqa.raw_rows(data_root / "funcqa") if row["file"] == funcqa.TRAIN]
    calls = [(row["index"], parse_call(text)) for row in rows for text in row["tar_eq"]]
    assert len(calls) == 647
    assert _wrong(calls, separator) == [87, 95, 96, 97, 103, 130, 133, 352, 586]


@pytest.mark.data
def test_the_training_calls_of_gsm8k_xl(data_root: Path) -> None:
    """All but three, which are no calls: their one argument is a chain that starts with a minus."""
    rows = [row for row in gsm8k_xl.raw_rows(data_root / "gsm8k_xl") if row["file"] == gsm8k_xl.TRAIN]
    calls = [
        (0, Call(call["call_tool"].strip("<>"), tuple(call["call_param"]), call["return"][0]))
        for row in rows
        for call in row["tool_calling"]
    ]
    assert len(calls) == 18_965
    assert len(_wrong(calls, ", ")) == 3


def _wrong(calls: list[tuple[int, Call]], separator: str) -> list[int]:
    return [index for index, call in calls if not _holds(call, separator)]


def _holds(call: Call, separator: str) -> bool:
    try:
        result = run_written(call.tool, separator.join(call.arguments))
    except ToolError:
        return False
    return within_or_equal(answer_of(f"#### {result}"), call.result.replace(",", ""))
