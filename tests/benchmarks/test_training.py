"""The pure parts of the benchmark of training: rows, useful tokens, equal batches, what is said of losses that differ."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import training, training_trl
from benchmarks.training_rows import LENGTHS, mixed, useful_tokens, write
from training.objectives.causal_lm import CausalLM
from training.rows import Rows, read_folder

ROWS = 24


@pytest.fixture(scope="module")
def rows() -> Rows:
    from transformers import AutoTokenizer

    return mixed(AutoTokenizer.from_pretrained(training.NANO), ROWS, "train")


def test_rows_are_of_mixed_length_and_supervise_their_end(rows: Rows, tmp_path: Path) -> None:
    assert len(rows) == ROWS
    assert LENGTHS[0] <= rows.lengths.min() < rows.lengths.max() / 4 <= LENGTHS[1] / 4
    for row in rows:
        learnt = row.labels != -100
        assert 0 < learnt.sum() < len(learnt)
        assert learnt[int(learnt.argmax()) :].all()  # prompt, then completion
    again = read_folder(str(write(rows, tmp_path / "train")))
    assert again.ids == rows.ids
    assert all(
        (a.input_ids == b.input_ids).all() and (a.labels == b.labels).all() for a, b in zip(again, rows, strict=True)
    )


@pytest.mark.parametrize("packing", [False, True])
def test_useful_tokens_count_no_padding(rows: Rows, packing: bool) -> None:
    objective = CausalLM.from_config(training_trl.config(0, packing))
    made = [objective.collate([[rows[i] for i in unit]]) for unit in objective.units(rows)]
    assert sum(one.tokens for one in made) == useful_tokens(rows) == useful_tokens(rows, 3) / 3
    assert packing or useful_tokens(rows) < sum(one.labels.numel() for one in made)


def test_the_bare_loop_gets_every_row_of_our_steps_once(
    rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "STEPS", ROWS // training.BATCH)
    made = training.batches(training.config(tmp_path, "run", {}), rows)
    seen = [ids[mask.bool()].numpy() for one in made for ids, mask in zip(*one.inputs.values(), strict=True)]
    assert sorted(map(tuple, seen)) == sorted(tuple(row.input_ids) for row in rows)


def test_losses_are_averaged_as_the_log_does() -> None:
    losses = list(np.arange(training.LOG_EVERY + 2.0))
    assert training.means(losses) == [np.mean(losses[:-2]), np.mean(losses[-2:])]


def test_arms_that_learn_something_else_are_refused() -> None:
    ran = {"bare": training.Ran(1.0, [0.5]), "loop": training.Ran(1.0, [0.5 + 1e-6])}
    training.check_same(ran)
    with pytest.raises(AssertionError, match="loop learnt something else"):
        training.check_same(ran | {"loop": training.Ran(1.0, [0.51])})


def test_the_table_says_whether_losses_agree() -> None:
    padded, packed, own = (
        training_trl.Ran(4.0, 7, 0.50),
        training_trl.Ran(2.0, 7, 0.49),
        training_trl.Ran(1.0, 9, 0.51),
    )
    ran = {training_trl.PADDED: [padded], training_trl.PACKED: [packed], "ours": [own]}
    table = training_trl.speed_table(ran, useful=1000)
    assert "| ours | 1000 | 4.00 (4.00 to 4.00) | 2.00 (2.00 to 2.00) | 9 | 0.5100 |" in table
    assert "No loss is more than 3% above" in table
    worse = training_trl.agreement(ran | {"ours": [training_trl.Ran(1.0, 9, 0.52)]})
    assert worse.endswith("says nothing: ours.")
