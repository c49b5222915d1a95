"""Calls that a model writes as Python: `[get_weather(city="Rome"), math.gcd(a=4, b=6)]`. Parsed, never evaluated.

    read_calls("[math.gcd(a=4, b=6)]")          # [("math.gcd", {"a": 4, "b": 6})]
    read_calls("I cannot help with that.")      # []: nothing was called
    read_calls("[math.gcd(a=4, b=")             # RowError: a call that cannot be read

A code fence, quotes around the whole, and missing brackets are forgiven. Values are literals (also tuples), signed numbers, sums and
products of numbers; a bare name is its text, a call inside an argument its text or {name: arguments}. Arguments go by name: one by place
cannot be told from another, so it makes the text unreadable.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from toolschool.errors import RowError

MAX_CHARS = 20_000
_FENCE = re.compile(r"^```\w*\s*(.*?)\s*```$", re.DOTALL)
_CALLED = re.compile(r"^\[?\s*[A-Za-z_][\w.]*\(")  # begins as a call does, without a space that prose would have
_ARITHMETIC: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def read_calls(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Names and arguments in order; [] for a text that calls nothing. RowError for calls that cannot be read."""
    bare = _bare(text)
    try:
        tree = _tree(bare)
        return [_call(node) for node in tree]
    except (SyntaxError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
        if not _CALLED.match(bare):
            return []
        raise RowError(f"a call that cannot be read: {' '.join(str(error).split())[:200]}") from None


def _bare(text: str) -> str:
    stripped = text.strip()
    fenced = _FENCE.match(stripped)
    return (fenced[1] if fenced else stripped).strip("`'\" \n")


def _tree(text: str) -> list[ast.expr]:
    if len(text) > MAX_CHARS:
        raise ValueError(f"more than {MAX_CHARS} characters")
    body = ast.parse(text if text.startswith("[") else f"[{text}]", mode="eval").body
    if not isinstance(body, ast.List):
        raise ValueError("no list of calls")
    return body.elts


def _call(node: ast.expr) -> tuple[str, dict[str, Any]]:
    if not isinstance(node, ast.Call):
        raise ValueError("something that is no call")
    if node.args or any(keyword.arg is None for keyword in node.keywords):
        raise ValueError("an argument without a name")
    if len({keyword.arg for keyword in node.keywords}) < len(node.keywords):
        raise ValueError("an argument that is given twice")
    return _name(node.func), {str(keyword.arg): _value(keyword.value) for keyword in node.keywords}


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    raise ValueError("a function without a plain name")


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return "..." if node.value is Ellipsis else _known(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        number = _number(node.operand)
        return -number if isinstance(node.op, ast.USub) else number
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return _ARITHMETIC[type(node.op)](_number(node.left), _number(node.right))
    if isinstance(node, ast.List | ast.Tuple):
        items = [_value(item) for item in node.elts]
        return items if isinstance(node, ast.List) else tuple(items)
    if isinstance(node, ast.Dict):
        return {_value(key): _value(value) for key, value in _entries(node)}
    if isinstance(node, ast.Call) and node.keywords:
        name, arguments = _call(node)
        return {name: arguments}
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
        return ast.unparse(node)
    raise ValueError(f"a value that is no literal: {ast.unparse(node)[:60]}")


def _entries(node: ast.Dict) -> list[tuple[ast.expr, ast.expr]]:
    if None in node.keys:
        raise ValueError("a dictionary with ** in it")
    return [(key, value) for key, value in zip(node.keys, node.values, strict=True) if key is not None]


def _number(node: ast.expr) -> Any:
    value = _value(node)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"arithmetic with what is no number: {ast.unparse(node)[:60]}")
    return value


def _known(value: Any) -> Any:
    if not isinstance(value, str | int | float | bool | None):
        raise ValueError(f"a {type(value).__name__}")
    return value
