"""Which rows of a source are learnt from: both parts, a fair sample of a sorted file, the same ones again."""

import json
from collections import Counter
from pathlib import Path

import pytest

from pipelines.ingest import rows_to_learn
from toolschool.config import DataConfig


@pytest.fixture
def sorted_file(tmp_path: Path) -> Path:
    """Two hundred word problems, the hundred subtractions first."""
    rows = [
        {"ID": f"c-{n}", "Body": f"{name} has {n} pens.", "Question": "How many?", "Equation": "( 1.0 + 1.0 )", "Answer": 2.0, "Type": kind}
        for kind, name in (("Subtraction", "Ann"), ("Addition", "Bob"))
        for n, name in ((n, f"{name}{chr(97 + n % 26)}{chr(97 + n // 26)}") for n in range(300))
    ]  # fmt: skip
    (tmp_path / "SVAMP.json").write_text(json.dumps(rows))
    return tmp_path


def learnt(folder: Path, limit: int | None, seed: int = 0) -> list[tuple[str, str]]:
    data = DataConfig(source="svamp", path=str(folder), limit=limit, seed=seed)
    return [(part, row["Type"]) for part, row in rows_to_learn(data, validation=20)]


def test_a_limit_draws_from_the_whole_file(sorted_file: Path) -> None:
    found = learnt(sorted_file, 60)
    assert Counter(part for part, _ in found) == {"train": 48, "validation": 12}
    kinds = Counter(kind for _, kind in found)
    assert min(kinds["Addition"], kinds["Subtraction"]) > 15
    assert found == learnt(sorted_file, 60)


def test_a_seed_draws_other_rows(sorted_file: Path) -> None:
    data = [DataConfig(source="svamp", path=str(sorted_file), limit=60, seed=seed) for seed in (0, 1)]
    one, two = ([row["ID"] + row["Type"] for _, row in rows_to_learn(each, validation=20)] for each in data)
    assert one != two


def test_without_a_limit_all_rows_come_in_their_order(sorted_file: Path) -> None:
    everything, some = learnt(sorted_file, None), learnt(sorted_file, 100_000)
    assert everything == some
    assert [kind for part, kind in everything if part == "train"] == sorted(
        (kind for part, kind in everything if part == "train"), reverse=True
    )


def test_a_generator_makes_as_many_as_are_wanted() -> None:
    found = list(rows_to_learn(DataConfig(source="operations", limit=20), validation=10))
    assert Counter(part for part, _ in found) == {"train": 18, "validation": 2}
