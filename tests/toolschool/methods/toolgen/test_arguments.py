"""Arguments under a schema: whatever the model, they are JSON that fits, come to an end, and are written as rows are rendered."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from toolschool.errors import ModelError
from toolschool.methods.toolgen.arguments import ArgumentWriter, render_arguments
from toolschool.models.backbone import add_tokens
from toolschool.models.decoding import Constrainer, LogitsMask
from toolschool.models.json_mask import Place
from toolschool.tools.simulated.sources import read_apis

PROMPT = "Please give the input."
TOOL = "<<Open Forecast&&Get Week>>"
FORECAST = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "The city"},
        "days": {"type": "integer"},
        "limit": {"type": "number", "minimum": 0},
        "unit": {"type": "string", "enum": ["metric", "imperial"], "default": "metric"},
    },
    "required": ["city", "limit"],
}
scalars = st.one_of(
    st.just({"type": "string"}),
    st.just({"type": "integer"}),
    st.just({"type": "number"}),
    st.just({"type": "boolean"}),
    st.just({"type": ["string", "null"]}),
    st.just({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
    st.just({"type": "integer", "minimum": 1, "maximum": 12}),
    st.just({"type": "number", "minimum": 0.5}),
    st.just({"type": "string", "minLength": 2, "maxLength": 20}),
    st.just({}),
    st.lists(st.text(min_size=1, max_size=6) | st.integers(), min_size=1, max_size=4).map(lambda some: {"enum": some}),
)
names = st.sampled_from(["city", "q", "start_date", "größe", 'a "b"', "page-size"])


def objects(values: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    properties = st.dictionaries(names, values, max_size=4)
    return properties.flatmap(
        lambda named: st.sets(st.sampled_from(sorted(named)) if named else st.nothing()).map(
            lambda needed: {"type": "object", "properties": named, "required": sorted(needed)}
        )
    )


values = st.recursive(
    scalars, lambda inner: objects(inner) | inner.map(lambda items: {"type": "array", "items": items}), max_leaves=3
)
schemas = objects(values)


@pytest.fixture(scope="module")
def tokenizer(nano_tokenizer: Any) -> Any:
    grown = copy.deepcopy(nano_tokenizer)
    add_tokens(grown, [TOOL])
    return grown


def random_model(tokenizer: Any, seed: int) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1}
    return LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), initializer_range=0.5, **size)).eval()


@pytest.fixture(scope="module")
def writers(tokenizer: Any) -> list[ArgumentWriter]:
    """Models that know nothing, which is where a constraint must hold all by itself."""
    return [ArgumentWriter(random_model(tokenizer, seed), tokenizer, per_argument=10, limit=40) for seed in range(6)]


@pytest.fixture(scope="module")
def patient(tokenizer: Any) -> ArgumentWriter:
    return ArgumentWriter(random_model(tokenizer, 0), tokenizer)


@settings(max_examples=60)
@given(st.lists(schemas, min_size=1, max_size=3), st.integers(0, 5))
def test_any_model_writes_what_fits_any_schema(
    writers: list[ArgumentWriter], some: list[dict[str, Any]], which: int
) -> None:
    written = writers[which].write([PROMPT] * len(some), some)
    for answer, schema in zip(written, some, strict=True):
        assert answer.arguments == json.loads(answer.text)
        jsonschema.validate(answer.arguments, {**schema, "additionalProperties": False})
        assert TOOL not in answer.text
        assert list(answer.arguments or ()) == [
            name for name in schema["properties"] if name in (answer.arguments or ())
        ]


def test_what_grows_too_long_is_closed(tokenizer: Any, writers: list[ArgumentWriter]) -> None:
    def lengths(count: int, **about: Any) -> list[int]:
        """Tokens of each of so many texts that the model must write."""
        names = [f"argument_{number}" for number in range(count)]
        properties = {name: {"type": "string", **about} for name in names}
        (answer,) = writers[0].write([PROMPT], [{"type": "object", "properties": properties, "required": names}])
        values = [] if answer.arguments is None else [answer.arguments[name] for name in names]
        return [len(tokenizer.encode(value, add_special_tokens=False)) for value in values]

    assert 0 < max(lengths(2)) <= 10
    assert max(lengths(30)[10:]) <= 1  # behind the limit: what the token of the opening quote brings along
    assert lengths(1, minLength=1000) == []


class Dictated:
    """Makes a model want one text, whatever it is asked."""

    def __init__(self, model: Any, tokenizer: Any, text: str) -> None:
        self.ids = [*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        self.seen = 0
        self.hook = model.lm_head.register_forward_hook(self)

    def __call__(self, _: Any, __: Any, logits: torch.Tensor) -> torch.Tensor:
        wanted = torch.zeros_like(logits)
        wanted[:, -1, self.ids[min(self.seen, len(self.ids) - 1)]] = 9.0
        self.seen += 1
        return wanted


fitting = st.fixed_dictionaries(
    {
        "city": st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        "limit": st.floats(1e-3, 1e9) | st.integers(0, 99),
    },
    optional={"days": st.integers(-(10**6), 10**6), "unit": st.sampled_from(["metric", "imperial"])},
)


@settings(max_examples=40)
@given(fitting, st.randoms(use_true_random=False))
def test_what_fits_is_written_as_the_model_wants_it(
    tokenizer: Any, patient: ArgumentWriter, arguments: dict[str, Any], random: Any
) -> None:
    """Training rows are rendered by the same function, so nothing that a model has learnt is forbidden to it."""
    mixed = dict(random.sample(sorted(arguments.items()), len(arguments)))
    text = render_arguments(mixed, FORECAST)
    dictated = Dictated(patient.model, tokenizer, text)
    (answer,) = patient.write([PROMPT], [FORECAST])
    dictated.hook.remove()
    assert answer.text == text
    assert answer.arguments == arguments


def test_a_batch_is_its_rows(tokenizer: Any) -> None:
    writer = ArgumentWriter(random_model(tokenizer, 3), tokenizer, per_argument=6, limit=20)
    prompts = [PROMPT, f"{PROMPT} Here is the documentation of a tool."]
    other = {"type": "object", "properties": {"q": {"type": "boolean"}}}
    both = writer.write(prompts, [FORECAST, other])
    assert both == [
        writer.write([prompt], [schema])[0] for prompt, schema in zip(prompts, [FORECAST, other], strict=True)
    ]


def test_leaving_the_tools_out_permits_the_same(tokenizer: Any) -> None:
    """Against a grammar over the whole tokenizer, which takes 18 s to build with 47,000 tools, and 0.2 s without them."""
    grown = copy.deepcopy(tokenizer)
    tools = add_tokens(grown, [f"<<Tool {n}&&api {n % 7}>>" for n in range(500)])
    writer = ArgumentWriter(random_model(grown, 0), grown)
    whole = Constrainer(grown, len(grown))
    said = {"city": 'Bonn <<Tool 3&&api 3>> "x"', "limit": 2.5, "unit": "metric"}
    ids = tokenizer(render_arguments(said, FORECAST), add_special_tokens=False)["input_ids"]
    held, _ = writer.mask([FORECAST])
    free = LogitsMask([whole.json_matcher({"additionalProperties": False, **FORECAST})], len(grown), whole.eos_id)
    for length in range(len(ids) + 1):
        written = torch.tensor([[0, *ids[:length]]])
        few, every = (mask(written, torch.zeros(1, len(grown)))[0].isfinite() for mask in (held, free))
        assert torch.equal(few, every)
        assert length == len(ids) or few[ids[length]]
        assert not few[tools].any()


def test_a_tool_without_arguments_gets_none(writers: list[ArgumentWriter]) -> None:
    assert writers[0].write([PROMPT], [{}])[0].text == "{}"


def test_a_schema_that_cannot_be_kept_is_refused(writers: list[ArgumentWriter]) -> None:
    with pytest.raises(ModelError, match="does not compile"):
        writers[0].write([PROMPT], [{"properties": {"a": {"type": "array", "uniqueItems": True}}}])


@pytest.mark.data
@pytest.mark.parametrize("source", ["toolbench", "sealtools", "ste"])
def test_the_schema_of_every_api_can_be_kept(data_root: Path, writers: list[ArgumentWriter], source: str) -> None:
    for api in read_apis(source, data_root / source):
        writers[0].mask([api.parameters])


json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=50)
@given(json_values, st.integers(1, 4), st.integers(1, 10**6))
def test_the_place_in_a_text_of_json_is_known(value: Any, width: int, cut: int) -> None:
    """At its end outside of texts and brackets; cut anywhere, a quote closes a text unless it is escaped."""
    text = json.dumps({"a": value, "b": 1}).encode()
    place = Place()
    for start in range(0, len(text), width):
        place.feed(text[start : start + width])
    assert (place.in_text, place.depth, place.total) == (False, 0, -(-len(text) // width))
    begun, closed = Place(), Place()
    begun.feed(text[: cut % len(text)])
    closed.feed(text[: cut % len(text)] + b'"')
    assert closed.in_text is (not begun.in_text or begun.escaped)
    assert closed.depth == begun.depth
