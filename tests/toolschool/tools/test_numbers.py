"""Numbers in text: read exactly or refused, written plainly, and what was written is read again."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolschool.errors import ToolError
from toolschool.tools.numbers import MAX_DIGITS, SIGNIFICANT, read_number, write_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", Fraction(12)), ("12.0", Fraction(12)), ("007", Fraction(7)), (".5", Fraction(1, 2)), ("5.", Fraction(5)), ("0.1", Fraction(1, 10)),
        ("-3", Fraction(-3)), ("+3", Fraction(3)), ("−3", Fraction(-3)), ("- 3", Fraction(-3)), ("-$5", Fraction(-5)), ("$-5", Fraction(-5)),
        ("$1,234.50", Fraction(2469, 2)), ("1,234,567", Fraction(1234567)), ("15%", Fraction(3, 20)), ("15 %", Fraction(3, 20)),
        ("(15%)", Fraction(3, 20)), ("(15)%", Fraction(3, 20)), ("-5%", Fraction(-1, 20)), ("4/3", Fraction(4, 3)), ("-1 / 2", Fraction(-1, 2)),
        ("((7))", Fraction(7)), ("12.56)", Fraction(314, 25)), ("-(5)", Fraction(-5)), ("=7", Fraction(7)), ("7 =", Fraction(7)), (">7", Fraction(7)),
        ("=> $7 ", Fraction(7)), ("1e-05", Fraction(1, 100_000)), ("1.5E+3", Fraction(1500)), ("\t8\n", Fraction(8)),
    ],
)  # fmt: skip
def test_read(text: str, value: Fraction) -> None:
    assert read_number(text) == value


@pytest.mark.parametrize(
    "text",
    ["", " ", "two", "3 4", "5 apples", "5kg", "1,23", "0,123", "1234,567", "1,2345", "1.2.3", "--5", "5-3", "2*3", "10-3", "1/0", "1/2/3", "5%%",
     "nan", "inf", "-Infinity", "1_000", "0x1F", "1e", "1e100", "e5", "٣", "½", "x" * 200, "1" * 200, "(3)(4)", "__import__('os')", "106.847.95"],
)  # fmt: skip
def test_refused_in_one_line(text: str) -> None:
    with pytest.raises(ToolError) as caught:
        read_number(text)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(0), "0"), (Fraction(-12), "-12"), (Fraction(10**50 + 1), "1" + "0" * 49 + "1"), (Fraction(1, 3), "0.3333333333"),
        (Fraction(2, 3), "0.6666666667"), (Fraction(1, 4), "0.25"), (Fraction(-1, 8), "-0.125"), (Fraction(1, 10**12), "0.000000000001"),
        (Fraction(123456789123, 100), "1234567891"), (Fraction(99999999999, 10), "10000000000"), (Fraction(246913578203, 2), "123456789102"),
        (Fraction("1.00000000004"), "1"), (Fraction("0.12345678905"), "0.1234567891"), (Fraction("-0.12345678905"), "-0.1234567891"),
    ],
)  # fmt: skip
def test_write(value: Fraction, text: str) -> None:
    assert write_number(value) == text


@pytest.mark.parametrize(
    "value", [Fraction(10**MAX_DIGITS), Fraction(-(2**20_000)), Fraction(1, 10 ** (MAX_DIGITS + 1))]
)
def test_too_long_to_write(value: Fraction) -> None:
    with pytest.raises(ToolError, match=r"too (large|small)"):
        write_number(value)


@given(st.fractions(min_value=-(10**30), max_value=10**30))
def test_written_numbers_are_plain_close_and_read_again(value: Fraction) -> None:
    text = write_number(value)
    read = read_number(text)
    assert write_number(read) == text
    assert abs(read - value) <= abs(value) / 10 ** (SIGNIFICANT - 1) / 2
    assert set(text) <= set("-.0123456789")
    assert text != "-0"
    assert "." not in text or text[-1] not in ".0"


@given(st.decimals(-(10**12), 10**12, places=4), st.sampled_from(["{:,}", "${:,}", "= {}", "({})", "{} ", "{:,}%"]))
def test_every_way_to_write_a_number_is_read(number: object, form: str) -> None:
    expected = Fraction(str(number)) / (100 if form.endswith("%") else 1)
    assert read_number(form.format(number)) == expected


@settings(max_examples=500)
@given(st.text(alphabet="0123456789+-/%$=>(),. eE", max_size=40) | st.text(max_size=200))
def test_any_text_is_a_number_or_a_tool_error(text: str) -> None:
    try:
        value = read_number(text)
    except ToolError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - either outcome is fine, each has its rule
    else:
        assert isinstance(value, Fraction)
