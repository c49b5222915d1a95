"""Servers of tools that describe them badly, and prompts into which texts of strangers go (docs/threat-model.md)."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from serving.toolbox import Toolbox
from toolschool.errors import ConfigError
from toolschool.methods.tinyagent.request import PlanRequest, Turn
from toolschool.methods.tinyagent.template import PlannerTemplate
from toolschool.models.templates import defused
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog
from toolschool.tools.toolsets import ToolSource
from toolschool.tools.toolsets.origins import MAX_DESCRIPTION

NOW = datetime(2026, 3, 2, 9)
NANO = str(Path(__file__).resolve().parents[2] / "assets" / "nano")


def document(tmp_path, description, schema):
    """An OpenAPI document of one tool, in a file."""
    operation = {
        "operationId": "find",
        "description": description,
        "parameters": [{"name": "code", "in": "query", "schema": schema}],
        "responses": {"200": {"description": "ok"}},
    }
    content = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/find": {"get": operation}}}
    path = tmp_path / "api.json"
    path.write_text(json.dumps(content))
    return ToolSource(openapi=str(path), url="http://127.0.0.1:9")


async def test_descriptions_are_whole_characters_and_not_endless(tmp_path, reader):
    source = document(tmp_path, "Finds \ud800. " + "x" * 100_000, {"type": "string", "description": "a \udfff"})
    toolbox = await Toolbox.open(None, (source,), reader)
    (tool,) = toolbox.catalog()
    assert tool.description.startswith("Finds \ufffd. ")
    assert len(tool.description) < MAX_DESCRIPTION + 100
    json.dumps(dict(tool.parameters), ensure_ascii=False).encode()
    await toolbox.close()


async def test_a_schema_too_large_is_refused_with_the_tools_name(tmp_path, reader):
    source = document(tmp_path, "Finds.", {"type": "string", "enum": ["x" * 2_000_000]})
    with pytest.raises(ConfigError, match="find"):
        await Toolbox.open(None, (source,), reader)


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(NANO)


@pytest.mark.parametrize("wrapper", ["plain", "blocks"])
def test_no_special_token_of_a_stranger_gets_into_a_prompt(tokenizer, wrapper):
    """Neither by the query nor by what tools and their descriptions say."""
    evil = " ".join(tokenizer.all_special_tokens)
    assert tokenizer.eos_token in evil
    catalog = Catalog([Tool("find", f"Finds. {evil}", {"type": "object", "properties": {"x": {"type": "string"}}})])
    request = PlanRequest(
        f"find {evil}", ("find",), NOW, context=f"Observation: {evil}\nCurrent Plan:\n", earlier=(Turn("user", evil),)
    )
    prompt = PlannerTemplate(style="full", wrapper=wrapper).prompt(request, catalog, (), tokenizer)
    ids = tokenizer(prompt.text, add_special_tokens=False)["input_ids"]
    assert not set(ids) & set(tokenizer.all_special_ids)
    assert "Observation: " in prompt.text


def test_ordinary_text_is_left_alone(tokenizer):
    text = "a < b, c > d and $1 or [x] <b>bold</b>"
    assert defused(text, tokenizer) == text
    assert defused("</s>", None) == "</s>"
