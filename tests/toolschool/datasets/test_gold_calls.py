"""Calls and numbers as data sets write them, and where their results stand in a text."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets.gold_calls import Call, parse_call
from toolschool.datasets.places import result_places, word_place
from toolschool.datasets.written_numbers import number_at, number_text, number_value, numbers_in
from toolschool.errors import RowError


@pytest.mark.parametrize(
    ("written", "call"),
    [
        ("<remainder>(5572,3241)=2331<eoe>", Call("remainder", ("5572", "3241"), "2331")),
        ("<permutate>(7,6) = 5040<eoe>", Call("permutate", ("7", "6"), "5040")),
        ("<lcm>(23, 33, 42)=10626", Call("lcm", ("23", "33", "42"), "10626")),
        ("-<log>(0.00008342)=4.0787", Call("log", ("0.00008342",), "-4.0787")),
        ("-<ln>(5)=-1.6", Call("ln", ("5",), "1.6")),
        ("<divide>(12,12.56))=0.9554", Call("divide", ("12", "12.56"), "0.9554")),
        ("<multiply>(12*2.0933)=25.12", Call("multiply", ("12", "2.0933"), "25.12")),
        ("<multiply>(0.9337,4/3, 3.14)=3.91", Call("multiply", ("0.9337", "4/3", "3.14"), "3.91")),
        ("<permutate>(10,10-3)=604800<eoe>", Call("permutate", ("10", "10-3"), "604800")),
        ("<multiply>(5%, $40)=2", Call("multiply", ("5%", "40"), "2")),
        ("power(2, (1+2))=8", Call("power", ("2", "(1+2)"), "8")),
        ('<f>P127("Nike")="Mark G. Parker"</f>', Call("P127", ("Nike",), "Mark G. Parker")),
        ('<f>P1("Andrew", "Barcelona", 2016)="8th"</f>', Call("P1", ("Andrew", "Barcelona", "2016"), "8th")),
        ('<f>P1("","a, b")="4"</f>', Call("P1", ("", "a, b"), "4")),
        (r'<f>P1("Toys \"R\" Us")="the \"R\""</f>', Call("P1", ('Toys "R" Us',), 'the "R"')),
        ('<f>P1303("Beyoncé")=""</f>', Call("P1303", ("Beyoncé",), "")),
    ],
)
def test_calls_are_read_tolerantly(written: str, call: Call) -> None:
    assert parse_call(written) == call


@pytest.mark.parametrize("written", ["", "2+2=4", "<add>(1,2)", None, 7, '<f>P1("broken)="x"</f>'])
def test_what_is_no_call_is_told(written: object) -> None:
    with pytest.raises(RowError, match="cannot read the"):
        parse_call(written)


@given(st.text())
def test_any_text_is_a_call_or_told(text: str) -> None:
    for written in (text, f"<add>({text})={text}"):
        with suppress(RowError):
            assert isinstance(parse_call(written), Call)


def test_numbers_in_a_text() -> None:
    found = numbers_in("w-10 costs $22,500.00, .8 of -3 or 5-4; 106.847.95 and 1,2")
    assert [str(number.value) for number in found] == [
        "10",
        "22500.00",
        "0.8",
        "-3",
        "5",
        "4",
        "106.847",
        "95",
        "1",
        "2",
    ]
    assert number_at("is 22,500.", 3) == (3, 9, Decimal(22500))
    assert number_at("is", 0) is None
    assert number_value("1,000") == 1000
    assert number_value("4/3") is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.0, "12"), (12, "12"), (0.3936, "0.3936"), (2.8e-05, "0.000028"), (54265625000000.0, "54265625000000"),
     ("546", "546"), ("1,000.50", "1000.50"), (1e16, "10000000000000000"), (-3.5, "-3.5")],
)  # fmt: skip
def test_numbers_as_text(value: object, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize("value", [None, True, "many", "nan", float("inf"), [1]])
def test_what_is_no_number_is_told(value: object) -> None:
    with pytest.raises(RowError, match="is no number"):
        number_text(value)


def where(text: str, *calls: tuple[str, str, str], start: int = 0) -> list[tuple[str, str]]:
    """Of each call's place: the text before it, and what stands there."""
    read = [Call(tool, tuple(arguments.split()), result) for tool, arguments, result in calls]
    return [(text[:begin], text[begin:end]) for begin, end in result_places(text, read, start)]


def test_a_result_stands_behind_its_equals_sign() -> None:
    assert where("4 friends: 4C3=4.", ("choose", "4 3", "4")) == [("4 friends: 4C3=", "4")]
    assert where("gives 24: 48/2 = $24 or 24", ("divide", "48 2", "24")) == [("gives 24: 48/2 = $", "24")]


def test_without_equals_sign_it_stands_behind_its_arguments() -> None:
    assert where("divisor of 264, which is 264.", ("gcd", "264", "264")) == [("divisor of 264, which is ", "264")]
    text = "They earn 96 cents because 48 times 2 equals 96 and 96 is enough"
    assert where(text, ("multiply", "48 2", "96")) == [("They earn 96 cents because 48 times 2 equals ", "96")]


def test_results_come_in_the_order_of_calls_and_never_twice() -> None:
    text = "2+2=4, then 4+0=4 and 4+4=8"
    assert where(text, ("add", "2 2", "4"), ("add", "4 0", "4"), ("add", "4 4", "8")) == [
        ("2+2=", "4"), ("2+2=4, then 4+0=", "4"), ("2+2=4, then 4+0=4 and 4+4=", "8"),
    ]  # fmt: skip
    with pytest.raises(RowError, match="the result 4 of add does not stand"):
        where("so 2+2=4", ("add", "2 2", "4"), ("add", "4 0", "4"))


def test_a_result_is_found_as_written_and_never_inside_another_number() -> None:
    assert where("4500*5=$22,500", ("multiply", "4500 5", "22500")) == [("4500*5=$", "22,500")]
    assert where("20*.5=$10.00.", ("multiply", "20 .5", "10")) == [("20*.5=$", "10.00")]
    for text in ("106.847.95 meters", "57 and 7.95"):
        with pytest.raises(RowError, match="as a number of its own"):
            where(text, ("divide", "7 1", "7"))
    assert where("10 of them\nA: 10", ("add", "5 5", "10"), start=12) == [("10 of them\nA: ", "10")]


def test_words_stand_last_and_outside_of_their_subject() -> None:
    def place(text: str, result: str, *subjects: str) -> tuple[str, str]:
        begin, end = word_place(text, result, subjects)
        return text[:begin], text[begin:end]

    assert place("Who made the Ferrari F8? It was Ferrari.", "Ferrari", "Ferrari F8")[0].endswith("was ")
    assert place("It was Ferrari that made the Ferrari F8.", "Ferrari", "Ferrari F8")[0] == "It was "
    assert place("The Ferrari F8.", "Ferrari", "Ferrari F8")[0] == "The "
    assert place("Karen, from Germany, speaks German.", "German", "Karen")[0].endswith("speaks ")
    for result in ("Asia", "", "Europe (all)"):
        with pytest.raises(RowError, match="does not stand in the text"):
            place("An Asian country.", result)
