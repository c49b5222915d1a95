"""Four indexings: texts are those of ToolGen, always differ, can be read back, and stay when tools are added."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from toolschool.datasets.api_docs import ApiDoc
from toolschool.datasets.catalogues import load_catalogue
from toolschool.errors import ConfigError, DataError, ModelError
from toolschool.methods.toolgen.hierarchy import cluster_codes
from toolschool.methods.toolgen.indexing import FINISH, Kind, ToolIndex, build_index, extend_index, token_words

WEEK = ApiDoc("Weather", "Open Forecast", "Get Week", "Seven days.")
CLASS = ApiDoc("Data", "2-Schools", "class")
LONG = [
    ApiDoc("Data", "a very long name of a tool " * 3, f"{word} quotes") for word in ("Popular", "Recent", "Popular ")
]
# Few names, so that most keys want a text that another one has.
names = st.sampled_from(
    ["", "Finish", "a", "A", "ä", "a a", "a&&a", "2", "天", "👋", "a" * 70, "b" + "a" * 70, "a_2", "<<a>>"]
)
apis = st.builds(ApiDoc, names, names, names.filter(bool)).filter(lambda doc: doc.key != FINISH.key)
catalogues = st.lists(apis, min_size=1, max_size=25, unique_by=lambda doc: doc.key)


def build(kind: Kind, docs: list[ApiDoc]) -> ToolIndex:
    rng = np.random.default_rng(len(docs))
    return build_index(kind, docs, rng.normal(size=(len(docs), 4)) if kind == "hierarchical" else None)


def test_texts_are_those_of_toolgen() -> None:
    assert list(build("atomic", [WEEK, CLASS]).texts.values()) == [
        "<<Finish>>",
        "<<Open Forecast&&Get Week>>",
        "<<2-Schools&&class>>",
    ]
    assert list(build("semantic", [WEEK, CLASS]).texts.values()) == [
        "Finish",
        "get_week_for_open_forecast",
        "is_class_for_get_2_schools",
    ]
    assert list(build("numeric", [WEEK, CLASS]).texts.values()) == ["0 0 0 0 0", "0 0 0 0 1", "0 0 0 0 2"]
    assert sorted(build("hierarchical", [WEEK, CLASS]).texts.values()) == ["0", "1", "2"]


def test_equal_texts_are_told_apart_and_reported() -> None:
    docs = [WEEK, ApiDoc("Travel", "Open Forecast", "Get Week"), ApiDoc("Trävel", "Open Forecast", "Get Week")]
    docs.append(ApiDoc("Travel", "Open Forecast", "Get Week 👋"))
    (collision,) = build("atomic", docs).collisions
    assert collision.text == "<<Open Forecast&&Get Week>>"
    assert collision.told_apart == {
        docs[0].key: "<<Open Forecast&&Get Week>>",
        docs[1].key: "<<Travel&&Open Forecast&&Get Week>>",
        docs[2].key: "<<Open Forecast&&Get Week 2>>",
        docs[3].key: "<<Open Forecast&&Get Week 3>>",
    }
    popular, recent, again = (build("semantic", LONG).texts[doc.key] for doc in LONG)
    assert popular.endswith("name_of_a_tool")
    assert recent.startswith("recent_quotes_for_a_very_long")
    assert again.startswith("popular_quotes_for_a_very_long")


@given(catalogues, st.sampled_from(["atomic", "semantic", "numeric", "hierarchical"]))
def test_every_text_is_one_tool(docs: list[ApiDoc], kind: Kind) -> None:
    index = build(kind, docs)
    assert index.keys == (FINISH.key, *index.tools) == (FINISH.key, *(doc.key for doc in docs))
    assert len(set(index.texts.values())) == len(docs) + 1
    assert all(text and index.key(text) == key for key, text in index.texts.items())
    assert index.key("<<no such tool>>") is None
    if kind == "atomic":
        assert all(text.isascii() for text in index.texts.values())  # others do not survive a byte-level decoder
    if kind == "semantic":
        assert all(len(text) <= 64 for text in index.texts.values())


@given(catalogues, st.sampled_from(["atomic", "semantic"]))
def test_whoever_lost_its_text_is_reported(docs: list[ApiDoc], kind: Kind) -> None:
    index = build(kind, docs)
    plain = {doc.key: doc.token if kind == "atomic" else doc.toolbench_name for doc in docs}
    changed = {key for key, text in plain.items() if text and index.texts[key] != text}
    reported = {key for collision in index.collisions for key in collision.told_apart}
    assert changed <= reported
    assert all(len(collision.told_apart) > 1 for collision in index.collisions)


@given(catalogues, st.sampled_from(["atomic", "semantic", "numeric"]), st.integers(0, 25))
def test_tools_that_are_added_change_no_text(docs: list[ApiDoc], kind: Kind, cut: int) -> None:
    before, after = build(kind, docs[:cut]).texts, build(kind, docs).texts
    assert before == {key: after[key] for key in before}
    longer = extend_index(build(kind, docs[:cut]), docs[cut:])
    assert (longer.kind, list(longer.texts.items())) == (kind, list(after.items()))
    with pytest.raises(DataError, match="is in the index already"):
        extend_index(longer, docs[-1:])


def test_collisions_with_tools_that_are_there_are_reported() -> None:
    first, second = ApiDoc("A", "Sky", "Week"), ApiDoc("B", "Sky", "Week")
    (collision,) = extend_index(build_index("atomic", [first]), [second]).collisions
    assert collision.told_apart == {first.key: "<<Sky&&Week>>", second.key: "<<B&&Sky&&Week>>"}


def test_an_index_that_cannot_be_extended() -> None:
    docs = [ApiDoc("", "t", str(n)) for n in range(3)]
    with pytest.raises(ConfigError, match="clusters"):
        extend_index(ToolIndex("hierarchical", {docs[0].key: "1 2"}), docs[1:])
    full = ToolIndex("numeric", {doc.key: f"{number}" for number, doc in enumerate(docs[:2])})
    more = [ApiDoc("", "u", str(n)) for n in range(9)]
    assert extend_index(full, more[:8]).texts[more[7].key] == "9"
    with pytest.raises(ConfigError, match="numbers of 1 digits are too short"):
        extend_index(full, more)


@settings(max_examples=30)
@given(arrays.arrays(np.float32, st.tuples(st.integers(1, 60), st.just(2)), elements=st.integers(0, 3)))
def test_no_cluster_code_begins_another(vectors: Any) -> None:
    codes = cluster_codes(vectors)
    assert codes == cluster_codes(vectors.copy())
    assert len(set(codes)) == len(codes) == len(vectors)
    whole = set(codes)
    assert not any(code[:cut] in whole for code in codes for cut in range(len(code)))
    assert all(0 <= digit <= 9 for code in codes for digit in code)


def test_neighbours_share_their_first_digits() -> None:
    rng = np.random.default_rng(0)
    centres = np.repeat(rng.normal(size=(10, 8)) * 100, 20, axis=0)
    codes = cluster_codes(centres + rng.normal(size=centres.shape))
    firsts = [{code[0] for code in codes[start : start + 20]} for start in range(0, 200, 20)]
    assert sum(len(first) == 1 for first in firsts) >= 8  # k-means with one beginning may join two groups and part one


def test_words_of_new_tokens_name_what_the_token_names() -> None:
    docs = [WEEK, ApiDoc("Travel", "Open Forecast", "Get Week")]
    index = build("atomic", docs)
    assert token_words(index, docs) == {
        "<<Finish>>": "Finish",
        "<<Open Forecast&&Get Week>>": "Open Forecast Get Week",
        "<<Travel&&Open Forecast&&Get Week>>": "Travel Open Forecast Get Week",
    }
    described = token_words(index, docs, described=True)
    assert described["<<Open Forecast&&Get Week>>"] == "Open Forecast Get Week Seven days."
    assert token_words(build("numeric", docs), docs) == {}


def test_codes_are_the_ids_of_the_texts(nano_tokenizer: Any) -> None:
    index = build("semantic", [WEEK, CLASS])
    assert [nano_tokenizer.decode(code) for code in index.codes(nano_tokenizer)] == list(index.texts.values())
    with pytest.raises(ModelError, match="lacks 3 tokens of tools"):
        build("atomic", [WEEK, CLASS]).codes(nano_tokenizer)

    def careless(texts: list[str], **_: Any) -> dict[str, list[list[int]]]:
        return {"input_ids": [[len(text)] for text in texts]}

    with pytest.raises(ModelError, match="'0 0 0 0 0' and '0 0 0 0 1' alike"):
        build("numeric", [WEEK]).codes(careless)


def test_an_index_is_kept_beside_its_model(tmp_path: Path) -> None:
    index = build("atomic", [WEEK, CLASS])
    index.save(tmp_path)
    assert ToolIndex.load(tmp_path) == index
    with pytest.raises(ModelError, match="has no tool_index"):
        ToolIndex.load(tmp_path / "elsewhere")


def test_mistakes_are_typed() -> None:
    with pytest.raises(ConfigError, match="one embedding of each"):
        build_index("hierarchical", [WEEK], np.zeros((2, 4)))
    with pytest.raises(DataError, match="same category, tool and api"):
        build_index("atomic", [WEEK, WEEK])


@pytest.mark.data
def test_collisions_of_toolbench_are_those_of_the_reference(data_root: Path) -> None:
    docs = load_catalogue("toolbench", path=data_root / "toolbench").docs
    lost = {
        kind: sum(len(collision.told_apart) - 1 for collision in build_index(kind, docs).collisions)
        for kind in ("atomic", "semantic", "numeric")
    }
    assert lost == {"atomic": 11, "semantic": 24, "numeric": 0}
