"""Splits are what docs/splits.md says, and the guard holds them."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.datasets import splits
from toolschool.datasets.registry import SOURCES
from toolschool.datasets.splits import SPLITS, by_shares, guard, skeleton, split_of
from toolschool.errors import DataError

PAGE = Path(__file__).resolve().parents[3] / "docs" / "splits.md"


def table() -> dict[str, list[str]]:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text().splitlines()
        if line.startswith("| ")
    ]
    return {row[0]: row[1:] for row in rows[1:]}


def sample_rows(source: str) -> list[dict[str, object]]:
    """Requests of the shape a source's splitter reads; `kind` query where it knows kinds."""
    names = [f"question {a} {b}" for a in "abcdefghijklmnopqrstuvwxyz" for b in "abcdefghijklmnopqrstuvwxyz"]
    file = {"kamel": "train_clean", "gsm8k_xl": "train_rebuilt"}.get(source, "train")
    text = "{}" if source == "kamel" else "{} Let's think step by step. It is 4."
    return [
        {"tools": [n], "question": n, "Body": n, "query": n, "kind": "query", "file": file, "goal": "Eat", "hint": n}
        | {"text": text.format(n)}
        for n in names
    ]


def test_the_page_names_exactly_the_sources_of_the_code() -> None:
    assert set(table()) == set(SOURCES) == set(splits.SPLITTERS)


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_the_page_says_which_sources_may_shape_shipped_weights(source: str) -> None:
    assert table()[source][-1] == ("yes" if SOURCES[source].may_shape_shipped_weights else "no")


@pytest.mark.parametrize("source", sorted(name for name, row in table().items() if re.match(r"\d+ %", row[1])))
def test_shares_are_those_of_the_page(source: str) -> None:
    rows = sample_rows(source)
    for part, cell in zip(SPLITS, table()[source][1:4], strict=True):
        share = int(re.match(r"\d+", cell)[0]) if re.match(r"\d+ %", cell) else 0
        got = 100 * sum(split_of(source, row) == part for row in rows) / len(rows)
        assert abs(got - share) < 5, (source, part, got, share)


@pytest.mark.parametrize("source", ["toolbench", "ste"])
def test_published_test_requests_are_test_and_descriptions_train(source: str) -> None:
    assert {split_of(source, row) for row in sample_rows(source)} == {"test"}
    assert split_of(source, {"kind": "tool"}) == "train"


@pytest.mark.parametrize("source", ["mawps", "asdiv", "bfcl"])
def test_sources_that_are_only_reported_on_have_test_rows_only(source: str) -> None:
    assert {split_of(source, row) for row in sample_rows(source)} == {"test"}


def test_the_test_file_of_gsm8k_is_test() -> None:
    assert split_of("gsm8k", {"question": "any", "file": "test"}) == "test"
    assert "test" not in {split_of("gsm8k", row) for row in sample_rows("gsm8k")}


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1))
def test_tool_sets_decide_whatever_their_order(tools: list[str]) -> None:
    assert split_of("tinyagent", {"tools": tools}) == split_of("tinyagent", {"tools": sorted(set(tools), reverse=True)})


@given(st.text())
def test_every_key_has_one_split(key: str) -> None:
    assert by_shares(key, 70, 10) in SPLITS


def test_copies_with_other_numbers_stay_together() -> None:
    assert skeleton("Tom has 3 apples.") == skeleton("tom has 1,250 apples.")


@pytest.mark.parametrize(
    ("split", "purpose", "allowed"),
    [("train", "train", True), ("validation", "train", False), ("test", "train", False), ("train", "select", True),
     ("validation", "select", True), ("test", "select", False), ("test", "test", True)],
)  # fmt: skip
def test_the_guard(split: str, purpose: str, allowed: bool) -> None:
    if allowed:
        guard("tinyagent", split, purpose)
    else:
        with pytest.raises(DataError, match="must not be used"):
            guard("tinyagent", split, purpose)


def test_unknown_names_are_told() -> None:
    with pytest.raises(DataError, match="no split rule"):
        split_of("nowhere", {})
    with pytest.raises(DataError, match="no purpose"):
        guard("tinyagent", "train", "fun")
    with pytest.raises(DataError, match="no split"):
        guard("tinyagent", "dev", "train")
    with pytest.raises(DataError, match="no split"):
        split_of("desk", {"split": "dev"})


def test_made_up_requests_have_parts_of_their_own() -> None:
    """As the page says: 90, 5 and 5 per cent, whatever the numbers in them."""
    parts = [
        splits.split_of_made_up(f"show me {a}{b}{c} please") for a in "abcdefgh" for b in "abcdefghij" for c in "0klmn"
    ]
    for part, share in zip(SPLITS, (90, 5, 5), strict=True):
        assert abs(100 * parts.count(part) / len(parts) - share) < 4
    assert splits.split_of_made_up("page 3 of 7") == splits.split_of_made_up("Page 12  of 9")
    assert "90, 5 and 5 %" in PAGE.read_text()
