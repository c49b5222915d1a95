"""Text for the other methods: calls put first, to be annotated, dialogues that really ran, documentation with requests."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets import arithmetic, inline_calls, queries, registry, trials
from toolschool.datasets.desk import generate
from toolschool.datasets.desk.refusals import REQUESTS
from toolschool.errors import DataError

TEXT = "Ann has [Calculator(3 * 4)->12] 12 pens and [Calculator(12 - 5)->7] 7 caps."


def test_the_forms_of_a_text_with_calls() -> None:
    assert inline_calls.plain(TEXT) == "Ann has 12 pens and 7 caps."
    assert inline_calls.prefixed(TEXT, 1) == "[Calculator(12 - 5)->7] Ann has 12 pens and 7 caps."
    assert inline_calls.prefixed(TEXT, 0, "9").startswith("[Calculator(3 * 4)->9] Ann")
    assert inline_calls.annotation(TEXT) == (
        "Add Calculator calls.\nInput: Ann has 12 pens and 7 caps.\n"
        "Output: Ann has [Calculator(3 * 4)] 12 pens and [Calculator(12 - 5)] 7 caps."
    )


@given(st.integers(0, 400))
def test_every_form_holds_the_same_words(seed: int) -> None:
    row = next(iter(arithmetic.generate(seed, 1, "train")))
    text = f"{row['question']} {row['call']}"
    form = inline_calls.some_form(text, random.Random(seed))
    assert inline_calls.plain(text) in inline_calls.plain(form)


def test_text_without_calls_stays() -> None:
    assert {inline_calls.some_form("No sums here.", random.Random(i)) for i in range(20)} == {"No sums here."}


def test_dialogues_ran_and_mistakes_are_mended() -> None:
    dialogues = list(trials.generate(0, 120, "train"))
    assert dialogues == list(trials.generate(0, 130, "train"))[:120]
    attempts = [text.count("Action Input:") for text in dialogues]
    assert 0.2 < sum(n == 2 for n in attempts) / 120 < 0.5
    for text, count in zip(dialogues, attempts, strict=True):
        assert text.count("Observation:") == count
        assert text.count("Final Answer:") == 1
        assert len(set(re.findall(r"Action: (\w+)", text))) == 1
    assert any("needs " in text for text in dialogues)  # the tool's own words about a missing argument


def test_documentation_meets_its_requests() -> None:
    rows = [
        {"kind": "tool", "tools": ["A"], "description": "A: adds numbers"},
        {"kind": "query", "tools": ["A"], "query": " what is 2 and 3? "},
        {"kind": "query", "tools": ["A", "B"], "query": "two tools"},
        {"kind": "query", "tools": ["C"], "query": "no description"},
    ]
    assert list(queries.documented(rows)) == [("A", "adds numbers", "what is 2 and 3?")]
    assert queries.documentation("A", "adds numbers") == "API_name: A\nDescription: adds numbers"


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("Returns all stations of a line.", "show me all stations of a line"),
        ("startJob: Start a distributed computing job", "start a distributed computing job"),
        ("This endpoint allows you to convert euros to dollars. It is fast.", "convert euros to dollars"),
    ],
)
def test_a_description_that_says_what_it_does_becomes_a_request(description: str, words: str) -> None:
    requests = {queries.asked(description, random.Random(seed)) for seed in range(30)}
    assert len(requests) > 5
    assert all(words in request[:1].lower() + request[1:] for request in requests)


@pytest.mark.parametrize(
    "description", ["", "API", "Get it", "The Advanced Search URL parameters are described here", "/qr"]
)
def test_no_request_is_made_of_a_description_without_a_deed(description: str) -> None:
    assert queries.asked(description, random.Random(0)) == ""


def test_imagined_tools_are_asked_for_in_the_words_of_their_description() -> None:
    rows = [
        {"kind": "tool", "description": "getTides: Retrieve the tides of a harbour", "tools": ["getTides"]},
        {"kind": "tool", "description": "getFares: Returns all fares between two towns.", "tools": ["getFares"]},
        {"kind": "tool", "description": "a helper for everything", "tools": ["helper"]},
    ]
    found = list(queries.imagined(rows, 40, random.Random(0)))
    assert len(found) == 40
    for name, description, request in found:
        verb, rest = description.split(" ", 1)
        assert name.startswith(verb.lower())
        assert f"show me {rest}" in request.lower()
    assert len({description for _, description, _ in found}) > 10
    assert not list(queries.imagined(rows[2:], 40, random.Random(0)))


def test_our_own_documentation_is_whole() -> None:
    rows = list(queries.own())
    triples = list(queries.documented(rows))
    assert len(triples) == sum(row["kind"] == "query" for row in rows) > 1500
    assert len({name for name, _, _ in triples}) == sum(row["kind"] == "tool" for row in rows)


def test_a_block_without_requests_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("lost_tool: Finds what was lost.\n")
    with pytest.raises(DataError, match="lost_tool"):
        list(queries.own(tmp_path))


@pytest.mark.data
def test_real_documentation(data_root: object) -> None:
    rows = registry.load("metatool", path=f"{data_root}/metatool", split="train", purpose="train", shipped=True)
    assert len(list(queries.documented(rows))) > 10_000


def test_some_generated_requests_cannot_be_served() -> None:
    rows = list(generate(0, 3000, "train"))
    share = sum(not row.plan.calls for row in rows) / len(rows)
    assert 0.01 < share < 0.03
    assert len({row.query for row in rows if not row.plan.calls}) > 40
    assert len(REQUESTS) == len(set(REQUESTS))
