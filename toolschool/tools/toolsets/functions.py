"""Python functions as tools: a file of them, or a module.

    tools = read_functions("my_tools.py")           # or "my_package.tools"

Tools are the functions that `__all__` names, else those that are defined there and do not begin with "_"; `async` ones too. The
signature gives the schema (any type that pydantic can check), the docstring (Google, NumPy or reST) the descriptions.
Arguments arrive as their types (an Enum's member, a date). An answer must be something JSON can say; dates, Enums, sets, dataclasses
and pydantic models are written as JSON. A function may change
something unless the file says `forecast.read_only = True`. ConfigError names the function and its line, and says what to add.

Every call has a thread of its own, `async` ones a loop, too: nothing that belongs to a loop can be kept between calls.

This is no sandbox: the file is run as it is imported. It is read once per process; `fresh` worlds share its globals.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, cast

from toolschool.errors import ConfigError, ToolError
from toolschool.records import JsonValue, Tool, ToolFunction
from toolschool.tools.run import apart, threaded
from toolschool.tools.toolsets.json_schemas import Schema, plain_schema


def read_functions(where: str) -> list[Tool]:
    """All tools of a `.py` file or a dotted module, in the order written."""
    module = _module(where)
    return [function_tool(function) for function in _public(module, where)]


def function_tool(function: FunctionType) -> Tool:
    """One function as a tool. ConfigError when it has no docstring, or an argument that no schema can describe."""
    from docstring_parser import ParseError, parse

    _check(function)
    said = inspect.getdoc(function) or ""
    try:
        docs = parse(said)
    except ParseError:
        description, arguments = said, {}
    else:
        answer = f"Returns: {docs.returns.description}" if docs.returns and docs.returns.description else None
        description = "\n".join(filter(None, (docs.short_description, docs.long_description, answer)))
        arguments = {part.arg_name: part.description or "" for part in docs.params}
    parameters = _parameters(function, arguments)
    writes = not getattr(function, "read_only", False)
    return Tool(
        function.__name__, " ".join(description.split()), parameters, run=_runner(function), side_effects=writes
    )


def _module(where: str) -> ModuleType:
    """The module, imported once. ConfigError when it is not there or breaks."""
    if not where.endswith(".py"):
        return _imported(where, lambda: importlib.import_module(where))
    path = Path(where).resolve()
    if not path.is_file():
        raise ConfigError(f"{where} is not there; give the path of a .py file, or a module as in my_package.tools")
    # Kept in sys.modules, where dataclasses look up their annotations; named by its content, so that an edited file is read anew.
    name = f"functions_{sha256(str(path).encode() + path.read_bytes()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{where} cannot be imported; is it Python?")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    loader = spec.loader
    try:
        _imported(where, lambda: loader.exec_module(module))
    except ConfigError:
        del sys.modules[name]
        raise
    return module


def _imported(where: str, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except Exception as error:
        raise ConfigError(f"cannot import {where}: {type(error).__name__}: {' '.join(str(error).split())}") from error


def _public(module: ModuleType, where: str) -> list[FunctionType]:
    found: dict[str, Any]
    names = getattr(module, "__all__", None)
    if names is not None:
        found = {name: getattr(module, name, None) for name in names}
    else:
        found = {
            name: value
            for name, value in vars(module).items()
            if not name.startswith("_")
            and callable(value)
            and not isinstance(value, type)
            and getattr(value, "__module__", None) == module.__name__
        }
    for name, value in found.items():
        if not inspect.isfunction(value):
            raise ConfigError(f"{where}: {name} is no function; wrap it in one, or leave it out of __all__")
    if not found:
        raise ConfigError(f"{where} has no public function; define one, with types and a docstring")
    return list(found.values())


def _check(function: FunctionType) -> None:
    """What pydantic would not refuse."""
    if not (inspect.getdoc(function) or "").strip():
        raise ConfigError(f"{_place(function)} has no docstring; add one that says what it does")
    for argument in inspect.signature(function).parameters.values():
        if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
            raise ConfigError(f"{_place(function)} takes {argument}; name its arguments one by one")
        if argument.kind is argument.POSITIONAL_ONLY:
            raise ConfigError(f"{_place(function)} takes {argument.name} by place only; remove the /")
        if argument.annotation is argument.empty:
            raise ConfigError(f"{_place(function)}: {argument.name} has no type; write {argument.name}: str or so")


def _parameters(function: FunctionType, described: dict[str, str]) -> Schema:
    """The arguments as a schema; `Annotated[..., Field(description=…)]` counts before the docstring."""
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a default that JSON cannot say is just not shown
            written = TypeAdapter(cast(Any, function)).json_schema()
    except (PydanticUserError, NameError, TypeError) as error:
        reason = " ".join(str(error).split("\n")[0].split())
        raise ConfigError(f"{_place(function)}: {reason}; use types that JSON has") from error
    schema = plain_schema(written, written)
    for name, part in schema.setdefault("properties", {}).items():
        if described.get(name):
            part.setdefault("description", " ".join(described[name].split()))
    order = list(inspect.signature(function).parameters)
    properties = {name: schema["properties"][name] for name in order if name in schema["properties"]}
    required = [name for name in order if name in schema.get("required", ())]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _runner(function: FunctionType) -> ToolFunction:
    from pydantic import validate_call

    name, checked = function.__name__, validate_call(function)
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run(**args: JsonValue) -> JsonValue:
            with _told(name):
                value = await checked(**args)
            return _answered(name, value)

        return apart(run)

    @functools.wraps(function)
    def work(**args: JsonValue) -> JsonValue:
        with _told(name):
            value = checked(**args)
        return _answered(name, value)

    return threaded(work)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """An argument that its type refuses (a date that is none) is said in one line."""
    from pydantic import ValidationError

    try:
        yield
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "the arguments"
        raise ToolError(f"{name}: {where}: {problem['msg']}") from error


def _answered(name: str, value: Any) -> JsonValue:
    """The value as JSON has it. ToolError where it has nothing of the kind."""
    from pydantic_core import PydanticSerializationError, from_json, to_json

    try:
        return from_json(to_json(value, inf_nan_mode="strings"), allow_inf_nan=False)
    except (PydanticSerializationError, ValueError) as error:
        kind = type(value).__name__
        raise ToolError(
            f"{name} answered with a {kind}, which is no JSON; its author must return text or JSON"
        ) from error


def _place(function: FunctionType) -> str:
    code = inspect.unwrap(function).__code__
    return f"{Path(code.co_filename).name}:{code.co_firstlineno}: {function.__name__}"
