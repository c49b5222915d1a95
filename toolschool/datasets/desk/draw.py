"""Seeded choice that keeps the parts apart: names and part of the phrasings belong to one split only.

    draw = Draw(random.Random(7), "train", now)
    draw.say("[open|pull up] [the|my] note {title}", title='"Groceries"')

A template chooses among `[a|b|c]` (nestable; `[|x]` is optional) and fills `{slots}`. Pools (names, places, titles) are
cut by hash into 80/10/10; of the templates of a clause a tenth is kept for validation and a tenth for test, while the
rest is shared, as ordinary users share their language.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache
from typing import TypeVar

from toolschool.datasets.splits import SPLITS, by_shares

Item = TypeVar("Item")
Tree = tuple["str | tuple[Tree, ...]", ...]  # a sequence of literal text and choices among sequences

HELD_OUT_RATE = 0.5  # how often validation and test use a phrasing that training never shows


@cache
def part_of(text: str) -> str:
    """The split that owns a pool entry."""
    return by_shares(f"desk:{text.lower()}", train=80, validation=10)


@cache
def cut(pool: tuple[Item, ...], split: str) -> tuple[Item, ...]:
    """The entries of a pool that a split owns; the whole pool where a split would own none."""
    own = tuple(item for item in pool if part_of(str(item)) == split)
    return own or pool


@cache
def phrasings(templates: tuple[str, ...], split: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(shared, own) templates of a split: own ones are never seen by the other splits. Training has no own ones."""
    shared = tuple(t for t in templates if part_of("phrase:" + t) == "train") or templates[:1]
    if split == "train":
        return shared, ()
    return shared, tuple(t for t in templates if t not in shared and part_of("phrase:" + t) == split)


class Draw:
    """A random source bound to a split and a clock."""

    def __init__(self, rng: random.Random, split: str, now: datetime) -> None:
        if split not in SPLITS:
            raise ValueError(f"'{split}' is no split; use one of {', '.join(SPLITS)}")
        self.rng, self.split, self.now = rng, split, now
        self.days: list[date] = []  # named so far in the request: a clock alone belongs to the last of them
        self.final = False  # whether the clause being made is the last: only then may a clock stand without any day

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def pick(self, options: Sequence[Item]) -> Item:
        return options[int(self.rng.random() * len(options))]

    def weighted(self, options: dict[Item, float]) -> Item:
        return self.rng.choices(tuple(options), tuple(options.values()))[0]

    def own(self, pool: tuple[Item, ...]) -> Item:
        """An entry of a pool that this split owns."""
        return self.pick(cut(pool, self.split))

    def made(self, make: Callable[[], str]) -> str:
        """A composed name that this split owns (tries again until the hash agrees, 60 times at most)."""
        text = make()
        for _ in range(60):
            if part_of(text) == self.split:
                break
            text = make()
        return text

    def say(self, *templates: str, **slots: str) -> str:
        """One of the templates, its choices made and its slots filled."""
        shared, own = phrasings(templates, self.split)
        pool = own if own and self.chance(HELD_OUT_RATE) else shared
        return self.fill(self.pick(pool), **slots)

    def fill(self, template: str, **slots: str) -> str:
        """A template without regard to splits."""
        text = "".join(self._expand(parse(template)))
        for name, value in slots.items():
            text = text.replace("{" + name + "}", value)
        return text

    def _expand(self, tree: Tree) -> list[str]:
        out: list[str] = []
        for part in tree:
            if isinstance(part, str):
                out.append(part)
            else:
                out.extend(self._expand(self.pick(part)))
        return out


@cache
def parse(template: str) -> Tree:
    """The tree of a template; ValueError when brackets do not match."""
    tokens = re.findall(r"[\[\]|]|[^\[\]|]+", template)
    tree, rest = _sequence(tokens, 0, top=True)
    if rest != len(tokens):
        raise ValueError(f"unbalanced brackets in template: {template}")
    return tree


def _sequence(tokens: list[str], at: int, top: bool) -> tuple[Tree, int]:
    parts: list[str | tuple[Tree, ...]] = []
    while at < len(tokens):
        token = tokens[at]
        if token == "[":
            options: list[Tree] = []
            while True:
                option, at = _sequence(tokens, at + 1, top=False)
                options.append(option)
                if at >= len(tokens):
                    raise ValueError("unbalanced brackets in template")
                if tokens[at] == "]":
                    break
            parts.append(tuple(options))
            at += 1
        elif token in "]|" and not top:
            break
        else:
            parts.append(token)
            at += 1
    return tuple(parts), at
