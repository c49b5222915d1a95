"""Whatever schema a client sends, and whatever a planner writes under its grammar: arguments that fit, by jsonschema, or a 400."""

import json
import random

import httpx
import pytest
from jsonschema import Draft202012Validator

from serving.gateway import create_app
from serving.settings import GatewaySettings
from serving.tool_service import ToolService
from toolschool.methods.tinyagent.constraint import plan_grammar
from toolschool.plans.grammar import END_OF_PLAN
from toolschool.tools.toolsets.json_schemas import CHECKED

ADDRESS = {
    "type": "object",
    "properties": {
        "street": {"type": "string", "minLength": 1, "maxLength": 40},
        "zip": {"type": "string", "pattern": "^[0-9]{5}$"},
        "country": {"enum": ["DE", "FR", "$1", 'a "b"\\']},
    },
    "required": ["zip"],
    "additionalProperties": False,
}
SCHEMAS = {
    "nothing": None,
    "plain": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "boolean"}}},
    "nested": {"properties": {"to": ADDRESS, "cc": {"type": "array", "items": ADDRESS, "maxItems": 3}}, "required": ["to"]},
    "references": {
        "$defs": {"A": ADDRESS, "Tree": {"properties": {"kids": {"items": {"$ref": "#/$defs/Tree"}}}}},
        "properties": {"a": {"$ref": "#/$defs/A"}, "t": {"$ref": "#/$defs/Tree"}},
        "required": ["a", "t"],
    },
    "choices": {
        "properties": {
            "x": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}, {"const": "all"}]},
            "y": {"oneOf": [{"type": "string", "format": "date"}, {"type": "number"}]},
            "z": {"allOf": [{"properties": {"p": {"type": "integer"}}}, {"properties": {"q": {"type": "string"}}, "required": ["q"]}]},
        },
        "required": ["x", "y", "z"],
    },
    "numbers": {
        "properties": {
            "a": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            "b": {"type": "integer", "minimum": -5, "maximum": 500},
            "c": {"type": "integer", "multipleOf": 7},
            "d": {"type": ["integer", "string"]},
        },
        "required": ["a", "b", "c", "d"],
    },
    "texts": {
        "properties": {
            "when": {"type": "string", "format": "date-time"},
            "mail": {"type": "string", "format": "email"},
            "id": {"type": "string", "format": "uuid"},
            "free": {"type": "string", "format": "my-own"},
        },
        "required": ["when", "mail", "id", "free"],
    },
    "lists": {
        "properties": {
            "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False},
            "three": {"type": "array", "items": {"type": "number"}, "minItems": 3},
            "distinct": {"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": True, "maxItems": 2},
        },
        "required": ["pair", "three", "distinct"],
    },
    "open": {"properties": {"any": {}, "map": {"type": "object", "additionalProperties": {"type": "integer"}}}, "required": ["any", "map"]},
    "odd-names": {"properties": {'a "b"': {"type": "string"}, "é{}": {"type": "integer"}, "$1": {}}, "required": ['a "b"']},
}  # fmt: skip


class ChancePlanner:
    """Writes a plan of up to two calls that the request's grammar allows, byte by byte, by chance."""

    def __init__(self) -> None:
        import llguidance

        self.tokenizer = llguidance.LLTokenizer("byte")
        self.dice = random.Random(0)

    async def judge(self, query, tools):
        return []

    async def plan(self, request):
        import llguidance.numpy
        import numpy as np

        grammar = plan_grammar(request.catalog, ending="{n}. join()" + END_OF_PLAN, max_calls=2, must_call=True)
        matcher = llguidance.LLMatcher(self.tokenizer, llguidance.LLMatcher.grammar_from_lark(grammar))
        mask, text = llguidance.numpy.allocate_token_bitmask(1, self.tokenizer.vocab_size), b""
        while not matcher.is_stopped():
            assert not matcher.is_error(), matcher.get_error()
            llguidance.numpy.fill_next_token_bitmask(matcher, mask, 0)
            bits = np.unpackbits(mask.view(np.uint8), bitorder="little")[: self.tokenizer.vocab_size]
            allowed = [int(token) for token in np.flatnonzero(bits)]
            ends = [token for token in allowed if token in b'")]}'] if self.dice.random() < 0.5 else []
            token = self.dice.choice(ends or allowed)
            if token == self.tokenizer.eos_token:
                break
            assert matcher.consume_token(token)
            text += bytes([token])
        yield text.decode()

    async def count(self, texts):
        return [len(text) for text in texts]


@pytest.fixture
def http(desk_of_now):
    app = create_app(ToolService(ChancePlanner(), desk_of_now), GatewaySettings())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1")


def body(name, schema):
    function = {"name": name, **({} if schema is None else {"parameters": schema})}
    messages = [{"role": "user", "content": "Do it"}]
    tools = [{"type": "function", "function": function}]
    return {"model": "tinyagent", "messages": messages, "tools": tools, "tool_choice": "required"}


@pytest.mark.parametrize("name", SCHEMAS)
async def test_arguments_fit(http, name):
    schema = SCHEMAS[name] or {}
    called = 0
    for _ in range(20):
        reply = await http.post("/v1/chat/completions", json=body(name, SCHEMAS[name]))
        assert reply.status_code == 200, reply.text
        message = reply.json()["choices"][0]["message"]
        for call in message.get("tool_calls", ()):
            assert call["function"]["name"] == name
            Draft202012Validator(schema).validate(json.loads(call["function"]["arguments"]))
            called += 1
        observed = reply.json()["toolschool"]["observations"]
        # What no grammar can say is checked, and then not asked for.
        assert all(seen["error"] and name in ("lists", "choices") for seen in observed if seen["status"] == "invalid")
    assert called >= 10


@pytest.mark.parametrize(
    "part",
    [
        {"type": "string", "pattern": "(?=x)y"},
        {"type": "string", "pattern": "(a)\\1"},
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"type": "string", "minLength": 5, "maxLength": 4},
        {"type": "array", "items": {"type": "string"}, "minItems": 10**9},
        {"enum": []},
        {"type": "string", "minLength": 10**9},
    ],
)
async def test_schemas_that_nothing_can_be_written_under(http, part):
    reply = await http.post("/v1/chat/completions", json=body("f", {"properties": {"a": part}, "required": ["a"]}))
    assert reply.status_code == 400, reply.text
    assert reply.json()["error"]["param"].startswith("tools")


async def test_more_tools_than_one_grammar_holds(http):
    schema = {"properties": {f"a{i}": {"type": "array", "items": {"type": "integer"}} for i in range(60)}}
    asked = body("f", schema)
    asked["tools"] = [{"type": "function", "function": {"name": f"f{i}", "parameters": schema}} for i in range(100)]
    reply = await http.post("/v1/chat/completions", json=asked)
    assert reply.status_code == 400
    assert "offer fewer" in reply.json()["error"]["message"]


def test_words_are_those_that_are_checked():
    used = json.dumps(SCHEMAS)
    assert all(f'"{word}"' in used for word in ("uniqueItems", "multipleOf", "pattern", "exclusiveMinimum"))
    assert {"uniqueItems", "multipleOf"} <= CHECKED
