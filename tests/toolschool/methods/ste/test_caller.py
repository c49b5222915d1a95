"""One call as a plan: what the grammar lets a model write, and what becomes of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from toolschool.methods.ste.caller import Caller, as_call
from toolschool.methods.ste.grammar import call_grammar
from toolschool.methods.ste.template import StePrompt
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.models.backbone import FreshConfig, ModelConfig, load, load_tokenizer
from toolschool.models.decoding import Constrainer
from toolschool.models.engines import TransformersEngine
from toolschool.plans.arguments import fill_arguments
from toolschool.plans.grammar import format_call, parse_call, parse_plan
from toolschool.plans.graph import validate
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog

NOW = datetime(2026, 3, 2, 9)
CONVERT = Tool(
    "convert",
    "Converts money",
    {
        "type": "object",
        "properties": {
            "amount": {"type": "number"},
            "to": {"type": "string", "enum": ["EUR", "USD"]},
            "origin": {"type": "string"},
            "places": {"type": "integer"},
        },
        "required": ["amount", "to"],
    },
)
ANYTHING = Tool("keep", "Keeps a thing", {"type": "object", "properties": {"thing": {}}, "required": ["thing"]})
STRANGE = Tool(
    "tag",
    "Tags",
    {"type": "object", "properties": {"tags": {"type": "array", "uniqueItems": True}, "day": {"format": "moonday"}}},
)
NOTE = Tool("note", "Notes", {"type": "object", "properties": {"text": {"type": "string"}}})
TOOLS = Catalog([CONVERT, ANYTHING, STRANGE])
QUERY = "Convert 20 dollars to euros"


class ScriptedEngine:
    """Writes what the test says, a few characters at a time, whatever it is asked."""

    tokenizer = None

    def __init__(self, text: str) -> None:
        self.text, self.prompts, self.stopped = text, [], False

    def generate(self, prompts: Any, **options: Any) -> Any:
        raise NotImplementedError

    def stream(self, prompt: str, *, max_new_tokens: int, grammar: str | None = None) -> Iterator[str]:
        self.prompts.append(prompt)
        try:
            for start in range(0, len(self.text), 3):
                yield self.text[start : start + 3]
        finally:
            self.stopped = True


def caller(name: str = "convert", arguments: dict[str, Any] | None = None, cut: int | None = None) -> Caller:
    text = StePrompt().completion("", name, {"amount": 20, "to": "EUR"} if arguments is None else arguments)
    return Caller(ScriptedEngine(text[:cut]), StePrompt(), TOOLS)


def request(**more: Any) -> PlanRequest:
    return PlanRequest(**{"query": QUERY, "tools": TOOLS.names, "now": NOW, **more})


def test_a_call_is_a_plan_of_one_step() -> None:
    one = caller()
    pieces = list(one.stream(request()))
    assert "".join(pieces) == '1. convert(20, "EUR")\n2. join()<END_OF_PLAN>\n'
    assert next(filter(None, pieces)) == "1. convert("  # before the arguments are written
    assert one.engine.prompts == [StePrompt().prompt(QUERY)]


def test_arguments_take_their_places_and_none_is_left_out() -> None:
    text = "".join(caller("convert", {"places": 0, "to": "EUR", "amount": 20}).stream(request(first_id=3)))
    assert text == '3. convert(20, "EUR", None, 0)\n4. join()<END_OF_PLAN>\n'
    assert validate(parse_plan(text), TOOLS, first_id=3) == []


@pytest.mark.parametrize("more", [{"tools": ()}, {"tools": ("unknown",)}, {"context": "Previous Plan: ..."}])
def test_nothing_offered_and_a_replan_get_an_empty_plan(more: dict[str, Any]) -> None:
    one = caller()
    assert "".join(one.stream(request(first_id=2, **more))) == "2. join()<END_OF_PLAN>\n"
    assert not one.engine.prompts


def test_a_call_that_was_cut_off_has_no_end() -> None:
    assert "".join(caller(cut=-2).stream(request())) == "1. convert("
    assert "".join(caller(cut=10).stream(request())) == ""


def test_closing_the_plan_stops_the_model() -> None:
    one = caller()
    pieces = one.stream(request())
    next(pieces)
    pieces.close()
    assert one.engine.stopped


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(alphabet="$123. k{}a\"'\\\n", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab$1", max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(JSON, st.integers(1, 3))
@example(["\\$1"], 2)
@example("$1", 1)
def test_no_text_is_taken_for_the_result_of_a_step(thing: Any, number: int) -> None:
    call = parse_call(format_call(as_call(ANYTHING, {"thing": thing}, number)))
    assert validate(parse_plan(f"{format_call(call)}\n{number + 1}. join()"), TOOLS, first_id=number) == []
    results = dict.fromkeys(range(1, number), "a result")
    assert fill_arguments(call, ANYTHING, results) == {"thing": thing}


@pytest.fixture(scope="module", params=["text", "token"])
def template(request: pytest.FixtureRequest) -> StePrompt:
    return StePrompt(tools=request.param)


@pytest.fixture(scope="module")
def may_write(template: StePrompt) -> Any:
    added = template.added_tokens(TOOLS.names)
    tokenizer = load_tokenizer(ModelConfig(name="assets/nano", new_tokens=added))
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in added}
    constrainer, grammar = Constrainer(tokenizer, len(tokenizer)), call_grammar(TOOLS.tools, ids)

    def check(text: str) -> bool:
        matcher = constrainer.matcher(grammar)
        tokens = tokenizer.encode(text, add_special_tokens=False)
        return all(matcher.consume_token(token) for token in tokens) and matcher.is_accepting()

    return check


@pytest.mark.parametrize(
    ("name", "arguments", "allowed"),
    [
        ("convert", {"amount": 20, "to": "EUR"}, True),
        ("convert", {"amount": 2.5, "to": "USD", "places": 2}, True),
        ("convert", {"amount": 20, "to": "EUR", "origin": 'a "b"\nc é'}, True),
        ("convert", {"amount": 20}, False),
        ("convert", {"amount": 20, "to": "GBP"}, False),
        ("convert", {"amount": "20", "to": "EUR"}, False),
        ("convert", {"amount": 20, "to": "EUR", "rate": 1}, False),
        ("keep", {"thing": {"a": [1, None]}}, True),
        ("keep", {"amount": 20, "to": "EUR"}, False),
        ("tag", {"tags": ["a"], "day": "full"}, True),  # its schema is not known in full: any value
        ("tag", {"tags": ["a"]}, False),
        ("nothing", {}, False),
    ],
)
def test_the_grammar_allows_what_fits_the_schema(
    template: StePrompt, may_write: Any, name: str, arguments: Any, allowed: bool
) -> None:
    assert may_write(template.completion("", name, arguments)) is allowed


def test_the_grammar_allows_one_call_and_no_other_text(may_write: Any, template: StePrompt) -> None:
    assert not may_write("Final Answer: 18 euros")
    assert not may_write(template.completion("", "keep", {"thing": 1}) + "\nObservation: ok")


def test_whatever_the_weights_the_call_fits_its_schema_and_ends() -> None:
    """Random weights write texts and numbers without end; what is too long is closed."""
    shape = FreshConfig(tokenizer="assets/nano", hidden_size=32, layers=1, heads=2)
    model, tokenizer = load(ModelConfig(fresh=shape))
    known = Catalog([CONVERT, NOTE])
    wild = Caller(TransformersEngine(model, tokenizer, closing=(24, 64)), StePrompt(), known)
    for query, name in ((QUERY, "convert"), (QUERY, "note"), ("Hello", "note")):
        plan = "".join(wild.stream(request(query=query, tools=(name,))))
        assert validate(parse_plan(plan), known) == [], plan
        assert parse_plan(plan).tools == (name,)
        assert len(plan) < 2000
