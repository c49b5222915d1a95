"""The four ways in which ToolGen writes a tool, behind one interface: one new token, its name, its number, a code of clusters.

    index = build_index("atomic", apis.docs)             # or semantic, numeric, hierarchical with the documents' embeddings
    index.texts[key], index.key("<<Open Forecast&&Get Week>>")
    index.codes(tokenizer)                               # ids of every tool, in the order of index.keys, FINISH first
    index.collisions                                     # who wanted the same text, and what each got
    extend_index(index, more.docs)                       # further tools, the texts of the others as they were
    token_words(index, apis.docs)                        # new tokens and the words their rows begin from: ModelConfig.token_words
    index.save("runs/x/model"); ToolIndex.load("runs/x/model")

Texts of two tools always differ: the first tool keeps its text, a later one says more (its beginning, its category), or gets a number. So tools that
are added behind the others change nothing, except with hierarchical, whose clusters are made of all tools together.
Sources: ToolGen (arXiv 2410.03439, section 3.2), reference 1.1. Limit: texts are known to the tokenizer's ids only, check `codes`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from toolschool.datasets.api_docs import NAME_LENGTH, ApiDoc, Key, standardized, to_ascii, toolbench_name
from toolschool.errors import ConfigError, DataError, ModelError

if TYPE_CHECKING:
    import numpy as np

Kind = Literal["atomic", "semantic", "numeric", "hierarchical"]

FINISH = ApiDoc("", "", "Finish", "Give the final answer, or give up and restart.")
INDEX_FILE = "tool_index.json"
DIGITS = 5  # of a number, so that tools can be added; more where there are more tools


@dataclass(frozen=True)
class Collision:
    """Tools that wanted the same text, and what each of them got."""

    text: str
    told_apart: Mapping[Key, str]


@dataclass(frozen=True)
class ToolIndex:
    """The text that stands for each tool: FINISH, then the tools in their order."""

    kind: Kind
    texts: Mapping[Key, str]
    collisions: tuple[Collision, ...] = ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """All that can be written as an action."""
        return tuple(self.texts)

    @property
    def tools(self) -> tuple[Key, ...]:
        """All that can be retrieved: `keys` without FINISH."""
        return self.keys[1:]

    @cached_property
    def _keys(self) -> Mapping[str, Key]:
        return {text: key for key, text in self.texts.items()}

    def key(self, text: str) -> Key | None:
        """The tool that a text stands for."""
        return self._keys.get(text)

    def codes(self, tokenizer: Any) -> list[list[int]]:
        """Ids of all texts, in the order of `keys`. ModelError where they cannot be told apart by their ids."""
        texts = list(self.texts.values())
        codes: list[list[int]] = tokenizer(texts, add_special_tokens=False)["input_ids"]
        lacking = [text for text, code in zip(texts, codes, strict=True) if len(code) != 1]
        if self.kind == "atomic" and lacking:
            raise ModelError(
                f"the tokenizer lacks {len(lacking)} tokens of tools (first: {lacking[0]}): add them with model.token_words"
            )
        written: dict[tuple[int, ...], str] = {}
        for text, code in zip(texts, codes, strict=True):
            if written.setdefault(tuple(code), text) != text:
                raise ModelError(
                    f"this tokenizer writes {written[tuple(code)]!r} and {text!r} alike; use another indexing"
                )
        return codes

    def save(self, folder: str | Path) -> None:
        """Write `tool_index.json` beside the model."""
        rows = [[*key, text] for key, text in self.texts.items()]
        text = json.dumps({"indexing": self.kind, "tools": rows}, ensure_ascii=False)
        (Path(folder) / INDEX_FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> ToolIndex:
        """Read it again, without the collisions. ModelError where there is none."""
        try:
            said = json.loads((Path(folder) / INDEX_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{folder} has no {INDEX_FILE}: {error}; name a folder that ToolGen was trained to"
            ) from None
        return cls(said["indexing"], {(category, tool, api): text for category, tool, api, text in said["tools"]})


def build_index(kind: Kind, docs: Sequence[ApiDoc], embeddings: np.ndarray | None = None) -> ToolIndex:
    """The index of tools with different keys. `embeddings` (n, D) of their documentation are what hierarchical is made of.

    Raises ConfigError where they are missing, DataError for a key that comes twice.
    """
    every = (FINISH, *docs)
    if len({doc.key for doc in every}) < len(every):
        raise DataError(
            "two tools have the same category, tool and api; load them as a Catalogue, which leaves out the second"
        )
    if kind == "numeric":
        return ToolIndex(kind, _numbers(every, 0, max(DIGITS, len(str(len(docs))))))
    if kind == "hierarchical":
        if embeddings is None or len(embeddings) != len(docs):
            raise ConfigError("indexing hierarchical needs one embedding of each tool's documentation")
        return ToolIndex(kind, {doc.key: text for doc, text in zip(every, _clusters(embeddings), strict=True)})
    return _told_apart(kind, every, _SPELLINGS[kind], {})


def extend_index(index: ToolIndex, docs: Sequence[ApiDoc]) -> ToolIndex:
    """The index with further tools behind its own, whose texts stay. DataError for a key that it has; ConfigError where there is no way."""
    if again := [doc.key for doc in docs if doc.key in index.texts]:
        raise DataError(f"{again[0]} is in the index already; leave out the tools that it has")
    if index.kind == "hierarchical":
        raise ConfigError("tools that are written as clusters of all tools cannot be added to; make the index anew")
    if index.kind == "numeric":
        first, width = len(index.texts), len(next(iter(index.texts.values())).split())
        if len(str(first + len(docs) - 1)) > width:
            raise ConfigError(
                f"numbers of {width} digits are too short for {len(docs)} more tools; make the index anew"
            )
        return replace(index, texts={**index.texts, **_numbers(docs, first, width)}, collisions=())
    owner = {text: key for key, text in index.texts.items()}
    return _told_apart(index.kind, docs, _SPELLINGS[index.kind], owner)


def token_words(index: ToolIndex, docs: Sequence[ApiDoc], *, described: bool = False) -> dict[str, str]:
    """New tokens and the words whose mean their rows begin as: "tool api", with the category where it is in the token, and with
    the description if `described`. Nothing but with atomic: other indexings write what the model knows."""
    if index.kind != "atomic":
        return {}
    words = {}
    for doc in (FINISH, *docs):
        text = index.texts[doc.key]
        parts = (doc.category if text != doc.token else "", doc.tool, doc.api, doc.description if described else "")
        words[text] = " ".join(filter(None, parts))
    return words


def _numbers(docs: Sequence[ApiDoc], first: int, width: int) -> dict[Key, str]:
    """Numbers from `first` on, with blanks between their digits."""
    return {doc.key: " ".join(f"{number:0{width}}") for number, doc in enumerate(docs, first)}


def _told_apart(
    kind: Kind, docs: Sequence[ApiDoc], spellings: Callable[[ApiDoc], Iterator[str]], owner: dict[str, Key]
) -> ToolIndex:
    """Each tool gets the first of its spellings that nobody before it has; `owner` has those of tools that are there already."""
    owner = dict(owner)
    wanted: dict[str, list[Key]] = {}
    for doc in docs:
        wanted.setdefault(next(spellings(doc)), []).append(doc.key)
        owner[next(text for text in spellings(doc) if text not in owner)] = doc.key
    texts = {key: text for text, key in owner.items()}
    apart = [Collision(text, {key: texts[key] for key in (owner[text], *keys)}) for text, keys in wanted.items()]
    return ToolIndex(kind, texts, tuple(collision for collision in apart if len(collision.told_apart) > 1))


def _token_texts(doc: ApiDoc) -> Iterator[str]:
    """`<<tool&&api>>`, `<<category&&tool&&api>>`, `<<tool&&api 2>>` and so on."""
    yield doc.token
    if doc.category:
        yield f"<<{to_ascii(doc.category)}&&{doc.token[2:]}"
    yield from (f"{doc.token[:-2]} {number}>>" for number in count(2))


def _name_texts(doc: ApiDoc) -> Iterator[str]:
    """ToolBench's name, which keeps the end of a long one; its beginning, which names the api; with its category; with a number."""
    if doc is FINISH:
        yield FINISH.api  # not in lower case, so that no tool has it
    whole = "_for_".join(filter(None, (toolbench_name("", doc.api), standardized(doc.tool)))) or "tool"
    yield doc.toolbench_name or whole
    yield whole[:NAME_LENGTH]
    if doc.category:
        yield f"{whole}_in_{standardized(doc.category)}"[-NAME_LENGTH:]
    yield from (f"{whole}_{number}"[-NAME_LENGTH:] for number in count(2))


_SPELLINGS: Mapping[str, Callable[[ApiDoc], Iterator[str]]] = {"atomic": _token_texts, "semantic": _name_texts}


def _clusters(embeddings: np.ndarray) -> list[str]:
    """Codes with blanks between digits. FINISH has no neighbours: it stands in the middle of all."""
    import numpy as np

    from toolschool.methods.toolgen.hierarchy import cluster_codes

    middle = embeddings.mean(axis=0, keepdims=True)
    return [" ".join(map(str, code)) for code in cluster_codes(np.concatenate([middle, embeddings]))]
