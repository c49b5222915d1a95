"""Requests that need no tool: deterministic, without repetition, nothing shared between splits, laid out as requests with a tool are."""

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from itertools import combinations, islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolschool.datasets import queries
from toolschool.datasets.desk.draw import parse
from toolschool.datasets.no_tool import KINDS, WORDS, generate, marked, plain, query, text
from toolschool.datasets.no_tool_tasks import ASKS
from toolschool.datasets.no_tool_words import COMMON, LEAST, POOLS, owned, parted
from toolschool.datasets.registry import load, marked_texts, texts
from toolschool.datasets.splits import SPLITS
from toolschool.errors import DataError

SEEDS, PARTS = st.integers(0, 10**6), st.sampled_from(SPLITS)
PHRASINGS = {name: kind.says + kind.deeds for name, kind in KINDS.items()}
ASIDES = {name: kind.before + kind.after for name, kind in KINDS.items()}


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, Any]]]:
    return {split: list(generate(5, 2000, split)) for split in SPLITS}


@given(SEEDS, PARTS)
@settings(max_examples=20)
def test_the_first_rows_are_the_same_whatever_the_count(seed: int, split: str) -> None:
    assert list(generate(seed, 5, split)) == list(generate(seed, 12, split))[:5]


def test_seeds_and_splits_differ() -> None:
    streams = [[query(row) for row in generate(seed, 20, split)] for seed in (0, 1) for split in SPLITS]
    assert all(one != other for one, other in combinations(streams, 2))


def test_rows_are_the_same_whatever_the_seed_of_hashes() -> None:
    code = "from toolschool.datasets.no_tool import generate, text; print(*map(text, generate(4, 50, 'test')), sep='|')"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, env=os.environ | {"PYTHONHASHSEED": seed})
        for seed in ("1", "2")
    ]
    here = "|".join(map(text, generate(4, 50, "test"))) + "\n"
    assert {hashlib.sha256(run.stdout).hexdigest() for run in runs} == {hashlib.sha256(here.encode()).hexdigest()}


def test_rows_stream() -> None:
    assert len(list(islice(generate(0, 10**12, "train"), 3))) == 3


def test_two_thousand_rows_repeat_nothing(rows: dict[str, list[dict[str, Any]]]) -> None:
    for part in rows.values():
        assert len({plain(query(row)) for row in part}) == len({row["id"] for row in part}) == 2000


def test_splits_share_no_query(rows: dict[str, list[dict[str, Any]]]) -> None:
    said = {split: {plain(query(row)) for row in part} for split, part in rows.items()}
    assert not any(said[one] & said[other] for one, other in combinations(SPLITS, 2))


def test_all_kinds_occur_and_none_prevails(rows: dict[str, list[dict[str, Any]]]) -> None:
    for split, part in rows.items():
        assert all(row["kind"] == "no_tool" and row["split"] == split for row in part)
        counts = Counter(row["topic"] for row in part)
        assert set(counts) == set(KINDS)
        assert min(counts.values()) >= 10
        assert max(counts.values()) < 300


@given(SEEDS, PARTS)
@settings(max_examples=20)
def test_queries_are_of_a_length_that_people_type_and_wholly_filled(seed: int, split: str) -> None:
    for row in generate(seed, 25, split):
        assert WORDS[0] <= len(query(row).split()) <= WORDS[1]
        assert not re.search(r"[<>{}|\[\]\n;]|  | [,.?!]|[,.?!]{2}|\ba (?!one)[aeio]\w", query(row)), query(row)
        assert query(row).count('"') % 2 == 0, query(row)


def test_some_have_neither_capitals_nor_a_last_mark(rows: dict[str, list[dict[str, Any]]]) -> None:
    for part in rows.values():
        lower = sum(query(row) == query(row).lower() for row in part) / len(part)
        unstopped = sum(query(row)[-1] not in '.?!"' for row in part) / len(part)
        assert 0.03 < lower < 0.12
        assert 0.05 < unstopped < 0.15


@given(SEEDS, PARTS)
@settings(max_examples=20)
def test_only_the_decision_is_supervised_and_the_layout_is_that_of_requests_with_a_tool(seed: int, split: str) -> None:
    for row in generate(seed, 10, split):
        found = marked(row)
        assert found.spans == ()
        assert found.text == text(row) == f"User Query: {query(row)}\nTool: none"
        assert found.text[found.start :] == " none"
        called = queries.marked({"kind": "query", "id": "1", "query": query(row), "tools": ["none"]})
        assert called.text == found.text
        assert called.spans[0].start == found.start + 1


def test_there_is_much_to_say() -> None:
    assert len(KINDS) >= 12
    assert sum(map(len, PHRASINGS.values())) >= 60


@pytest.mark.parametrize("name", sorted(KINDS))
def test_phrasings_are_well_formed_and_their_slots_have_entries(name: str) -> None:
    for template in PHRASINGS[name] + ASIDES[name]:
        parse(template)
        assert {slot.lower() for slot in re.findall(r"\{(\w+?)\d?\}", template)} <= {*POOLS, *COMMON}, template
    for templates in (PHRASINGS[name], ASIDES[name]):
        assert len(set(templates)) == len(templates)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_part_of_the_phrasings_is_kept_from_training(name: str) -> None:
    parts = parted(PHRASINGS[name], 0.6, 0.15)
    assert sorted(sum(parts.values(), ())) == sorted(PHRASINGS[name])
    assert all(parts.values())


@pytest.mark.parametrize("slot", sorted(POOLS))
def test_every_entry_belongs_to_one_split(slot: str) -> None:
    entries = [entry for split in SPLITS for entry in owned(slot, split)]
    assert sorted(entries) == sorted(set(POOLS[slot]))
    shares = [len(owned(slot, split)) / len(entries) for split in SPLITS]
    assert abs(shares[0] - 0.5) < 0.03
    assert len(owned(slot, "validation")) >= LEAST
    assert shares[2] > 0.25


def test_training_says_nothing_that_is_kept_for_testing(rows: dict[str, list[dict[str, Any]]]) -> None:
    kept = [plain(entry) for slot in ("sentence", "longer", "settled", "sense") for entry in owned(slot, "test")]
    train = "\n".join(plain(query(row)) for row in rows["train"])
    assert not [entry for entry in kept if re.search(rf"\b{entry}\b", train)]


def test_asks_end_as_they_begin() -> None:
    for lead, end in ASKS:
        asks = lead.startswith(("can", "could", "would", "is"))
        assert end.endswith("?" if asks else ".")


def test_unknown_splits_are_refused_and_the_registry_knows_the_source() -> None:
    with pytest.raises(DataError, match="no split"):
        next(generate(0, 1, "dev"))
    assert len(list(load("no_tool", split="train", limit=3, purpose="train"))) == 3
    how: dict[str, Any] = {"split": "train", "limit": 15, "purpose": "train", "shipped": True}
    assert [found.text for found in marked_texts("no_tool", **how)] == list(texts("no_tool", **how))
    with pytest.raises(DataError, match="must not be used"):
        load("no_tool", split="test", limit=1, purpose="train")


@pytest.mark.data
def test_no_query_is_one_of_metatool(rows: dict[str, list[dict[str, Any]]], data_root: Path) -> None:
    read = load("metatool", path=data_root / "metatool", split="train", purpose="train")
    theirs = {plain(row["query"]) for row in read if row["kind"] == "query"}
    assert not [query(row) for part in rows.values() for row in part if plain(query(row)) in theirs]
