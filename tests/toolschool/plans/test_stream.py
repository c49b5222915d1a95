"""The streaming parser gives what the whole parser gives, whatever the text and wherever it is cut."""

import itertools
import time

from hypothesis import given
from hypothesis import strategies as st

from toolschool.plans.grammar import MAX_LINE, BadLine, Item, Join, parse_lines
from toolschool.plans.stream import StreamParser
from toolschool.records import Call

PLAN = (
    "Thought: look up first\n"
    '1. get_email_address("Sid (work) # 1")\n'
    "\n"
    '2. compose_new_email(["$1", "a\\"b"], [], "Hi", "it\'s $5 \\n ok", None)  # comment\n'
    "3. summarize_pdf(oops)\n"
    "4. join()\n<END_OF_PLAN>\n5. after()"
)


def streamed(chunks: list[str]) -> list[Item]:
    parser = StreamParser()
    items = [item for chunk in chunks for item in parser.feed(chunk)]
    return items + parser.finish()


def cut(text: str, places: list[int]) -> list[str]:
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges)]


places = st.lists(st.integers(0, 10_000), max_size=30)


@given(st.text(st.sampled_from("1. f(\"a$)#\n\r\\'],END_OF_PLAN<>join()")) | st.text(), places)
def test_any_text_any_cut(text: str, places: list[int]) -> None:
    assert streamed(cut(text, places)) == parse_lines(text)


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(PLAN)),
            st.integers(0, 5),
            st.text(max_size=4) | st.sampled_from(["\n", '"', ")", "<END_OF_PLAN>"]),
        ),
        max_size=4,
    ),
    places,
)
def test_mutated_plans_any_cut(edits: list[tuple[int, int, str]], places: list[int]) -> None:
    text = PLAN
    for start, removed, inserted in edits:
        text = text[:start] + inserted + text[start + removed :]
    assert streamed(cut(text, places)) == parse_lines(text)


def test_one_character_at_a_time() -> None:
    assert streamed(list(PLAN)) == parse_lines(PLAN)


def test_a_chunk_with_several_line_breaks_loses_no_line() -> None:
    assert StreamParser().feed("1. f(1)\n2. f(2)\n3. f(3)\n") == [
        Call(1, "f", (1,)),
        Call(2, "f", (2,)),
        Call(3, "f", (3,)),
    ]


def test_a_call_is_there_as_soon_as_its_line_is_complete() -> None:
    parser = StreamParser()
    assert parser.feed("1. f(1)") == []
    assert parser.feed("\n2. ") == [Call(1, "f", (1,))]


def test_the_last_line_needs_no_line_break() -> None:
    parser = StreamParser()
    assert parser.feed("1. f(1)\n2. join()") == [Call(1, "f", (1,))]
    assert not parser.joined
    assert parser.finish() == [Join(2)]
    assert parser.joined
    assert parser.finish() == []


def test_two_parsers_share_nothing() -> None:
    first, second = StreamParser(), StreamParser()
    first.feed("1. f(1")
    second.feed("1. g(2")
    assert first.feed(")\n") == [Call(1, "f", (1,))]
    assert second.feed(")\n") == [Call(1, "g", (2,))]


def test_an_endless_line_is_not_kept() -> None:
    start = time.perf_counter()
    parser = StreamParser()
    for _ in range(100_000):
        assert parser.feed("a" * 10) == []
    assert sum(map(len, parser._pieces)) == MAX_LINE + 1
    (item,) = parser.feed("\n")
    assert isinstance(item, BadLine)
    assert parser.feed("2. f(1)\n") == [Call(2, "f", (1,))]
    assert time.perf_counter() - start < 5
