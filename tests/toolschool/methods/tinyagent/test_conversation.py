"""Earlier turns before a planner: single requests are rendered as they were trained, and only the newest turn is planned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from toolschool.methods.tinyagent.conversation import new_steps, with_earlier
from toolschool.methods.tinyagent.planner import Planner
from toolschool.methods.tinyagent.request import PlanRequest, Turn
from toolschool.methods.tinyagent.spans import MAX_SPANS, cut
from toolschool.methods.tinyagent.template import PlannerTemplate
from toolschool.plans.grammar import parse_plan
from toolschool.records import Plan, Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import desk_catalog

NOW = datetime(2025, 3, 5, 14, 20)
QUERY = "Text Priya that I'm running ten minutes late, tomorrow at 3pm"
CATALOG = desk_catalog()
SAID = (Turn("system", "Be brief."), Turn("user", "Text Sid that I am late"), Turn("assistant", "A draft is open."))


def plan(text: str) -> Plan:
    return parse_plan(text + "\n9. join()<END_OF_PLAN>\n")


class TestSingleRequests:
    """What a model was trained on must not move: these are the prompts of the version that trained the shipped planner."""

    def test_compact(self) -> None:
        names = "".join(f" {name}" for name in CATALOG.names)
        shown = "<0> text<1><name><2> that<3> i'm<4> running<5> ten<6> minutes<7> late,<8><time>"
        prompt = PlannerTemplate().prompt(PlanRequest(QUERY, CATALOG.names, NOW), CATALOG)
        assert prompt.text == f"<tools>{names}<query>{shown}<plan>"

    @pytest.mark.parametrize(
        ("context", "first", "digest"),
        [("", 1, "c5ed8d67f5997b92"), ("Previous Plan:\n\nCurrent Plan:\n", 3, "401bcba1bf908c1f")],
    )
    def test_full(self, context: str, first: int, digest: str) -> None:
        request = PlanRequest(QUERY, CATALOG.names, NOW, context=context, first_id=first)
        text = PlannerTemplate(style="full").prompt(request, CATALOG).text
        assert hashlib.sha256(text.encode()).hexdigest().startswith(digest)


def test_the_full_prompt_tells_the_conversation_before_the_question() -> None:
    template, request = PlannerTemplate(style="full"), PlanRequest(QUERY, CATALOG.names, NOW)
    alone, told = template.prompt(request, CATALOG).text, template.prompt(replace(request, earlier=SAID), CATALOG).text
    block = (
        "Earlier in this conversation (what was asked for is done):\nInstructions: Be brief.\n"
        "User: Text Sid that I am late\nYou: A draft is open.\n"
    )
    assert told == alone.replace("Question:", f"{block}Question:")


def test_earlier_turns_are_sentences_and_the_oldest_go_first() -> None:
    turns = (*SAID, Turn("user", "Who\nis Ann?"))
    assert with_earlier(turns, "And Bob?", lambda text: True) == "Text Sid that I am late. Who is Ann? And Bob?"
    assert with_earlier(turns, "And Bob?", lambda text: len(text) < 30) == "Who is Ann? And Bob?"
    assert with_earlier(turns, "And Bob?", lambda text: len(text) < 9) == "And Bob?"
    assert with_earlier((), "And Bob?", lambda text: True) == "And Bob?"


SID = '1. get_phone_number("Sid")\n2. send_sms(["$1"], "I am late")'


@pytest.mark.parametrize(
    ("whole", "new"),
    [
        (SID, ""),
        (f'{SID}\n3. create_note("Ideas", "", "")', '1. create_note("Ideas", "", "")'),
        (
            f'{SID}\n3. get_phone_number("Ann")\n4. send_sms(["$3"], "I am late")',
            '1. get_phone_number("Ann")\n2. send_sms(["$1"], "I am late")',
        ),
        (  # other numbers, other order: the same steps
            '1. create_note("$", "", "")\n2. get_phone_number("Sid")\n3. send_sms(["$2"], "I am late")',
            '1. create_note("$", "", "")',
        ),
        (  # what a new step needs of the old ones stays
            f'{SID}\n3. append_note_content("Numbers", "$1", "")',
            '1. get_phone_number("Sid")\n2. append_note_content("Numbers", "$1", "")',
        ),
        (f'{SID}\n3. send_sms(["$1"], "I am late")', '1. get_phone_number("Sid")\n2. send_sms(["$1"], "I am late")'),
    ],
)
def test_only_what_is_new_is_planned(whole: str, new: str) -> None:
    assert new_steps(plan(SID), plan(whole)) == (plan(new) if new else Plan(()))


class ScriptedEngine:
    """Writes what the test says for a request that ends so, in pieces; the compact tokens are spelled."""

    def __init__(self, tokenizer: Any, **texts: str) -> None:
        self.tokenizer, self.texts, self.prompts, self.grammars = tokenizer, texts, [], []

    def stream(self, prompt: str, *, max_new_tokens: int, grammar: str | None = None) -> Iterator[str]:
        self.prompts.append(prompt)
        self.grammars.append(grammar)
        last = prompt.removesuffix("<plan>").split()[-1].strip(".?>")
        for line in self.texts[last].splitlines(keepends=True):
            yield from (line[:2], line[2:])


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from toolschool.methods.tinyagent.template import COMPACT_TOKENS
    from toolschool.models.tokenizer import train_tokenizer

    return train_tokenizer([QUERY], 500, COMPACT_TOKENS)


TOOLS = ("get_phone_number", "send_sms", "create_note")
FIRST = '1. get_phone_number("<1>")\n2. send_sms(["$1"], "<3><5>")\n'
BOTH = FIRST + '3. get_phone_number("<8>")\n4. send_sms(["$3"], "<3><5>")\n'


def ask(query: str, **more: Any) -> PlanRequest:
    return PlanRequest(query, TOOLS, NOW, earlier=(Turn("user", "Text Sid that I am late"),), **more)


def test_a_compact_planner_plans_the_newest_turn_only(tokenizer: Any) -> None:
    engine = ScriptedEngine(
        tokenizer, late=FIRST, please=BOTH
    )  # what is written for the newest turn alone does not matter
    text = "".join(Planner(engine, PlannerTemplate(), CATALOG).stream(ask("Also tell Priya please")))
    assert text == '1. get_phone_number("Priya")\n2. send_sms(["$1"], "I am late")\n3. join()<END_OF_PLAN>\n'
    assert "<0> text<1><name>" in engine.prompts[2]
    assert engine.prompts[2].endswith("<6> also<7> tell<8><name><9> please<plan>")


def test_a_turn_that_asks_for_nothing_repeats_nothing(tokenizer: Any) -> None:
    engine = ScriptedEngine(tokenizer, late=FIRST, thanks="")
    text = "".join(Planner(engine, PlannerTemplate(), CATALOG).stream(ask("Thanks")))
    assert text == "1. join()<END_OF_PLAN>\n"
    assert len(engine.prompts) == 1


def test_nothing_new_is_an_empty_plan_unless_a_call_is_demanded(tokenizer: Any) -> None:
    engine = ScriptedEngine(tokenizer, late=FIRST, thanks=FIRST)
    planner = Planner(engine, PlannerTemplate(), CATALOG)
    assert "".join(planner.stream(ask("Many thanks"))) == "1. join()<END_OF_PLAN>\n"
    forced = "".join(planner.stream(ask("Many thanks", must_call=True)))
    assert forced.startswith("1. get_phone_number(")
    assert engine.prompts[-1].endswith("<query><0> many<1> thanks<plan>")
    assert "start: step_1\n" in engine.grammars[-1]


def test_only_as_many_turns_as_can_be_pointed_at(tokenizer: Any) -> None:
    long = tuple(Turn("user", " ".join(f"word{i}{k}" for i in range(30))) for k in "abcde")
    engine = ScriptedEngine(tokenizer, thanks=FIRST, word29e="")
    "".join(Planner(engine, PlannerTemplate(), CATALOG).stream(replace(ask("Many thanks"), earlier=long)))
    words = " ".join(turn.text for turn in long[-3:]).split()
    assert len(cut(". ".join(turn.text for turn in long[-4:]), NOW).spans) > MAX_SPANS
    assert all(word in engine.prompts[1] for word in words)
    assert "word0b" not in engine.prompts[1]


def test_tools_of_the_request_and_bounds_on_calls(tokenizer: Any) -> None:
    weather = Catalog([Tool("weather", "Tells it.", {"type": "object", "properties": {"days": {"type": "integer"}}})])
    request = PlanRequest("Weather for 3 days", ("weather",), NOW, catalog=weather, max_calls=1)
    engine = ScriptedEngine(tokenizer, days="1. weather(<2>)\n")
    planner = Planner(engine, PlannerTemplate(), CATALOG)
    assert "".join(planner.stream(request)) == "1. weather(3)\n2. join()<END_OF_PLAN>\n"
    assert "step_2" not in engine.grammars[0]
    assert "".join(planner.stream(replace(request, max_calls=0))) == "1. join()<END_OF_PLAN>\n"
