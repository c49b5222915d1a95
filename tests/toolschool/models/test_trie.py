"""The trie against plain sets of sequences, its mask against transformers' own, and what models write under it."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from toolschool.errors import ModelError
from toolschool.models.trie import Trie, TrieMask

VOCABULARY, END = 64, 2
codes = st.lists(st.lists(st.integers(3, 20), min_size=1, max_size=5).map(tuple), min_size=1, max_size=30, unique=True)
paths = st.lists(st.integers(0, 22), max_size=6)


def build(sequences: list[tuple[int, ...]]) -> Trie:
    return Trie(sequences, vocabulary=VOCABULARY, end=END)


def goes_on(sequences: list[tuple[int, ...]], prefix: list[int]) -> list[int]:
    """What may follow a prefix, from the sequences alone; only the end behind a whole one and outside."""
    closed = [[*sequence, END] for sequence in sequences]
    following = {sequence[len(prefix)] for sequence in closed if sequence[: len(prefix)] == prefix != sequence}
    return sorted(following or {END})


@given(codes, st.lists(paths, min_size=1, max_size=8))
def test_a_step_allows_what_the_sequences_allow(sequences: list[tuple[int, ...]], prefixes: list[list[int]]) -> None:
    trie = build(sequences)
    prefixes += [[*sequence, END][:cut] for sequence in sequences for cut in range(len(sequence) + 2)]
    for length in {len(prefix) for prefix in prefixes}:
        rows = [prefix for prefix in prefixes if len(prefix) == length]
        scores = torch.randn(len(rows), VOCABULARY)
        kept = trie.restrict(trie.walk(torch.tensor(rows, dtype=torch.long).reshape(len(rows), length)), scores)
        for row, prefix in enumerate(rows):
            allowed = goes_on(sequences, prefix) if END not in prefix else [END]
            assert kept[row].isfinite().nonzero()[:, 0].tolist() == allowed
            assert torch.equal(kept[row, allowed], scores[row, allowed])


@given(codes, paths)
def test_reading_inverts_the_sequences(sequences: list[tuple[int, ...]], other: list[int]) -> None:
    trie = build(sequences)
    for number, sequence in enumerate(sequences):
        assert trie.read(torch.tensor([[*sequence, END, 0, 0]])).tolist() == [number]  # padding behind the end
        assert trie.read(torch.tensor([list(sequence)])).tolist() == [-1]  # not closed
    cut = tuple(other[: other.index(END)]) if END in other else None
    found = trie.read(torch.tensor([other], dtype=torch.long)).item()
    assert found == (sequences.index(cut) if cut in sequences else -1)


@given(codes, st.randoms(use_true_random=False))
def test_the_mask_is_that_of_transformers(sequences: list[tuple[int, ...]], random: Any) -> None:
    from transformers import PrefixConstrainedLogitsProcessor

    prompt = 3
    theirs = PrefixConstrainedLogitsProcessor(lambda _, ids: goes_on(sequences, ids[prompt:].tolist()), num_beams=1)
    ours = TrieMask(build(sequences), prompt)
    for length in range(max(map(len, sequences)) + 1):
        rows = [sequence for sequence in sequences if len(sequence) >= length]
        rows = random.choices(rows, k=5)  # as beams are: in another order, some doubled, some never seen before
        ids = torch.tensor([[5, 6, 7, *row[:length]] for row in rows])
        scores = torch.randn(len(rows), VOCABULARY)
        assert torch.equal(ours(ids, scores), theirs(ids, scores))


def test_neighbouring_ids_are_a_range_at_the_root() -> None:
    assert build([(5,), (7,), (6,)]).root == slice(5, 8)
    assert torch.equal(torch.as_tensor(build([(5,), (8,), (6, 3)]).root), torch.tensor([5, 6, 8]))


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([], "give every tool a code"),
        ([(4,), ()], "give every tool a code"),
        ([(4,), (VOCABULARY,)], "ids outside"),
        ([(4,), (5, END)], "holds the end of sequence"),
        ([(4, 5), (6,), (4, 5)], "sequences 0 and 2 have the same ids"),
    ],
)
def test_codes_that_cannot_be_told_apart_are_refused(sequences: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        build(sequences)


def write(model: Any, trie: Trie, prompts: torch.Tensor, **how: Any) -> list[int]:
    with torch.inference_mode():
        rows = model.generate(
            input_ids=prompts,
            attention_mask=torch.ones_like(prompts),
            max_new_tokens=trie.depth,
            pad_token_id=0,
            eos_token_id=END,
            logits_processor=[TrieMask(trie, prompts.shape[1])],
            **how,
        )
    return trie.read(rows[:, prompts.shape[1] :]).tolist()


@settings(max_examples=25)
@given(codes, st.integers(0, 2**31), st.sampled_from(["greedy", "sample", "beam"]))
def test_a_random_model_writes_sequences_of_the_trie_only(
    tiny: Any, sequences: list[tuple[int, ...]], seed: int, how: str
) -> None:
    torch.manual_seed(seed)
    beams = min(5, len(sequences))
    ways = {
        "greedy": {"do_sample": False},
        "sample": {"do_sample": True},
        "beam": {"do_sample": False, "num_beams": beams, "num_return_sequences": beams},
    }
    written = write(tiny, build(sequences), torch.randint(3, VOCABULARY, (4, 6)), **ways[how])
    assert set(written) <= set(range(len(sequences)))
    if how == "beam":
        assert all(len(set(written[row : row + beams])) == beams for row in range(0, 4 * beams, beams))


@pytest.mark.verify
def test_ten_thousand_generations_hold_no_invalid_tool(tiny: Any) -> None:
    generator = torch.Generator().manual_seed(0)
    total = 0
    for number in range(100):
        size = int(torch.randint(1, 6, (), generator=generator))
        drawn = torch.randint(3, VOCABULARY, (200, size), generator=generator).tolist()
        sequences = sorted({tuple(row) for row in drawn})
        prompts = torch.randint(3, VOCABULARY, (20, 8), generator=generator)
        how = (
            {"num_beams": 5, "num_return_sequences": 5}
            if number % 2
            else {"do_sample": True, "num_return_sequences": 5}
        )
        written = write(tiny, build(sequences), prompts, **how)
        total += len(written)
        assert min(written) >= 0
    assert total == 10_000
