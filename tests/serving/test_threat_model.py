"""The threat model names tests and files: all of them exist, under the names that it gives them."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`(tests/[^`]+)`", TEXT)))
FILES = sorted(set(re.findall(r"`((?:serving|toolschool)/[^`]+)`", TEXT)))


def defined(path):
    """Names of a file's tests, those of classes with the class before them."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            found |= {node.name, *(f"{node.name}::{inner.name}" for inner in node.body if hasattr(inner, "name"))}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
    return found


@pytest.mark.parametrize("name", TESTS)
def test_a_named_test_exists(name):
    place, _, test = name.partition("::")
    assert (ROOT / place).is_file()
    assert not test or test in defined(ROOT / place)


def test_named_files_exist():
    assert len(TESTS) > 15
    assert [name for name in FILES if not (ROOT / name).is_file()] == []


def test_every_line_of_a_table_names_code_and_test():
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith(("| threat", "|---"))]
    assert len(rows) > 15
    for row in rows:
        _, _, _, where, shown, _ = row.split("|")
        assert re.search(r"`(serving|toolschool)/", where), row
        assert "`tests/" in shown, row
