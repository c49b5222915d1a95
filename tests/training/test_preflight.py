"""Every seeded defect is refused, loudly and by name; sound rows pass and show what is taught."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolschool.errors import PreflightError
from toolschool.models.backbone import FreshConfig, ModelConfig, add_tokens, fingerprint, load
from training import preflight
from training.rows import Row, Rows, from_lists


def check(rows: Rows, tokenizer: Any, **options: Any) -> list[str]:
    return preflight.check_causal_rows(rows, tokenizer, **{"vocabulary": len(tokenizer), "max_length": 96, **options})


def changed(rows: Rows, index: int, **parts: Any) -> Rows:
    """The same rows with one of them altered."""
    row = rows[index]
    new = Row(row.id, parts.get("input_ids", row.input_ids), parts.get("labels", row.labels))
    return from_lists(new if i == index else r for i, r in enumerate(rows))


@pytest.fixture(scope="module")
def rows(kit: Any, tokenizer: Any) -> Rows:
    return kit.example_rows(tokenizer, 12)


def test_sound_rows_pass_and_show_three_completions(rows: Rows, tokenizer: Any) -> None:
    samples = check(rows, tokenizer)
    assert len(samples) == 3
    assert all(text.startswith("\n1. tool(") and text.endswith("</s>") and "Question" not in text for text in samples)


def test_pad_equal_to_eos(kit: Any, rows: Rows) -> None:
    from copy import deepcopy

    spoilt = deepcopy(kit.build_tokenizer(["a b"]))
    spoilt.pad_token = spoilt.eos_token
    with pytest.raises(PreflightError, match="padding token"):
        check(rows, spoilt)


def test_eos_not_supervised(rows: Rows, tokenizer: Any) -> None:
    labels = rows[4].labels.copy()
    labels[-1] = -100
    with pytest.raises(PreflightError, match=r"1 of 12 rows do not end in a supervised end-of-sequence.*row-0004"):
        check(changed(rows, 4, labels=labels), tokenizer)
    check(changed(rows, 4, labels=labels), tokenizer, require_eos=False)


def test_whole_prompt_supervised(kit: Any, tokenizer: Any) -> None:
    taught = kit.example_rows(tokenizer, 6, supervise_prompt=True)
    with pytest.raises(PreflightError, match="6 of 6 rows supervise their first token, so the prompt"):
        check(taught, tokenizer)
    check(taught, tokenizer, supervise_prompt=True)


def test_prompt_supervised_behind_its_first_token(kit: Any, tokenizer: Any) -> None:
    rows = kit.example_rows(tokenizer, 6, supervise_prompt=True)
    masked = from_lists(Row(r.id, r.input_ids, np.concatenate([[-100], r.labels[1:]])) for r in rows)
    with pytest.raises(PreflightError, match="tokens all prompts share"):
        check(masked, tokenizer)


def test_label_that_is_not_its_token(rows: Rows, tokenizer: Any) -> None:
    shifted = np.concatenate([rows[2].labels[1:], [-100]])
    with pytest.raises(PreflightError, match=r"neither -100 nor their token \(first: row-0002"):
        check(changed(rows, 2, labels=shifted), tokenizer)


def test_ids_out_of_range(rows: Rows, tokenizer: Any) -> None:
    ids = rows[3].input_ids.copy()
    ids[2] = len(tokenizer)
    with pytest.raises(PreflightError, match="encoded with another tokenizer"):
        check(changed(rows, 3, input_ids=ids), tokenizer)


def test_too_long_and_nothing_supervised_are_reported_together(rows: Rows, tokenizer: Any) -> None:
    empty = np.full(len(rows[1].labels), -100)
    with pytest.raises(PreflightError) as caught:
        check(changed(rows, 1, labels=empty), tokenizer, max_length=10)
    assert "supervise nothing" in str(caught.value)
    assert "12 of 12 rows are longer than train.max_length=10" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_stale_cache_with_ids_of_another_tokenizer(kit: Any, tokenizer: Any) -> None:
    """Every id is in range, so only decoding and encoding again tells."""
    other = kit.build_tokenizer(["zeus quux veto jazz fjord waltz gyp lynx blitz vow sphinx quartz judge my vow"] * 3)
    stale = kit.example_rows(other, 12)
    with pytest.raises(PreflightError, match="ids of another tokenizer"):
        check(stale, tokenizer)
    check(stale, other)


def test_fingerprint_left_by_prepare(kit: Any, tokenizer: Any, tmp_path: Path) -> None:
    file = tmp_path / "encoding.json"
    preflight.check_fingerprint(str(tmp_path), tokenizer)  # none left: nothing to compare
    file.write_text(json.dumps({"fingerprint": fingerprint(tokenizer)}))
    preflight.check_fingerprint(str(tmp_path), tokenizer)
    with_marker = kit.build_tokenizer(["add the numbers"])
    with pytest.raises(PreflightError, match="another tokenizer or other markers"):
        preflight.check_fingerprint(str(tmp_path), with_marker)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("adapter", ["full", "lora"])
def test_marker_rows_that_learn_pass(tokenizer_dir: Path, tied: bool, adapter: str) -> None:
    fresh = FreshConfig(tokenizer=str(tokenizer_dir), hidden_size=32, layers=1, heads=2, tie_embeddings=tied)
    model, tokenizer = load(ModelConfig(fresh=fresh, adapter=adapter, new_tokens=("<CALL>", "</CALL>")))
    before = [p.requires_grad for p in model.parameters()]
    preflight.check_markers(model, tokenizer, ("<CALL>", "</CALL>"))
    assert [p.requires_grad for p in model.parameters()] == before
    assert all(p.grad is None for p in model.parameters())


def lora_without_rows(tokenizer_dir: Path, rows: Any, tied: bool) -> tuple[Any, Any]:
    """A LoRA model that knows the marker but trains the embedding rows `rows` only, as a careless set-up would."""
    import peft

    fresh = FreshConfig(tokenizer=str(tokenizer_dir), hidden_size=32, layers=1, heads=2, tie_embeddings=tied)
    model, tokenizer = load(ModelConfig(fresh=fresh, new_tokens=("<CALL>",)))
    config = peft.LoraConfig(r=2, target_modules="all-linear", trainable_token_indices=rows, task_type="CAUSAL_LM")
    return peft.get_peft_model(model, config), tokenizer


@pytest.mark.parametrize("rows", [None, [5]], ids=["no rows trained", "another row trained"])
def test_untrained_marker_rows(tokenizer_dir: Path, rows: Any) -> None:
    model, tokenizer = lora_without_rows(tokenizer_dir, rows, tied=True)
    with pytest.raises(PreflightError, match=r"embedding row of <CALL> does not learn.*output row of <CALL>"):
        preflight.check_markers(model, tokenizer, ("<CALL>",))


def test_untied_output_row_left_out(tokenizer_dir: Path, tokenizer: Any) -> None:
    """PEFT's list form trains the input row only when the matrices are untied."""
    model, with_marker = lora_without_rows(tokenizer_dir, [len(tokenizer)], tied=False)
    with pytest.raises(PreflightError, match="output row of <CALL> does not learn") as caught:
        preflight.check_markers(model, with_marker, ("<CALL>",))
    assert "embedding row" not in str(caught.value)


def test_marker_that_is_not_one_token(tokenizer: Any) -> None:
    with pytest.raises(PreflightError, match="not one known token"):
        preflight.check_markers(None, tokenizer, ("<CALL>",))


def test_marker_that_decoding_drops(kit: Any) -> None:
    special = kit.build_tokenizer(["a b c"])
    special.add_special_tokens({"additional_special_tokens": ["<CALL>"]})
    with pytest.raises(PreflightError, match="lost in decoding"):
        preflight.check_markers(None, special, ("<CALL>",))
    plain = kit.build_tokenizer(["a b c"])
    (marker,) = add_tokens(plain, ["<CALL>"])
    assert plain.decode([marker], skip_special_tokens=True) == "<CALL>"
