"""The practice catalogue: two hundred tools that ship as documentation alone, for a model to learn calling from before it meets yours.

    apis = practice_apis()                       # in a recipe: tools: [{simulated: practice}]

`toolschool/datasets/practice/` has a file of declarations for each domain: signatures with types and docstrings, as `tools/toolsets/functions.py`
reads a user's functions, so that their schemas look alike. Nothing in them runs: the annotation of what is returned is the documented answer.
"""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import FunctionType
from typing import Any

from toolschool import datasets
from toolschool.tools.simulated.api import Api, Schema

PRACTICE = "practice"
FOLDER = Path(datasets.__file__).parent / "practice"


def practice_apis() -> list[Api]:
    """All tools of the catalogue, file by file, in the order written."""
    return [_api(function) for path in sorted(FOLDER.glob("*.pyi")) for function in _declared(path)]


def _declared(path: Path) -> list[FunctionType]:
    loader = SourceFileLoader(f"practice_{path.stem}", str(path))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return [
        found for found in vars(module).values() if isinstance(found, FunctionType) and found.__module__ == loader.name
    ]


def _api(function: FunctionType) -> Api:
    from toolschool.tools.toolsets.functions import function_tool

    tool = function_tool(function)
    return Api(("", "", tool.name), tool.name, tool.description, tool.parameters, _answer(function))


def _answer(function: FunctionType) -> Schema:
    """What the annotation says is returned."""
    from pydantic import TypeAdapter

    from toolschool.tools.toolsets.json_schemas import plain_schema

    returned: Any = function.__annotations__["return"]
    written = TypeAdapter(returned).json_schema()
    return plain_schema(written, written)
