"""The documented prompt has the wanted API among its neighbours; examples are the nearest requests that nobody asks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from toolschool.datasets import ste
from toolschool.errors import ConfigError, DataError
from toolschool.methods.ste.demonstrations import Demonstrations
from toolschool.methods.ste.documented import (
    Documents,
    documentation_of,
    documented_prompt,
    example_text,
    offers,
    ranked,
    read_template,
)
from toolschool.methods.ste.inference import Examples, Inference
from toolschool.methods.ste.parsing import WrittenCall, read_strict
from toolschool.methods.ste.template import StePrompt


def item(
    query: str, api: str = "add_date", documentation: str = "API_name: add_date\nDescription: Adds days."
) -> ste.ToolItem:
    return ste.to_item(api, ste.item_row(query, api, {"days": 9}, documentation))


def said(count: int) -> dict[str, str]:
    return {f"api_{number}": f"API_name: api_{number}\nDescription: {'word ' * number}" for number in range(count)}


def test_the_prompt_has_its_parts_in_order() -> None:
    shown = [item("In nine days?"), item("And in ten?")]
    text = documented_prompt(read_template(), ["DOC A", "DOC {B}"], ["a", "b"], " When? ", shown)
    parts = [
        "DOC A\n\nDOC {B}",
        "a\nb\n",
        '{\n    "argument"',
        "Examples:",
        "User Query: In nine",
        "---\nUser Query: And",
        "User Query: When?\n",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.endswith("User Query: When?\n")
    assert "Examples" not in documented_prompt(read_template(), ["D"], ["a"], "When?")


def test_an_example_is_what_is_asked_for() -> None:
    found = read_strict(example_text(item("In nine days?")).partition("\n")[2], ["add_date"])
    assert isinstance(found, WrittenCall)
    assert found.arguments == {"days": 9}


@pytest.mark.parametrize(
    ("text", "reason"), [("{api_names}", "needs the placeholders"), ("{x}", "no placeholder"), ("{", "other braces twice"), (None, "cannot read")]
)  # fmt: skip
def test_a_template_that_cannot_be_filled_is_refused(text: str | None, reason: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "p.txt").write_text(text)
    with pytest.raises(ConfigError, match=reason):
        read_template(str(tmp_path / "p.txt"))


def test_few_apis_are_all_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    found = offers(said(5), Documents(count=5))
    assert all(names == list(said(5)) for names in found.values())
    assert offers(said(20), Documents(count=None))["api_3"] == list(said(20))


def test_neighbours_are_cut_and_filtered(tmp_path: Path) -> None:
    file = tmp_path / "n.json"
    file.write_text(json.dumps({name: ["gone", *reversed(said(4))] for name in said(4)} | {"api_3": [*said(4)]}))
    found = offers(said(4), Documents(count=2, neighbours=str(file)))
    assert found == {
        "api_0": ["api_3", "api_0"],
        "api_1": ["api_3", "api_1"],
        "api_2": ["api_3", "api_2"],
        "api_3": ["api_0", "api_3"],
    }
    with pytest.raises(DataError, match="no neighbours of 1 APIs"):
        offers(said(5), Documents(count=2, neighbours=str(file)))


def test_without_neighbours_the_nearest_documentation_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOOLSCHOOL_DATA", raising=False)
    weather = {f"weather_{n}": f"Description: the weather forecast of a city, day {n}" for n in range(4)}
    music = {f"music_{n}": f"Description: albums and songs of a band, part {n}" for n in range(4)}
    found = offers({**weather, **music}, Documents(count=4))
    assert {frozenset(names) for names in found.values()} == {frozenset(weather), frozenset(music)}
    assert len({names.index(name) for name, names in found.items()}) > 1, (
        "the wanted one is not always at the same place"
    )
    assert found == offers({**weather, **music}, Documents(count=4))


def test_apis_without_documentation_are_told() -> None:
    with pytest.raises(DataError, match="1 APIs have no 'api_descriptions' \\(first: add_date\\)"):
        documentation_of({"add_date": [item("x", documentation=" ")], "none": []})
    assert documentation_of({"add_date": [item("x", documentation=""), item("y")], "none": []}) == {
        "add_date": "API_name: add_date\nDescription: Adds days."
    }


@given(
    arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 9)), elements=st.sampled_from([0, 0.25, 0.5, 1])),
    st.integers(1, 12),
)
def test_ranked_finds_what_sorting_all_finds(scores: np.ndarray, count: int) -> None:
    found = ranked(scores, count)
    values = np.take_along_axis(scores, found, axis=1)
    assert (values == -np.sort(-scores, axis=1)[:, :count]).all()
    assert all(len(set(row)) == len(row) for row in found.tolist())


class Letters:
    """An encoder that counts letters, so that nearness can be checked by hand."""

    def embed(self, texts: list[str]) -> np.ndarray:
        counts = np.array([[text.count(letter) for letter in "abc"] for text in texts], dtype=np.float32)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def bank(queries: list[str], held_back: list[str]) -> Demonstrations:
    return Demonstrations.of([item(query) for query in queries], Letters(), held_back=held_back)  # type: ignore[arg-type]


def test_the_nearest_examples_come_first_each_once_and_none_is_asked() -> None:
    found = bank(["aab 1", "c", "ab", "ab", "bbb", "AAB 2"], held_back=["aab 7"])
    assert [each.query for each in found.items] == ["c", "ab", "bbb"]
    nearest = found.nearest(["aab 7", "cb"], count=2)
    assert [[each.query for each in row] for row in nearest] == [["ab", "bbb"], ["c", "bbb"]]
    assert [len(row) for row in found.nearest(["a"], count=9)] == [3]


def test_a_pool_that_is_asked_as_a_whole_is_refused() -> None:
    with pytest.raises(DataError, match="no demonstrations"):
        bank(["a 1", "a 2"], held_back=["A 3"])


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"mode": "trained", "documents": Documents()}, "neither documents nor examples"), ({"mode": "documented", "template": {}}, "neither template nor"),
        ({"mode": "demonstrated"}, "go together"), ({"mode": "documented", "examples": Examples(pool="x")}, "go together"),
    ],
)  # fmt: skip
def test_settings_of_another_mode_are_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Inference(**settings)


@pytest.mark.data
def test_published_prompts(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """750 requests, 15 APIs each in the published order; by the published words as well."""
    monkeypatch.setenv("TOOLSCHOOL_DATA", str(data_root))
    at = ste.folder()
    items, near, names = (
        ste.read_items(at / ste.TEST_FILE),
        ste.read_neighbours(at / ste.NEIGHBOURS_FILE),
        ste.descriptions(at),
    )
    published = Inference(mode="documented", documents=Documents(template=str(at / ste.PROMPT_FILE)))
    for inference in (Inference(mode="documented"), published):
        turns = inference.turns(items, StePrompt())
        for one, turn in zip(ste.every(items), turns, strict=True):
            blocks = "\n\n".join(f"API_name: {name}\nDescription: {names[name]}" for name in near[one.api])
            assert blocks in turn
            assert "\n".join(near[one.api]) in turn
            assert turn.endswith(f"User Query: {one.query.strip()}\n")
    assert len(turns) == 750
    assert turns[0].startswith((at / ste.PROMPT_FILE).read_text()[:60])
    assert "{{" not in turns[0].replace(blocks, "").partition("API_name")[0]
