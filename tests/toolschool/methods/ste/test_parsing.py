"""Every rule of reference 7.1 by itself, what the strict reading says of the same texts, and properties of both."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.methods.ste.parsing import (
    FinalAnswer,
    Malformed,
    WrittenCall,
    name_in,
    read_published,
    read_strict,
    token_of,
)

NAMES = ["add_date", "Car database%%Makes", "get_today_date"]
CALL = 'Action: add_date\nAction Input: {"days": 90}'


def kinds(text: str) -> tuple[str, str, str]:
    """What the three readings make of a text: strict, published with exact names, published with grounding."""
    found = (read_strict(text, NAMES), read_published(text, NAMES), read_published(text, NAMES, ground=True))
    return tuple(each.kind if isinstance(each, Malformed) else type(each).__name__ for each in found)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "strict", "exact", "grounded"),
    [
        (CALL, "WrittenCall", "WrittenCall", "WrittenCall"),
        (f"Thought: count days\n{CALL}\n", "WrittenCall", "WrittenCall", "WrittenCall"),
        (CALL.replace("add_date", "<tool_add_date>"), "WrittenCall", "unknown name", "WrittenCall"),
        (CALL.replace("add_date", "Add date"), "unknown name", "unknown name", "WrittenCall"),
        (CALL.replace("add_date", ""), "unknown name", "unknown name", "unknown name"),
        (CALL.replace("add_date", "???"), "unknown name", "unknown name", "unknown name"),
        ("Final Answer: 42", "FinalAnswer", "FinalAnswer", "FinalAnswer"),
        ("Thought: I know\nFinal Answer: 42", "FinalAnswer", "FinalAnswer", "FinalAnswer"),
        (f"{CALL}\nFinal Answer: 42", "WrittenCall", "WrittenCall", "WrittenCall"),
        # An answer that speaks of calls is an answer.
        (f"Final Answer: I would write {CALL}", "FinalAnswer", "FinalAnswer", "FinalAnswer"),
        ("It is Monday.", "no input", "no input", "no input"),
        ("", "no input", "no input", "no input"),
        (f"{CALL}\n{CALL}", "several actions", "several inputs", "several inputs"),
        ("Action: add_date\nAction: add_date\nAction Input: {}", "several actions", "several actions", "several actions"),
        ("Action Input: {}", "no action", "no action", "no action"),
        ("Action: add_date\nAction Input: days=90", "no object", "no object", "no object"),
        ("Action: add_date\nAction Input: } {", "no object", "no object", "no object"),
        ("Action: add_date\nAction Input: [1]", "no object", "no object", "no object"),
        ('Action: add_date\nAction Input: {"days": }', "bad json", "bad json", "bad json"),
        # What upstream loses and lets pass.
        ('Action: add_date\nAction Input: {"a": {"b": 1}}', "WrittenCall", "bad json", "bad json"),
        ('Action: add_date\nAction Input: {"a": {"b": 1}, "c": 2}', "WrittenCall", "WrittenCall", "WrittenCall"),
        ('Action: add_date\nAction Input: {{"days": 90}}', "bad json", "WrittenCall", "WrittenCall"),
        ('Action: add_date\nAction Input: here it is {"days": 90}, done', "no object", "WrittenCall", "WrittenCall"),
        ('Action: add_date\nAction Input: {"days": 90}, done', "text behind", "WrittenCall", "WrittenCall"),
        ('Action: add_date\nAction Input: {"days": 1, "days": 2}', "bad json", "WrittenCall", "WrittenCall"),
        ('Action: add_date\nAction Input: {"days": NaN}', "bad json", "WrittenCall", "WrittenCall"),
        # The turns that a model makes up are none of its call, and not a second one.
        (f"{CALL}\nObservation: {{}}\n{CALL}", "WrittenCall", "several inputs", "several inputs"),
        (f'{CALL}\nObservation: {{"date": 1}}', "WrittenCall", "bad json", "bad json"),
        (f"{CALL}\nObserv", "WrittenCall", "WrittenCall", "WrittenCall"),
        # Words of the format inside an argument are no format.
        ('Action: add_date\nAction Input: {"q": "Action: or Action Input: ?"}', "WrittenCall", "several inputs", "several inputs"),
        ('Action: add_date\nAction Input: {"q": "Final Answer: ?"}', "WrittenCall", "no object", "no object"),
    ],
)  # fmt: skip
def test_readings(text: str, strict: str, exact: str, grounded: str) -> None:
    assert kinds(text) == (strict, exact, grounded)


def test_copied_line_breaks_are_stripped_where_the_published_code_does() -> None:
    text = r'Thought: x\nAction: add_date\n' + "\n" + r'Action Input: {"days": 90}\n\n'  # fmt: skip
    found = read_published(text, NAMES)
    assert isinstance(found, WrittenCall)
    assert (found.name, found.arguments, found.grounded) == ("add_date", {"days": 90}, False)
    assert read_published('Action: add_date \\n \nAction Input: {}', NAMES) == WrittenCall("add_date", {}, "{}")  # fmt: skip


def test_parts_of_a_reply() -> None:
    text = f"Thought: count days\n{CALL}\nObservation: 2 June"
    assert read_strict(text, NAMES) == WrittenCall("add_date", {"days": 90}, '{"days": 90}', "count days")
    assert read_strict("Thought: I know\nFinal Answer:  42 ", NAMES) == FinalAnswer("42", "I know")
    assert read_published("x Final Answer: 1 Final Answer: 2", NAMES) == FinalAnswer("1", "x")


def test_a_wrong_name_becomes_the_nearest_in_the_order_of_the_names() -> None:
    wrong = 'Action: Makes\nAction Input: {"make": "Audi"}'
    found = read_published(wrong, NAMES, ground=True)
    assert isinstance(found, WrittenCall)
    assert (found.name, found.grounded) == ("Car database%%Makes", True)
    tied = 'Action: ab\nAction Input: {}'  # fmt: skip
    orders = [read_published(tied, names, ground=True) for names in (["abx", "aby"], ["aby", "abx"])]
    assert [found.name for found in orders if isinstance(found, WrittenCall)] == ["aby", "aby"]  # difflib's own choice


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("hm", "no 'Action Input:'"), (f"{CALL} {CALL}", "several"), ("Action Input: {}", "Name the API"),
        ("Action: x\nAction Input: {}", "no API named 'x'. Use one of: add_date"), ("Action: add_date\nAction Input: 1", "begin it with {"),
        ("Action: add_date\nAction Input: {1}", "not valid JSON: "), (f"{CALL} please", "text behind"),
    ],
)  # fmt: skip
def test_each_mistake_has_a_message_of_its_own(text: str, part: str) -> None:
    found = read_strict(text, NAMES)
    assert isinstance(found, Malformed)
    assert part in found.message
    assert "\n" not in found.message


def test_what_python_cannot_hold_is_malformed() -> None:
    deep = 'Action: add_date\nAction Input: {"a": ' + "[" * 100_000 + "]" * 100_000 + ', "b": 1}'
    long = 'Action: add_date\nAction Input: {"a": ' + "9" * 5000 + "}"
    assert {*kinds(deep), *kinds(long)} == {"bad json"}


PIECES = [
    "Action:",
    "Action Input:",
    "Final Answer:",
    "Observation:",
    "Thought:",
    " add_date",
    "<tool_add_date>",
    "{",
    "}",
    '{"a": 1}',
    "\\n",
    "\n",
    "x",
    '"',
]
ANY_TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map("".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(ANY_TEXT)
def test_no_text_raises(text: str) -> None:
    for found in (read_strict(text, NAMES), read_published(text, NAMES), read_published(text, NAMES, ground=True)):
        assert isinstance(found, WrittenCall | FinalAnswer | Malformed)
        if isinstance(found, WrittenCall):
            assert found.name in NAMES
            assert json.loads(found.source) == found.arguments


@given(ANY_TEXT)
def test_grounding_changes_names_only(text: str) -> None:
    exact, grounded = read_published(text, NAMES), read_published(text, NAMES, ground=True)
    assert exact == grounded or (isinstance(exact, Malformed) and exact.kind == "unknown name")


@given(st.sampled_from(NAMES), st.dictionaries(st.text(), JSON), st.booleans(), st.booleans())
def test_the_strict_reading_gives_back_every_call(name: str, arguments: dict, token: bool, indented: bool) -> None:
    source = json.dumps(arguments, indent=4 if indented else None, ensure_ascii=token)
    written = token_of(name) if token else name
    found = read_strict(f"Action: {written}\nAction Input: {source}", NAMES)
    assert found == WrittenCall(name, arguments, source)


@given(st.text())
def test_names_and_tokens(name: str) -> None:
    assert name_in(token_of(name)) == name
