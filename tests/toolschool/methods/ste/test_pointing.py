"""Pointers are read back as what they stand for; the grammar permits what is said, and only that."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import ConfigError
from toolschool.methods.ste.caller import Caller
from toolschool.methods.ste.grammar import call_grammar
from toolschool.methods.ste.pointing import CLOCK, cut, pointed, resolved, shown
from toolschool.methods.ste.template import StePrompt
from toolschool.methods.tinyagent.constraint import Pointers
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.methods.tinyagent.template import token_ids
from toolschool.models.backbone import FreshConfig, ModelConfig, load, load_tokenizer
from toolschool.models.decoding import Constrainer
from toolschool.models.engines import TransformersEngine
from toolschool.plans.grammar import parse_plan
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog

QUERY = 'Order 2 small calzones to 12 Elm Street on June 15, 2027 for jo@mail.org, note "no onions", tip 2.5'
COMPACT = StePrompt(style="compact")
ORDER = Tool(
    "order",
    "Orders.",
    {
        "type": "object",
        "properties": {
            "dish": {"type": "string"},
            "count": {"type": "integer"},
            "size": {"type": "string", "enum": ["small", "large"]},
            "address": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "day": {"type": "string", "format": "date"},
            "notes": {"type": "array", "items": {"type": "string"}},
            "tip": {"type": "number"},
            "fast": {"type": "boolean"},
            "more": {"type": "object"},
        },
        "required": ["dish", "count"],
        "additionalProperties": False,
    },
)


def test_what_the_request_says_is_pointed_at() -> None:
    request = cut(QUERY, CLOCK)
    said = {
        "dish": "Calzones",
        "count": 2,
        "address": "12 Elm Street",
        "day": "2027-06-15",
        "to": "jo@mail.org",
        "tip": 2.5,
    }
    text = pointed({**said, "notes": ["no onions"], "kind": "pizza", "fast": True}, request)
    spelled = json.loads(resolved(text, request))
    assert spelled == {**said, "notes": ["no onions"], "kind": "pizza", "fast": True}
    for spelt in ("alzones", "Elm", "2027", "mail", "onions", "2.5"):
        assert spelt not in text
    assert '"pizza"' in text
    assert "<A>" in text
    seen = shown(request)
    assert "small<" in seen
    assert "mail.org" not in seen, "an address is only copied"
    assert "elm street" in seen, "names are read: they may say which tool"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-999, 9999)
    | st.floats(-99, 99, width=32)
    | st.sampled_from(["Elm", "elm street", "12", "2", "June", "<3>", "<on><1>", "2027-06-15", "", "no onions"])
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab<1>", max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.text(max_size=4), JSON, max_size=4),
    st.sampled_from([QUERY, "", "12 12 <3> 1,234 5% -7 -2.5"]) | st.text(),
)
def test_whatever_is_said_comes_back(arguments: dict[str, Any], query: str) -> None:
    request = cut(query, CLOCK)
    assert json.loads(resolved(pointed(arguments, request), request)) == arguments


@given(st.text(alphabet='<>0123456789"Aaton\\{}:, ', max_size=40))
def test_nothing_that_a_model_writes_raises(text: str) -> None:
    assert isinstance(resolved(text, cut(QUERY, CLOCK)), str)


def test_a_day_is_understood_by_the_clock_of_the_request() -> None:
    request = cut("Book it for tomorrow", datetime(2030, 1, 31, 8))
    (index,) = [index for index, _ in request.times]
    assert resolved(f'{{"day": "<on><{index}>"}}', request) == '{"day": "2030-02-01"}'


@pytest.fixture(scope="module")
def nano() -> Any:
    return load_tokenizer(ModelConfig(name="assets/nano"))


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ({"dish": "calzones", "count": 2}, True),
        ({"dish": "calzones", "count": 7}, True),  # spelled: the request does not say it
        ({"dish": 'pizza é "x"\\', "count": 2, "size": "small", "address": None, "day": "2027-06-15"}, True),
        ({"dish": "calzones", "count": 2, "notes": ["no onions", "x"], "tip": 2.5, "fast": False}, True),
        ({"dish": "calzones", "count": 2, "notes": [], "tip": 2, "more": {"a": [1]}}, True),
        ({"count": 2, "dish": "calzones"}, False),  # the schema's order
        ({"dish": "calzones"}, False),
        ({"dish": "calzones", "count": 2, "size": "huge"}, False),
        ({"dish": "calzones", "count": 2.5}, False),
        ({"dish": "calzones", "count": 2, "other": 1}, False),
    ],
)
def test_the_grammar_allows_what_fits(nano: Any, arguments: dict[str, Any], allowed: bool) -> None:
    pointers = Pointers(token_ids(nano), cut(QUERY, CLOCK))
    matcher = Constrainer(nano, len(nano)).matcher(call_grammar([ORDER], {}, pointers))
    tokens = nano.encode(COMPACT.completion(QUERY, "order", arguments), add_special_tokens=False)
    assert (all(matcher.consume_token(token) for token in tokens) and matcher.is_accepting()) is allowed


@pytest.mark.parametrize(
    ("written", "allowed"),
    [
        ('"dish": "<3>", "count": <1>, "day": "<on><8>"', True),
        ('"dish": "<3>", "count": <1>, "day": "<at><8>"', False),  # a moment is no date
        ('"dish": "<3>", "count": <1>, "day": "<3>"', False),  # nor are calzones
        ('"dish": "<5><6>", "count": <5>', True),
        ('"dish": "<3>", "count": <3>', False),
        ('"dish": "<3>", "count": <1>, "size": "<2>"', True),
        ('"dish": "<3>", "count": <1>, "size": "<3>"', False),
        ('"dish": "<90>", "count": <1>', False),
    ],
)
def test_a_pointer_fits_what_it_is_for(nano: Any, written: str, allowed: bool) -> None:
    assert shown(cut(QUERY, CLOCK)).startswith(
        "<0> order<1> 2<2> small<3> calzones<4> to<5> 12<6> elm street<7> on<8> june"
    )
    pointers = Pointers(token_ids(nano), cut(QUERY, CLOCK))
    matcher = Constrainer(nano, len(nano)).matcher(call_grammar([ORDER], {}, pointers))
    tokens = nano.encode(f"Action: order\nAction Input: {{{written}}}", add_special_tokens=False)
    assert (all(matcher.consume_token(token) for token in tokens) and matcher.is_accepting()) is allowed


def test_whatever_the_weights_the_call_reads_well() -> None:
    """Random weights under the grammar: texts that end, pointers at spans that are there."""
    shape = FreshConfig(tokenizer="assets/nano", hidden_size=32, layers=1, heads=2)
    model, tokenizer = load(ModelConfig(fresh=shape))
    wild = Caller(TransformersEngine(model, tokenizer, closing=(24, 64)), COMPACT, Catalog([ORDER]))
    for query in (QUERY, "Hello", "3 of them"):
        plan = "".join(wild.stream(PlanRequest(query, ("order",), CLOCK)))
        assert parse_plan(plan).tools == ("order",)
        assert "<" not in plan.replace("<END_OF_PLAN>", "")


def test_a_tokenizer_without_the_tokens_is_refused(nano: Any) -> None:
    COMPACT.check_tokenizer(nano)
    with pytest.raises(ConfigError, match="the tokenizer lacks"):
        COMPACT.check_tokenizer(
            type("Bare", (), {"convert_tokens_to_ids": lambda self, token: None, "unk_token_id": None})()
        )
