"""The grammar of any JSON schema: whatever is written under it parses and fits, by jsonschema's word."""

from __future__ import annotations

import json
import random
import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from toolschool.errors import ConfigError
from toolschool.methods.tinyagent.constraint import plan_grammar
from toolschool.methods.tinyagent.expander import Expander
from toolschool.methods.tinyagent.pointers import Pointers
from toolschool.methods.tinyagent.spans import cut
from toolschool.methods.tinyagent.template import COMPACT_TOKENS, token_ids
from toolschool.models.decoding import Constrainer
from toolschool.models.tokenizer import train_tokenizer
from toolschool.plans.arguments import fill_arguments
from toolschool.plans.grammar import parse_lines, plan_of
from toolschool.plans.graph import validate
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.toolsets.json_schemas import plain_schema

NOW = datetime(2026, 3, 2, 9)
QUERY = 'Send 3 boxes and 12.5 kg to ann@example.org by tomorrow, 40% off "Big Sale", see https://example.org/a'


@pytest.fixture(scope="module")
def writer() -> Writer:
    return Writer()


class Writer:
    """Writes what a grammar allows, token by token, by chance; what comes to an end soon is likelier the longer the text."""

    def __init__(self) -> None:
        texts = [QUERY, '1. tool("x", [1, 2], {"a": None}, True, False)\n2. join()<END_OF_PLAN>\n0123456789-.']
        self.tokenizer = train_tokenizer(texts, 600, COMPACT_TOKENS)
        self.constrainer = Constrainer(self.tokenizer, len(self.tokenizer))
        self.closing = {self.tokenizer.convert_tokens_to_ids(token) for token in ('"', "}", "]", ")")}

    def write(self, grammar: str, seed: int) -> str:
        import llguidance.numpy
        import numpy as np

        matcher, dice, ids = self.constrainer.matcher(grammar), random.Random(seed), []
        mask = llguidance.numpy.allocate_token_bitmask(1, len(self.tokenizer))
        while not matcher.is_stopped() and len(ids) < 4000:
            llguidance.numpy.fill_next_token_bitmask(matcher, mask, 0)
            allowed = np.flatnonzero(np.unpackbits(mask.view(np.uint8), bitorder="little")[: len(self.tokenizer)])
            ends = [int(token) for token in allowed if token in self.closing or token == self.tokenizer.eos_token_id]
            token = dice.choice(ends) if ends and dice.random() < 0.4 else int(dice.choice(allowed))
            assert matcher.consume_token(token)
            if token == self.tokenizer.eos_token_id:
                return self.tokenizer.decode(ids)
            ids.append(token)
        return self.tokenizer.decode(ids)


def pointers(writer: Writer) -> Pointers:
    return Pointers(token_ids(writer.tokenizer), cut(QUERY, NOW))


def tool(*schemas: Any, required: bool = True) -> Tool:
    properties = {f"a{place}": plain_schema(schema, {}) for place, schema in enumerate(schemas)}
    return Tool(
        "act", "Acts.", {"type": "object", "properties": properties, "required": list(properties) if required else []}
    )


def check(writer: Writer, acts: Tool, seed: int, compact: bool) -> list[dict[str, Any]]:
    """Arguments by name of a plan of three steps; every one fits the schema."""
    catalog, chosen = Catalog([acts]), pointers(writer) if compact else None
    text = writer.write(plan_grammar(catalog, pointers=chosen, max_calls=3, must_call=True), seed)
    if chosen:
        expander = Expander(chosen.request)
        text = expander.feed(text) + expander.finish()
    plan = plan_of(parse_lines(text))
    assert plan.calls, text
    assert not validate(plan, catalog), text
    results = dict.fromkeys(range(1, 4), "result")
    found = [fill_arguments(call, acts, results) for call in plan.calls]
    no_reference = [args for call, args in zip(plan.calls, found, strict=True) if "$" not in json.dumps(call.args)]
    for args in no_reference:
        Draft202012Validator(dict(acts.parameters)).validate(args)
    return found


BOUNDS = st.integers(-50, 50)
TEXTS = st.one_of(
    st.just({"type": "string"}),
    st.builds(
        lambda n, k: {"type": "string", "minLength": n, "maxLength": n + k}, st.integers(0, 6), st.integers(0, 30)
    ),
    st.sampled_from(["^[A-Z]{3}$", r"^\d{4}-\d{2}$", "a+b?"]).map(lambda p: {"type": "string", "pattern": p}),
    st.sampled_from(["email", "date", "date-time", "uuid", "uri", "ipv4", "unheard-of"]).map(
        lambda name: {"type": "string", "format": name}
    ),
)
NUMBERS = st.one_of(
    st.sampled_from([{"type": "integer"}, {"type": "number"}, {"type": "integer", "minimum": 0}, {"type": "boolean"}]),
    st.builds(lambda n, k: {"type": "integer", "minimum": n, "maximum": n + k}, BOUNDS, st.integers(0, 300)),
    st.builds(lambda n, k: {"type": "number", "minimum": n, "exclusiveMaximum": n + k}, BOUNDS, st.integers(1, 300)),
    st.integers(2, 9).map(lambda n: {"type": "integer", "multipleOf": n}),
)
CHOICES = st.lists(st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.none()), min_size=1, max_size=5).map(
    lambda values: {"enum": values}
)
NAMES = st.text(alphabet='ab"$é{', min_size=1, max_size=4)


def inside(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named = st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    return st.one_of(
        st.builds(
            lambda item, n, k: {"type": "array", "items": item, "minItems": n, "maxItems": n + k},
            inner,
            st.integers(0, 3),
            st.integers(0, 3),
        ),
        inner.map(lambda item: {"type": "array", "items": item}),
        named.map(
            lambda parts: {
                "type": "object",
                "properties": parts,
                "required": list(parts)[:1],
                "additionalProperties": False,
            }
        ),
        named.map(lambda parts: {"type": "object", "properties": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": [*parts, {"type": "null"}]}),
        st.lists(inner, min_size=1, max_size=2).map(
            lambda parts: {"type": "array", "prefixItems": parts, "items": False}
        ),
    )


SCHEMAS = st.recursive(st.one_of(TEXTS, NUMBERS, CHOICES), inside, max_leaves=5)


@settings(max_examples=120, deadline=None)
@given(
    schemas=st.lists(SCHEMAS, min_size=1, max_size=3),
    seed=st.integers(0, 10**6),
    compact=st.booleans(),
    required=st.booleans(),
)
def test_what_is_written_fits(writer: Writer, schemas: list[Any], seed: int, compact: bool, required: bool) -> None:
    check(writer, tool(*schemas, required=required), seed, compact)


def rule(grammar: str, name: str) -> str:
    return next(line for line in grammar.splitlines() if line.startswith(f"{name}:"))


class TestWhatTheRequestSays:
    """A compact planner points; it spells what has to have a form only where the request has nothing of the kind."""

    def call(self, writer: Writer, schema: Any, required: bool = True) -> str:
        grammar = plan_grammar(Catalog([tool(schema, required=required)]), pointers=pointers(writer), max_calls=2)
        return rule(grammar, "call_2").replace("value_", "value ")

    @pytest.mark.parametrize(
        ("schema", "said"),
        [
            ({"type": "integer"}, {"3", "40%"}),
            ({"type": "number"}, {"3", "12.5", "40%"}),
            ({"type": "number", "maximum": 10}, {"3"}),
            ({"type": "string", "format": "email"}, {"ann@example.org"}),
            ({"type": "string", "format": "uri"}, {"https://example.org/a"}),
            (
                {"type": "string", "minLength": 8, "maxLength": 8, "format": "unheard-of"},
                {"Big Sale", "tomorrow", "and", "12.5"},
            ),
        ],
    )
    def test_only_that_may_be_pointed_at(self, writer: Writer, schema: Any, said: set[str]) -> None:
        tokens, chosen = self.call(writer, schema), pointers(writer)
        ids = {
            number
            for first, last in re.findall(r"[\[,](\d+)(?:-(\d+))?", tokens)
            for number in range(int(first), int(last or first) + 1)
        }
        index = {chosen.ids[f"<{i}>"]: i for i in range(chosen.count)}
        assert {chosen.request.surface(index[i]) for i in ids} == said
        assert "%json" not in tokens

    def test_a_day_is_a_date(self, writer: Writer) -> None:
        assert f"<[{pointers(writer).ids['<on>']}]>" in self.call(writer, {"type": "string", "format": "date"})

    def test_a_listed_value_that_is_named(self, writer: Writer) -> None:
        call = self.call(writer, {"enum": ["kg", "boxes", "SALE", "bags", None]})
        assert [name for name in ("boxes", "SALE", "bags", "kg", "None") if name in call] == ["boxes", "SALE"]
        assert '"None"' in self.call(writer, {"enum": ["bags", None]})

    @pytest.mark.parametrize("schema", [{"enum": ["bags", "tons"]}, {"type": "string", "format": "ipv4"}])
    def test_what_is_not_required_and_not_said_is_left_out(self, writer: Writer, schema: Any) -> None:
        assert self.call(writer, schema, required=False).count("None") == 1
        assert "None" not in self.call(writer, schema)
        assert "|" not in self.call(writer, schema, required=False)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "(?=a)b"},
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"type": "string", "minLength": 9, "maxLength": 3},
        {"type": "array", "minItems": 3, "maxItems": 2},
        {"type": "array", "minItems": 10**6},
        {"type": "integer", "enum": ["a"]},
        False,
    ],
)
def test_what_cannot_be_written_is_named(schema: Any) -> None:
    with pytest.raises(ConfigError, match="act: argument a0: "):
        plan_grammar(Catalog([tool(schema)]))


def test_too_many_tools_are_refused_before_they_are_compiled() -> None:
    many = Catalog(Tool(f"act_{i}", "", tool(*[{"type": "string"}] * 20).parameters) for i in range(200))
    with pytest.raises(ConfigError, match="offer fewer"):
        plan_grammar(many)
