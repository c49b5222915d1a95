"""One rendering: what is supervised, what is cut, and that ids spell the conversation and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import ModelError, RowError
from toolschool.methods.toolgen.episodes import Episode, Step
from toolschool.methods.toolgen.indexing import build_index
from toolschool.methods.toolgen.protocol import (
    GIVE_UP,
    MAX_RESULT,
    SYSTEM,
    Protocol,
    documented,
    encode,
    shown,
)
from toolschool.records import Tool
from toolschool.tools.simulated import Exchange

FORECAST = Exchange("forecast_for_sky", {"city": "Bonn"}, answer={"city": "Bonn", "high": 21.5})
LOST = Exchange("forecast_for_sky", {}, 400, error="forecast_for_sky needs city; give all of city")
texts = st.text(st.characters(codec="utf-8", exclude_characters="<>"), max_size=40)
values = st.one_of(texts, st.integers(), st.booleans(), st.lists(texts, max_size=2))


def episode(town: Any, *exchanges: Exchange, answer: str | None = "high: 21.5") -> Episode:
    steps = tuple(Step("Now: the forecast", town.key("forecast"), each, each.ok) for each in exchanges)
    return Episode("e", "Will it be warm in Bonn?", steps, "That was all.", answer)


def test_the_whole_conversation(town: Any) -> None:
    row = encode(town.spelling, town.protocol, episode(town, LOST, FORECAST), 1024)
    assert town.tokenizer.decode(row["input_ids"]) == (
        f"{SYSTEM}\nRequest: Will it be warm in Bonn?\n"
        "Now: the forecast</s>\nAction:\n<<Sky&&forecast>></s>\n"
        "forecast_for_sky(city: str, days: float = 3) Get the forecast of a city.\nInput:\n{}</s>\n"
        "Result: Error: forecast_for_sky needs city; give all of city\n"
        'Now: the forecast</s>\nAction:\n<<Sky&&forecast>></s>\nInput:\n{"city": "Bonn"}</s>\n'
        'Result: {"city": "Bonn", "high": 21.5}\n'
        "That was all.</s>\nAction:\n<<Finish>></s>\n"
        "Finish(return_type: give_answer|give_up_and_restart, final_answer?: str)\nInput:\n"
        '{"return_type": "give_answer", "final_answer": "high: 21.5"}</s>'
    )


def test_what_the_model_writes_is_supervised_and_mistakes_are_not(town: Any) -> None:
    row = encode(town.spelling, town.protocol, episode(town, LOST, FORECAST), 1024)
    taught = [label for label in row["labels"] if label != -100]
    assert town.tokenizer.decode(taught) == (
        'Now: the forecast</s><<Sky&&forecast>></s>{"city": "Bonn"}</s>'
        'That was all.</s><<Finish>></s>{"return_type": "give_answer", "final_answer": "high: 21.5"}</s>'
    )
    assert all(label in (-100, token) for label, token in zip(row["labels"], row["input_ids"], strict=True))
    assert row["labels"][-1] == town.tokenizer.eos_token_id


def test_giving_up_and_the_clock(town: Any, desk: Any) -> None:
    from datetime import datetime

    given_up = list(town.protocol.turns(episode(town, answer=None)))
    assert given_up[-1].text == f'{{"return_type": "{GIVE_UP}"}}'
    assert "\nIt is Monday 2026-03-02 09:05.\nRequest: x\n" in desk.protocol.opening(" x ", datetime(2026, 3, 2, 9, 5))


def test_what_cannot_be_rendered_is_refused(town: Any) -> None:
    unknown = Episode("e", "q", (Step("t", None, Exchange("weather", {}, 404, error="no")),), "t", None)
    with pytest.raises(RowError, match="'weather' is no tool"):
        encode(town.spelling, town.protocol, unknown, 1024)
    with pytest.raises(RowError, match="more than max_length=20"):
        encode(town.spelling, town.protocol, episode(town), 20)
    with pytest.raises(ModelError, match="no token for"):
        Protocol(build_index("atomic", town.docs[1:]), town.world.tools)


def test_documentation_is_a_line_and_bounded() -> None:
    schema = {
        "type": "object",
        "properties": {
            "unit": {"type": "string", "enum": ["d", "w", ""]},
            "to": {"type": ["array", "string"], "items": {"type": "string"}},
            "n": {"type": "integer", "default": 5},
            "note": {"type": ["string", "null"]},
        },
        "required": ["unit", "to"],
    }
    assert (
        documented(Tool("go", "Goes\nthere.", schema))
        == "go(unit: d|w, to: list[str], n: int = 5, note?: str) Goes there."
    )
    assert documented(Tool("stop", "", {"type": "object"})) == "stop()"
    many = {"type": "object", "properties": {f"argument_{n}": {"type": "string"} for n in range(40)}}
    line = documented(Tool("big", "word " * 40, many))
    assert len(line) < 260
    assert ", …) word word" in line
    assert line.endswith("…")


@given(st.recursive(values, lambda inner: st.dictionaries(texts, inner, max_size=3), max_leaves=9))
def test_results_are_one_bounded_line(value: Any) -> None:
    line = shown(Exchange("a", {}, answer=value))
    assert len(line) <= MAX_RESULT
    assert len(line.splitlines()) <= 1


@given(texts, texts, st.dictionaries(texts, values, max_size=3), texts)
def test_ids_spell_the_turns(town: Any, query: str, thought: str, arguments: dict[str, Any], answer: str) -> None:
    step = Step(thought, town.key("forecast"), Exchange("forecast_for_sky", arguments, answer=answer))
    made = Episode("e", query, (step,), thought, answer)
    row = encode(town.spelling, town.protocol, made, 10_000)
    spelled = "".join(f"{turn.text}{'' if turn.kind == 'given' else '</s>'}" for turn in town.protocol.turns(made))
    assert town.tokenizer.decode(row["input_ids"]) == spelled
    assert Episode.from_json(made.to_json()) == made


def test_a_line_that_is_no_episode() -> None:
    for text in ("{}", "no", "[]", '{"id": 1}'):
        with pytest.raises(RowError, match="this is no episode"):
            Episode.from_json(text)
