"""Calls in Python syntax are read as they were meant, prose is no call, and nothing of it ever runs."""

from contextlib import suppress
from keyword import iskeyword
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import RowError
from toolschool.evaluation.python_calls import MAX_CHARS, read_calls

keys = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True).filter(lambda key: not iskeyword(key))
names = st.lists(keys, min_size=1, max_size=3).map(".".join)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
calls = st.lists(st.tuples(names, st.dictionaries(keys, values, max_size=3)), max_size=3)


@given(calls)
def test_what_is_written_comes_back(written: list[tuple[str, dict[str, Any]]]) -> None:
    texts = [f"{name}({', '.join(f'{key}={value!r}' for key, value in given.items())})" for name, given in written]
    assert read_calls(f"[{', '.join(texts)}]") == written
    assert read_calls(f"```python\n[{', '.join(texts)}]\n```") == written
    if len(texts) == 1:
        assert read_calls(texts[0]) == written


@given(st.text() | st.text("[]()f=1,'x{}", max_size=12))
def test_any_text_is_calls_none_or_refused(text: str) -> None:
    with suppress(RowError):
        assert isinstance(read_calls(text), list)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("f(x=-3)", -3),
        ("f(x=+2.5)", 2.5),
        ("f(x=2*3 + 1)", 7),
        ("f(x=1/4)", 0.25),
        ("f(x=true)", "true"),
        ("f(x=np.pi)", "np.pi"),
        ("f(x=a[0])", "a[0]"),
        ("f(x=now())", "now()"),
        ("f(x=g(y=1))", {"g": {"y": 1}}),
        ("f(x=...)", "..."),
        ("f(x=(1, 2))", (1, 2)),
        ("f(x={'a': [1]})", {"a": [1]}),
        ("'f(x=1)'", 1),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert read_calls(text) == [("f", {"x": value})]


@pytest.mark.parametrize(
    "text", ["", "[]", "No function helps here.", "I would call f (but cannot)", "3 + 4", "f", "Sorry, I can't: x = f"]
)
def test_prose_calls_nothing(text: str) -> None:
    assert read_calls(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "[f(x=1",
        "f(1)",
        "f(**x)",
        "[f(x=1), 2]",
        "f(x=lambda: 1)",
        "f(x=[y for y in z])",
        "f(x={**y})",
        "f(x='a' * 9)",
        "f(x=1/0)",
        "f(x=-True)",
        "f(x=b'a')",
        "f(x=not 1)",
        "f(x=2**9999999)",
        "f(x={[]: 1})",
        "f(x=" + "[" * 500 + "]" * 500 + ")",
        "f(x='" + "a" * MAX_CHARS + "')",
        "f(g(x=1))(y=2)",
        "f(x=1, x=2)",
        "f(x=" + "9" * 5000 + ")",
    ],
)
def test_calls_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(RowError, match="cannot be read"):
        read_calls(text)


def test_nothing_runs(tmp_path: Any) -> None:
    path = tmp_path / "made"
    for value in (f"open({str(path)!r}, 'w')", f"__import__('os').mkdir({str(path)!r})"):
        assert read_calls(f"f(x={value})")[0][0] == "f"
    assert not path.exists()
