"""The embedded encoder opens offline and its vectors mean something."""

import numpy as np
import pytest

from toolschool.errors import ModelError
from toolschool.models.encoder import MINILM_HUB, SentenceEncoder, embedded_path, hub_name, length_batches, resolve


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder.load()


def test_both_names_of_the_embedded_encoder_find_the_package() -> None:
    assert resolve("minilm") == resolve(MINILM_HUB) == str(embedded_path())
    assert resolve("microsoft/deberta-v3-small") == "microsoft/deberta-v3-small"
    assert hub_name("minilm") == MINILM_HUB


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install"):
        embedded_path()


def test_an_unknown_encoder_is_one_line() -> None:
    with pytest.raises(ModelError) as caught:
        SentenceEncoder.load("./no/such/encoder")
    assert "\n" not in str(caught.value)


def test_vectors_are_unit_length_and_near_in_meaning(encoder: SentenceEncoder) -> None:
    vectors = encoder.embed(["Send an email to Sid", "Mail Sid a message", "Show the way to the station"])
    assert vectors.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_batching_and_order_do_not_change_a_vector(encoder: SentenceEncoder) -> None:
    texts = ["a", "a much longer text about calendars, files and notes", "call Sid", ""]
    together = encoder.embed(texts, batch_size=2)
    alone = np.concatenate([encoder.embed([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert encoder.embed([]).shape == (0, 384)


def test_length_batches_hold_every_row_once() -> None:
    batches = list(length_batches([5, 1, 4, 2, 3], 2))
    assert sorted(i for batch in batches for i in batch) == [0, 1, 2, 3, 4]
    assert batches[0] == [1, 3]
