"""Rounds of tools: which rows teach which round, and what is said again."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ste_items import write_rounds
from pipelines.ste_rounds import SteRounds, cut, folders_of, round_folders
from toolschool.errors import ConfigError
from toolschool.methods.ste.examples import Example
from toolschool.records import Tool

NAMES = [f"tool_{number}" for number in range(10)]


def rows(each: int = 20, general: int = 5) -> list[dict[str, str]]:
    calls = [
        {"tool": name, "query": f"{name} {k}", "part": "train" if k % 4 else "validation"}
        for name in NAMES
        for k in range(each)
    ]
    return [*calls, *({"query": f"hello {k}", "part": "train"} for k in range(general))]


@given(st.integers(2, 10), st.integers(0, 1000))
def test_batches_hold_every_tool_once_and_are_of_like_size(count: int, seed: int) -> None:
    batches = cut(SteRounds(batches=count), NAMES, seed)
    assert sorted(name for batch in batches for name in batch) == sorted(NAMES)
    assert max(map(len, batches)) - min(map(len, batches)) <= 1
    assert batches == cut(SteRounds(batches=count), NAMES, seed)


def test_batches_can_be_named() -> None:
    named = (tuple(NAMES[:3]), tuple(NAMES[3:]))
    assert cut(SteRounds(batches=named), NAMES, 0) == [NAMES[:3], NAMES[3:]]


@pytest.mark.parametrize(
    "batches", [1, 11, ((*NAMES[:9],),), ((*NAMES, "other"),), (tuple(NAMES), (NAMES[0],))], ids=str
)
def test_batches_that_do_not_fit_the_tools_are_refused(batches: int | tuple[tuple[str, ...], ...]) -> None:
    with pytest.raises(ConfigError, match=r"ste\.rounds\.batches"):
        cut(SteRounds(batches=batches), NAMES, 0)


@given(st.integers(2, 5), st.sampled_from([0.1, 0.25, 1.0]), st.integers(0, 100))
def test_a_round_has_its_batch_and_with_replay_a_share_of_each_earlier_one(count: int, share: float, seed: int) -> None:
    rounds, given_rows = SteRounds(batches=count, rehearsal=share), rows()
    batches = cut(rounds, NAMES, seed)
    folders = folders_of(given_rows, batches, rounds, seed)
    found = {
        name: [row for row, into in zip(given_rows, folders, strict=True) if name in into]
        for name in round_folders(count)
    }
    talk = [row for row in given_rows if "tool" not in row]
    for number, batch in enumerate(batches):
        own = [row for row in given_rows if row.get("tool") in batch]
        assert found[f"rounds/{number}"] == [*own, *talk]
        if number:
            again = Counter(
                row["tool"] for row in found[f"replay/{number}"] if "tool" in row and row["tool"] not in batch
            )
            for earlier in batches[:number]:
                sizes = [
                    sum(row["part"] == part for row in given_rows if row.get("tool") in earlier)
                    for part in ("train", "validation")
                ]
                assert sum(again[name] for name in earlier) == sum(round(share * size) for size in sizes)
            assert [row for row in found[f"replay/{number}"] if row.get("tool") in batch or "tool" not in row] == [
                *own,
                *talk,
            ]


def test_what_is_said_again_is_the_same_in_every_later_round() -> None:
    rounds, given_rows = SteRounds(batches=3, rehearsal=0.2), rows()
    batches = cut(rounds, NAMES, 0)
    folders = folders_of(given_rows, batches, rounds, 0)
    first = [(row, into) for row, into in zip(given_rows, folders, strict=True) if row.get("tool") in batches[0]]
    assert [row for row, into in first if "replay/1" in into] == [row for row, into in first if "replay/2" in into]


def test_requests_held_back_are_written_for_all_batches_so_far(tmp_path: Path) -> None:
    tools = [Tool(name, "Does a thing.", {"type": "object", "properties": {}}) for name in NAMES[:2]]
    letters = "abcdefghijklmnopqrstuvwxyz"  # parts are told by the words: numbers count for nothing
    asked = (f"request {letter * 2} for {name}" for letter in letters for name in NAMES[:2])
    examples = [Example(f"{k}", query, query.split()[-1], {}, "done", "Done.", query) for k, query in enumerate(asked)]
    write_rounds(str(tmp_path), examples, tools, [[NAMES[0]], [NAMES[1]]])
    assert json.loads((tmp_path / "batches.json").read_text()) == [[NAMES[0]], [NAMES[1]]]
    first, both = (json.loads((tmp_path / "until" / f"{number}.json").read_text()) for number in (0, 1))
    assert list(first) == [NAMES[0]]
    assert list(both) == NAMES[:2]
    assert first[NAMES[0]] == both[NAMES[0]]
    held = [example.query for example in examples if example.part == "test" and example.tool == NAMES[0]]
    assert [item["query"] for item in first[NAMES[0]]] == held
    assert held
