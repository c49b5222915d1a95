"""docs/troubleshooting.md quotes messages that the source still has, and the endpoint's codes are all in the table of docs/serving.md."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("toolschool", "pipelines", "training", "tuning", "serving", "jobs", "cluster")
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
SERVING = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
KEYS = re.findall(r"^\| `(.+?)` \|", PAGE, re.MULTILINE)


def trees(*packages: str) -> Iterator[ast.Module]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"))


def shown(node: ast.AST) -> str | None:
    """A text of the source as the page writes it: … for every part that varies. None for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return re.sub("…+", "…", "".join(shown(part) or "…" for part in node.values))
    return None


@cache
def texts() -> str:
    """All texts of the source, a line each."""
    return "\n".join(filter(None, (shown(node) for tree in trees(*PACKAGES) for node in ast.walk(tree))))


@pytest.mark.parametrize("key", KEYS)
def test_a_message_of_the_page_is_one_of_the_source(key: str) -> None:
    assert max(map(len, key.split("…"))) > 7, "too little to be found by"
    assert key in texts()


def test_the_page_has_what_users_meet_and_nothing_twice() -> None:
    assert len(KEYS) == len(set(KEYS)) > 40
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert all(line.count(" | ") == 2 for line in rows)
    assert len(rows) == len(KEYS)


def codes() -> set[str]:
    """Third argument of every ApiError in serving/, constants by their value."""
    found: set[str] = set()
    for tree in trees("serving"):
        named = {
            target.id: shown(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("ApiError") and len(node.args) > 2:
                code = node.args[2]
                found.add(str(named[code.id] if isinstance(code, ast.Name) else shown(code)))
    return found


def test_every_code_of_the_endpoint_is_in_its_table_and_no_other() -> None:
    section = SERVING.split("\n## Errors\n")[1].split("\n## ")[0]
    told = {
        code
        for row in re.findall(r"^\|[^|]*\|([^|]*)\|", section, re.MULTILINE)
        for code in re.findall(r"`(\w+)`", row)
    }
    assert told - {"code"} == codes()
    assert len(codes()) > 25
