"""Other words, the same plan: what an argument repeats is never touched."""

import random
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets.desk import generate
from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.paraphrase import GROUPS, paraphrase
from toolschool.records import Call

CALLS = (Call(1, "append_note_content", ("create a note", "milk", "")),)


def draw(seed: int) -> Draw:
    return Draw(random.Random(seed), "train", datetime(2025, 1, 1))


def test_turns_of_phrase_change_and_case_stays() -> None:
    found = {
        paraphrase(draw(seed), "Append milk to the note titled Food, then reply to Ann.", ()) for seed in range(60)
    }
    assert len(found) > 10
    assert all(text[0].isupper() for text in found)
    assert any("called" in text or "named" in text for text in found)


@given(st.integers(0, 500))
def test_arguments_and_quotations_stay(seed: int) -> None:
    text = paraphrase(draw(seed), 'Append milk to create a note and to "append, then reply to".', CALLS)
    assert "create a note" in text
    assert '"append, then reply to"' in text


@given(st.integers(0, 300))
def test_generated_requests_keep_what_their_plans_copy(seed: int) -> None:
    example = next(iter(generate(seed, 1, "train")))
    new = paraphrase(draw(seed), example.query, example.plan.calls)
    for call in example.plan.calls:
        for value in call.args:
            if isinstance(value, str) and value in example.query:
                assert value in new


def test_no_phrase_stands_in_two_groups() -> None:
    phrases = [phrase for group in GROUPS for phrase in group]
    assert len(phrases) == len(set(phrases))
