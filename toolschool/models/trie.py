"""Constrained decoding over a fixed set of id sequences (the codes of tools): a trie in flat arrays.

    trie = Trie([[2048], [2049], [17, 230]], vocabulary=60_000, end=2)
    model.generate(**batch, num_beams=5, logits_processor=[TrieMask(trie, prompt_length)])
    trie.read(output[:, prompt_length:])            # (B * 5,) which sequence each row is, -1 for none

Nodes are numbered level by level, so edge e leads to node e + 1 and one sorted array of node * vocabulary + token holds the
whole trie: a step of all rows is one binary search, and nothing is as large as the vocabulary but the scores themselves.
`TrieMask` finds the node of a row by what the row holds: beams may be reordered, dropped and doubled behind its back.
Limits: one trie for all rows of a batch. Imports torch at the top because its arrays live on the model's device: import lazily.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from toolschool.errors import ModelError

OUTSIDE = -1  # the node of what is no beginning of any sequence


class Trie:
    """Sequences of ids, each closed by `end`. `keys` (E,) are its edges, sorted; `starts` (E + 2,) where a node's edges begin;
    `items` (E + 2,) which sequence ends in a node, -1 for none and, last, for OUTSIDE; node 0 is the root."""

    def __init__(
        self, sequences: Sequence[Sequence[int]], *, vocabulary: int, end: int, device: torch.device | str = "cpu"
    ) -> None:
        """ModelError for no sequence, an empty one, one that holds `end` or ids outside the vocabulary, and two that are equal."""
        self.vocabulary, self.end = vocabulary, end
        codes, order = _sorted_codes(sequences, vocabulary, end)
        keys, items = _edges(codes, order, vocabulary, end)
        starts = np.searchsorted(keys, np.arange(len(keys) + 2) * vocabulary)
        self.depth = codes.shape[1]
        self.keys, self.items, self.starts = (torch.from_numpy(array).to(device) for array in (keys, items, starts))
        self.root = _columns(self.keys[: int(self.starts[1])])

    def walk(self, ids: torch.Tensor) -> torch.Tensor:
        """The node that each row of `ids` (R, T) leads to from the root, (R,); what follows the end of a sequence is ignored."""
        nodes = torch.zeros(len(ids), dtype=torch.long, device=self.keys.device)
        for tokens in ids.to(self.keys.device).T:
            nodes = self.step(nodes, tokens)
        return nodes

    def step(self, nodes: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """The nodes that `tokens` (R,) lead to from `nodes` (R,): `OUTSIDE` where there is none, the same where a sequence has ended."""
        wanted = nodes * self.vocabulary + tokens
        edge = torch.searchsorted(self.keys, wanted).clamp(max=len(self.keys) - 1)
        there = torch.where(self.keys[edge] == wanted, edge + 1, OUTSIDE)
        return torch.where(self.items[nodes] >= 0, nodes, there)

    def read(self, ids: torch.Tensor) -> torch.Tensor:
        """Which sequence each row of `ids` (R, T) begins with, (R,); -1 for none."""
        return self.items[self.walk(ids)]

    def restrict(self, nodes: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """A copy of `scores` (R, V) with -inf where the trie does not go on from `nodes` (R,).

        Outside the trie and behind the end of a sequence only `end` is left, so that no row is without a score.
        """
        if not nodes.any():
            return self._at_root(scores)
        kept = torch.full_like(scores, float("-inf"))
        inside = nodes.clamp(min=0)
        first = self.starts[inside]
        count = torch.where(nodes >= 0, self.starts[inside + 1] - first, 0)
        row = torch.repeat_interleave(count)
        offset = torch.arange(len(row), device=row.device) - (count.cumsum(0) - count)[row]
        column = self.keys[first[row] + offset] % self.vocabulary
        kept[row, column] = scores[row, column]
        kept[count == 0, self.end] = scores[count == 0, self.end]
        return kept

    def _at_root(self, scores: torch.Tensor) -> torch.Tensor:
        """One set of columns for all rows; around a range, which 50,000 tools of one token are, the rest is small."""
        if isinstance(self.root, slice):
            kept = scores.clone()
            kept[:, : self.root.start] = float("-inf")
            kept[:, self.root.stop :] = float("-inf")
        else:
            kept = torch.full_like(scores, float("-inf"))
            kept[:, self.root] = scores[:, self.root]
        return kept


class TrieMask:
    """A LogitsProcessor: call it with (input_ids, scores) of shapes (R, T) and (R, V). Prompts are `prompt_length` ids."""

    def __init__(self, trie: Trie, prompt_length: int) -> None:
        self.trie, self.prompt_length = trie, prompt_length
        # Of what the rows held a step ago, so that long codes cost no more than short ones.
        self._nodes: dict[tuple[int, ...], int] = {}

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        written = input_ids[:, self.prompt_length :]
        paths = [tuple(row) for row in written.tolist()]
        before = [self._nodes.get(path[:-1]) for path in paths]
        if written.shape[1] and None not in before:
            nodes = self.trie.step(torch.tensor(before, device=written.device), written[:, -1])
        else:
            nodes = self.trie.walk(written)
        self._nodes = dict(zip(paths, nodes.tolist(), strict=True))
        return self.trie.restrict(nodes, scores)


def _sorted_codes(sequences: Sequence[Sequence[int]], vocabulary: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """Closed sequences as rows (n, depth), filled with -1, in the order of their ids, and each row's number. Raises ModelError."""
    if not len(sequences) or not all(len(sequence) for sequence in sequences):
        raise ModelError("a trie needs sequences of at least one id; give every tool a code")
    lengths = np.array([len(sequence) for sequence in sequences])
    flat = np.concatenate([np.asarray(sequence, dtype=np.int64) for sequence in sequences])
    if flat.min() < 0 or flat.max() >= vocabulary:
        raise ModelError(f"codes hold ids outside 0..{vocabulary - 1}; encode them with this model's tokenizer")
    if (flat == end).any():
        raise ModelError(f"a code holds the end of sequence ({end}); choose other texts for the tools")
    codes = np.full((len(sequences), lengths.max() + 1), -1, dtype=np.int64)
    codes[np.arange(codes.shape[1]) < lengths[:, None]] = flat
    codes[np.arange(len(codes)), lengths] = end
    order = np.lexsort(codes.T[::-1])
    codes = codes[order]
    same = (codes[1:] == codes[:-1]).all(axis=1)
    if same.any():
        first, second = sorted(order[[same.argmax(), same.argmax() + 1]].tolist())
        raise ModelError(f"sequences {first} and {second} have the same ids; tell the tools apart")
    return codes, order


def _edges(codes: np.ndarray, order: np.ndarray, vocabulary: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """Keys of all edges, level by level, and the items of all nodes. `codes` are sorted, closed and filled with -1."""
    node = np.zeros(len(codes), dtype=np.int64)  # where each row stands
    last = np.zeros(len(codes), dtype=np.int64)  # where each row ends
    keys: list[np.ndarray] = []
    made = 0
    for tokens in codes.T:
        rows = np.flatnonzero(tokens >= 0)
        key = node[rows] * vocabulary + tokens[rows]
        new = np.concatenate([[True], key[1:] != key[:-1]])
        node[rows] = made + np.cumsum(new)
        last = np.where(tokens == end, node, last)
        keys.append(key[new])
        made += int(new.sum())
    items = np.full(made + 2, -1, dtype=np.int64)
    items[last] = order
    return np.concatenate(keys), items


def _columns(tokens: torch.Tensor) -> slice | torch.Tensor:
    """Sorted ids as an index: a range where they follow each other, because copying a range is fast."""
    low, high = int(tokens[0]), int(tokens[-1])
    return slice(low, high + 1) if high - low + 1 == len(tokens) else tokens
