"""Functions as tools: a file of them, what cannot be one, and signatures of all kinds."""

import json
import keyword
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import ConfigError, ToolError
from toolschool.records import Tool
from toolschool.tools.catalog import Catalog, render_signature
from toolschool.tools.run import run_tool
from toolschool.tools.toolsets.functions import function_tool, read_functions

FILE = str(Path(__file__).with_name("my_tools.py"))


@pytest.fixture
def tools() -> Catalog:
    return Catalog(read_functions(FILE))


def test_signature_and_docstring_become_the_schema(tools: Catalog) -> None:
    tool = tools["forecast"]
    assert tool.description == "Forecast of a city. It is always mild. Returns: the weather"
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "The city, as people write it."},
            "day": {"type": "string", "format": "date", "description": "When."},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
            "tags": {"type": ["array", "null"], "items": {"type": "string"}, "default": None},
            "kind": {"type": "string", "enum": ["short", "long"], "default": "short"},
        },
        "required": ["city", "day"],
        "additionalProperties": False,
    }
    assert render_signature(tool).startswith(
        "forecast(city: str, day: str, unit: str = None, tags: list[str] = None, kind: str = None)"
    )


def test_all_three_styles_of_docstrings(tools: Catalog) -> None:
    assert tools["add"].parameters["properties"]["b"] == {"type": "integer", "default": 1, "description": "The second."}
    about = {name: part["description"] for name, part in tools["shout"].parameters["properties"].items()}
    assert about == {"schema": "What to shout.", "json": "counts"}, "what stands at the type counts first"


@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        (
            "forecast",
            {"city": "Bonn", "day": "2026-03-02"},
            {"city": "Bonn", "day": "2026-03-02", "degrees": 20.0},
        ),
        (
            "forecast",
            {"city": "Bonn", "day": "2026-03-02", "unit": "fahrenheit", "tags": None},
            {"city": "Bonn", "day": "2026-03-02", "degrees": "Infinity"},
        ),
        ("add", {"a": 2}, 3),
        ("shout", {"schema": "a", "json": {"b": 1}}, "A{'b': 1}"),
        ("decorated", {"count": 4}, 4),
    ],
)
async def test_calls(tools: Catalog, name: str, arguments: dict[str, Any], answer: Any) -> None:
    assert await run_tool(tools[name], arguments) == answer
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("forecast", {"city": "Bonn"}, "forecast needs day; give all of city, day"),
        ("forecast", {"city": "Bonn", "day": "soon"}, "forecast: day: Input should be a valid date"),
        ("forecast", {"city": "Bonn", "day": "2026-03-02", "unit": "K"}, "unit: 'K' is not one of"),
        ("add", {"a": "2"}, "add: a: '2' is not of type 'integer'"),
        ("hang", {"seconds": 5}, "hang gave no answer within 0.2 s"),
        ("hang_on", {"seconds": 5}, "hang_on gave no answer within 0.2 s"),
        ("fail", {}, "fail failed: KeyError: "),
        ("thing", {}, "thing answered with a object, which is no JSON"),
        ("circle", {}, "circle answered with a list, which is no JSON"),
    ],
)
async def test_every_mishap_is_one_line(tools: Catalog, name: str, arguments: dict[str, Any], error: str) -> None:
    tool = Tool(name, "", tools[name].parameters, run=tools[name].run, timeout_s=0.2 if "hang" in name else 20)
    with pytest.raises(ToolError, match=error) as caught:
        await run_tool(tool, arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("def f(a: int): pass", r"t\.py:1: f has no docstring; add one"),
        ("\ndef f(*a: int):\n  'x'", r"t\.py:2: f takes \*a: int; name its arguments one by one"),
        ("def f(**a):\n  'x'", r"f takes \*\*a; name"),
        ("def f(a: int, /):\n  'x'", "f takes a by place only; remove the /"),
        ("def f(a):\n  'x'", "f: a has no type; write a: str"),
        ("def f(a: 'Nowhere'):\n  'x'", "f: .*Nowhere.*; use types that JSON has"),
        ("import socket\ndef f(a: socket.socket):\n  'x'", "t.py:2: f: .*socket.*; use types"),
        ("from typing import *\ndef f(a: Callable[[], int]):\n  'x'", "f: .*; use types that JSON has"),
        ("import functools\n@functools.cache\ndef f():\n  'x'", "f is no function; wrap it in one"),
        ("__all__ = ['g']", "g is no function"),
        ("def _f():\n  'x'", "has no public function; define one"),
        ("def f(:", "cannot import .*t.py: SyntaxError"),
        ("1/0", "cannot import .*t.py: ZeroDivisionError"),
    ],
)
def test_what_cannot_be_a_tool_says_what_to_add(code: str, error: str, tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text(code)
    for _ in range(2):  # the second time, too
        with pytest.raises(ConfigError, match=error):
            read_functions(str(tmp_path / "t.py"))


def test_a_function_changes_something_unless_it_says_not(tmp_path: Path) -> None:
    code = 'def look(a: int) -> int:\n    """Looks."""\n    return a\n\n\ndef wipe() -> None:\n    """Wipes."""\n\n\nlook.read_only = True\n'
    (tmp_path / "t.py").write_text(code)
    assert {tool.name: tool.side_effects for tool in read_functions(str(tmp_path / "t.py"))} == {
        "look": False,
        "wipe": True,
    }


def test_modules_and_what_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "handy_tools").mkdir()
    (tmp_path / "handy_tools" / "sums.py").write_text(
        "from math import sqrt\ndef twice(a: int) -> int:\n  'Twice.'\n  return 2 * a"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert [tool.name for tool in read_functions("handy_tools.sums")] == ["twice"], "not what it imports"
    with pytest.raises(ConfigError, match=r"cannot import no_such\.module: ModuleNotFoundError"):
        read_functions("no_such.module")
    with pytest.raises(ConfigError, match="is not there; give the path"):
        read_functions(str(tmp_path / "none.py"))


def test_an_edited_file_is_read_anew_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    file = tmp_path / "t.py"
    file.write_text("def f():\n  'x'")
    first = read_functions(str(file))[0]
    assert read_functions(str(file))[0].description == first.description
    file.write_text("def f():\n  'y'")
    assert read_functions(str(file))[0].description == "y"


class Size(Enum):
    S = "small"
    L = 2


_TYPES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([str, int, float, bool, Size, Literal["a", 1], Any, dict, list]),
    lambda inner: st.one_of(
        inner.map(lambda kind: list[kind]),  # type: ignore[valid-type]
        inner.map(lambda kind: dict[str, kind]),  # type: ignore[valid-type]
        inner.map(lambda kind: kind | None if kind is not Any else Any),
    ),
    max_leaves=4,
)
_NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: not keyword.iskeyword(name))


@given(st.dictionaries(_NAMES, st.tuples(_TYPES, st.booleans()), max_size=5), st.text(max_size=60))
def test_any_signature_becomes_a_schema_that_its_function_obeys(
    arguments: dict[str, tuple[Any, bool]], said: str
) -> None:
    listed = ", ".join(
        f"{name}: T{place}" + " = None" * free for place, (name, (_, free)) in enumerate(arguments.items())
    )
    scope: dict[str, Any] = {f"T{place}": kind for place, (kind, _) in enumerate(arguments.values())}
    exec(f"def made(*, {listed}):\n  return sorted(locals())" if listed else "def made():\n  return []", scope)  # noqa: S102
    scope["made"].__doc__ = f"Made. {said}"
    tool = function_tool(scope["made"])
    jsonschema.Draft202012Validator.check_schema(dict(tool.parameters))
    assert tool.argument_names == tuple(arguments)
    assert tool.parameters["required"] == [name for name, (_, free) in arguments.items() if not free]
    assert "$ref" not in json.dumps(tool.parameters)
    assert "\n" not in tool.description
