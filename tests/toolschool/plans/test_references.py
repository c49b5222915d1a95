"""What is a reference and what is money, and that finding and substituting agree."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from toolschool.errors import PlanError
from toolschool.plans.references import Reference, as_text, dependencies, find, split, substitute, write
from toolschool.records import Call


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$3", [3]),
        ("${3}", [3]),
        ("$3.name", [3]),
        ("${3.address.city}", [3]),
        ("$9", [9]),  # too late to be valid, but nothing else than a reference
        ("see $3, $4 and ${2}.", [3, 4, 2]),
        ("$1, $2", [1, 2]),
        ("Link:\n$4", [4]),
        ("($4)", [4]),
        ("id${4}x", [4]),
        ("Zoom: $4.", [4]),
        ("漢$4です", [4]),
        # money and other text
        ("it costs $9", []),
        ("$1000", []),
        ("pay $1000 now", []),
        ("pay $1,000 now", []),
        ("pay $1.50 now", []),
        ("pay $3k", []),
        ("pay $3m", []),
        ("pay $3 million", []),
        ("pay $3 dollars", []),
        ("pay $3bn", []),
        ("up $3%", []),
        ("US$3 or", []),
        ("a $$3 note", []),
        ("$$3", []),
        ("cash $", []),
        ("$0 down", []),
        ("${9} later", []),
        ("$name", []),
    ],
)
def test_find_in_step_five(text: str, expected: list[int]) -> None:
    assert [reference.id for reference in find(text, before=5)] == expected


def test_the_same_text_depends_on_the_step_it_is_in() -> None:
    text = "I owe you $5 for lunch"
    assert dependencies(Call(3, "send_sms", (["$1"], text))) == (1,)
    assert dependencies(Call(7, "send_sms", (["$1"], text))) == (1, 5)


def test_references_are_found_at_any_depth() -> None:
    assert dependencies(Call(9, "f", ([["$2"]], {"a": ["x ${3}"]}, "$1", 4, None))) == (1, 2, 3)


def test_fields() -> None:
    assert find("$1.a.b", 2) == [Reference(1, ("a", "b"), whole=True)]
    results = {1: {"a": {"b": [1, 2]}}, 2: '{"name": "Sid"}'}
    assert substitute("$1.a.b", results) == [1, 2]
    assert substitute("Dear ${2.name}!", results) == "Dear Sid!"
    with pytest.raises(PlanError, match="no field c, it has a"):
        substitute("$1.c", results)
    with pytest.raises(PlanError, match="no field x"):
        substitute("$1.x", {1: "plain text"})


def test_substitution() -> None:
    results = {1: "sid@x.org", 2: 7, 3: ["a"]}
    assert substitute(["$1", "n=$2", "$2", "$3", "l: ${3}"], results) == ["sid@x.org", "n=7", 7, ["a"], 'l: ["a"]']
    assert substitute({"to": ["${1}"]}, results) == {"to": ["sid@x.org"]}
    assert substitute("$10 and $1000 and $5 and US$1 and $$1", results) == "$10 and $1000 and $5 and US$1 and $1"


def test_ten_is_not_one_and_a_zero() -> None:
    assert substitute("$10 $1", {1: "A", 10: "B"}) == "B A"


def test_what_was_put_in_is_not_scanned_again() -> None:
    assert substitute("$1 $2", {1: "$2 $$ ${2}", 2: "two"}) == "$2 $$ ${2} two"


def test_a_result_is_not_shared_between_steps() -> None:
    results = {1: ["a"]}
    substitute("$1", results).append("b")
    assert results == {1: ["a"]}


def test_a_whole_reference_without_result_is_an_error() -> None:
    with pytest.raises(PlanError, match="step 4 has no result"):
        substitute(["$4"], {1: "x"})


pieces = st.lists(
    st.sampled_from(["$", "{", "}", "1", "2", "3", ".", ",", "k", " ", "a", "%", "$1", "${2}", "${3.a}", "text"]),
    max_size=12,
)


@given(pieces.map("".join))
def test_find_and_substitute_agree(text: str) -> None:
    """Results that show their number appear exactly where `find` says, in that order."""
    own = 4
    found = find(text, own)
    assume(all(reference.id in range(1, own) and reference.fields in ((), ("a",)) for reference in found))
    results = {reference.id: {"a": f"<{reference.id}>"} for reference in found}
    replaced = as_text(substitute(text, results))
    assert re.findall(r"<(.)>", replaced) == [str(reference.id) for reference in found]


parts = st.lists(
    st.builds(Reference, st.integers(1, 3), st.sampled_from([(), ("a",)]))
    | st.sampled_from(["$", "$$", "$1", "1", "k", " ", "text ", "{2}", "US", ".50", ", "]),
    max_size=8,
)


@given(parts)
def test_writing_is_the_inverse_of_splitting(parts: list[str | Reference]) -> None:
    earlier = range(1, 4)
    text = write(parts, earlier)
    again = split(text, earlier)
    assert split(write(again, earlier), earlier) == again
    shown = [part if isinstance(part, str) else f"<{part}>" for part in again]
    assert "".join(shown) == "".join(part if isinstance(part, str) else f"<{part}>" for part in parts)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["see ", Reference(1), "."], "see $1."),
        ([Reference(1), "5"], "${1}5"),
        (["a", Reference(1)], "a${1}"),
        (["$", Reference(1)], "$$${1}"),
        (["costs $1000"], "costs $1000"),
        (["costs $1 only"], "costs $$1 only"),
        ([Reference(2, ("name",))], "$2.name"),
        (["Dear ", Reference(2, ("name",))], "Dear ${2.name}"),
        (["$1"], "$$1"),
    ],
)
def test_writing_takes_the_plainest_form(parts: list[str | Reference], expected: str) -> None:
    assert write(parts, range(1, 4)) == expected
