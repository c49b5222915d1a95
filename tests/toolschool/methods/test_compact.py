"""Spans and compact plans: what is pointed at comes back letter by letter."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.methods.tinyagent.compact import encode, title_case
from toolschool.methods.tinyagent.expander import Expander
from toolschool.methods.tinyagent.spans import cut, render
from toolschool.methods.tinyagent.template import argument_names
from toolschool.plans.grammar import format_plan, parse_plan
from toolschool.records import Call, Plan
from toolschool.tools.desk import desk_catalog

NOW = datetime(2025, 3, 5, 14, 20)
NAMES = dict(argument_names(desk_catalog()))


def expand(compact: str, query: str) -> str:
    writer = Expander(cut(query, NOW))
    return writer.feed(compact) + writer.finish()


def test_spans_of_a_request() -> None:
    request = cut("Text Priya's brother: 'Running late' and mail Q3-report.pdf to sid@x.com at 6", NOW)
    kinds = [(request.text[span.start : span.end], span.kind) for span in request.spans if span.kind != "word"]
    assert kinds == [
        ("Priya", "name"), ("Running late", "quote"), ("Q3-report.pdf", "file"), ("sid@x.com", "email"), ("6", "time"),
    ]  # fmt: skip
    assert render(request).startswith("<0> text<1><name>'s<2> brother:<3><quote><4> and")


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("sum up /docs/q3/plan.v2.pdf, please", {"/docs/q3/plan.v2.pdf": "file"}),
        ("list ~/notes and ../logs/a.txt", {"~/notes": "file", "../logs/a.txt": "file"}),
        ("near -5.8 and -93 but not x-5", {"-5.8": "number", "-93": "number", "x-5": "word"}),
        ("track 1Z999AA10123 or 3f4d166", {"1Z999AA10123": "word", "3f4d166": "word"}),
        ("run 5km with him and/or her", {"5": "number", "km": "word", "and": "word"}),
        ("Convert 1,200 JPY or Studio 54.", {"1,200": "number", "Studio 54": "name"}),
        ("Change 95 JPY for Studio 54", {"Change": "word", "95": "number", "JPY": "name", "Studio 54": "name"}),
    ],
)
def test_a_path_a_negative_number_and_a_code_are_one_span(said: str, whole: dict[str, str]) -> None:
    request = cut(said, NOW)
    found = {request.surface(index): span.kind for index, span in enumerate(request.spans)}
    assert whole.items() <= found.items()


def test_the_first_word_of_a_sentence_is_no_name_but_a_name_later_is() -> None:
    request = cut("Email Dana. Ask Wei and Sarah Li about Apple Maps.", NOW)
    names = [request.text[span.start : span.end] for span in request.spans if span.kind == "name"]
    assert names == ["Dana", "Wei", "Sarah Li"]


@given(st.text(max_size=300))
def test_every_character_is_in_one_span_a_mark_or_a_quote(text: str) -> None:
    request = cut(text, NOW)
    covered = [0] * len(text)
    for span in (*request.spans, *request.marks):
        for position in range(span.start, span.end):
            covered[position] += 1
    assert max(covered, default=0) <= 1
    missed = {text[i] for i, count in enumerate(covered) if not count and not text[i].isspace()}
    assert not any(character.isalnum() and character.isascii() for character in missed)


def test_a_user_who_writes_pointers_gets_text() -> None:
    query = 'Note called "<5>" with <at><3> and $2'
    plan = Plan((Call(1, "create_note", ("<5>", "<at><3>", "")),))
    text = expand(encode(plan, cut(query, NOW), NAMES), query)
    assert parse_plan(text + "2. join()").calls == plan.calls


def test_dates_point_at_times_and_come_back() -> None:
    query = "Lunch with Dana on Friday at noon for 30 minutes, and remind me tomorrow"
    plan = Plan(
        (
            Call(1, "create_calendar_event", ("Lunch", "2025-03-07 12:00:00", "2025-03-07 12:30:00", "", [], "", None)),
            Call(2, "create_reminder", ("Lunch", "2025-03-06", "", "", 0, True)),
        )
    )
    compact = encode(plan, cut(query, NOW), NAMES)
    assert '"<at><4>", "<at><4>+30"' in compact
    assert '"<on>' in compact
    assert parse_plan(expand(compact, query) + "3. join()") == plan


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("review the project report", "Review Project Report"),
        ("buy a gift for an aunt", "Buy Gift For Aunt"),
        ("meet in room A", "Meet In Room A"),
        ("plan a", "Plan A"),
        ("", ""),
    ],
)
def test_a_title_has_no_articles_and_is_pointed_at(words: str, title: str) -> None:
    assert title_case(words) == title
    query = f"Please {words} soon"
    plan = Plan((Call(1, "create_reminder", (title, "", "", "", 0, False)),))
    compact = encode(plan, cut(query, NOW), NAMES)
    assert ("<Aa>" in compact) == bool(title)
    assert parse_plan(expand(compact, query) + "2. join()").calls == plan.calls


def test_money_in_the_request_never_becomes_a_reference() -> None:
    query = 'Text 555-1234 "I owe you $1"'
    plan = Plan((Call(1, "get_phone_number", ("x",)), Call(2, "send_sms", (["555-1234"], "I owe you $$1"))))
    text = expand('1. get_phone_number("x")\n2. send_sms(["<1>"], "<2>")\n', query)
    assert parse_plan(text + "3. join()") == plan


words = st.sampled_from(
    ["Dana", "the", "Blue Fig", "report.pdf", '"Q3 Plan"', "tomorrow at 3pm", "$5", "12", "a<b>c", "é", "\\"]
)


@given(st.lists(words, min_size=1, max_size=14), st.data())
def test_encode_then_expand_is_the_same_plan(pieces: list[str], data: st.DataObject) -> None:
    query = " ".join(pieces)
    request = cut(query, NOW)
    start = data.draw(st.integers(0, len(query) - 1))
    part = query[start : data.draw(st.integers(start, len(query)))].strip()
    free = data.draw(st.text(st.characters(blacklist_categories=["Cs"]), max_size=30))
    texts = [text.replace("$", "$$") for text in (part, part.title(), free)]
    plan = Plan(
        (Call(1, "create_note", tuple(texts)), Call(2, "send_sms", (["$1", part.replace("$", "$$")], "${1} x")))
    )
    text = expand(encode(plan, request, NAMES), query)
    assert parse_plan(text + "3. join()") == parse_plan(format_plan(plan))


@given(st.text(alphabet='<at>on5+60"\\Aa, \n', max_size=60))
def test_expanding_whatever_a_model_writes_never_raises(text: str) -> None:
    expand(text, "Lunch on Friday at noon")


@pytest.mark.data
def test_real_plans_keep_tools_references_and_most_copied_arguments(data_root: Path) -> None:
    same = total = 0
    for line in (data_root / "tinyagent" / "plans.jsonl").read_text().splitlines():
        row = json.loads(line)
        plan = Plan(tuple(Call(c["id"], c["tool"], tuple(c["args"])) for c in row["plan"]))
        request = cut(row["query"], NOW)
        compact = encode(plan, request, NAMES, lossy=True)
        writer = Expander(request)
        again = parse_plan(writer.feed(compact) + writer.finish() + f"{len(plan.calls) + 1}. join()")
        assert [call.tool for call in again.calls] == [call.tool for call in plan.calls]
        for old, new in zip(plan.calls, again.calls, strict=True):
            if old.tool in ("get_email_address", "get_phone_number", "open_note", "maps_open_location"):
                total += 1
                same += str(old.args[0]).casefold() == str(new.args[0]).casefold()
    assert same / total > 0.99


@pytest.mark.parametrize(
    ("message", "compact"),
    [
        ("the way there $1", '"<3><5> $1"'),
        ("$1 the way there", '"$1 <3><5>"'),
        ("see the way there $1", '"see the way there $1"'),  # "see" is not the request's
    ],
)
def test_words_beside_a_reference_are_pointed_at(message: str, compact: str) -> None:
    query = "Text 555-0100 with the way there to the station"
    request = cut(query, NOW)
    calls = (Call(1, "maps_show_directions", ("", "station", "d")), Call(2, "send_sms", (["555-0100"], message)))
    text = encode(Plan(calls), request, NAMES)
    assert compact in text.splitlines()[1]
    assert parse_plan(f"{expand(text, query)}3. join()").calls[1].args[1] == message
