"""The example bank: subset filter, nearest first, train rows only."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolschool.datasets.splits import split_of
from toolschool.errors import DataError
from toolschool.methods.tinyagent.examples import ExampleBank
from toolschool.models.encoder import SentenceEncoder
from toolschool.records import Call, Example, Plan


def example(id: str, query: str, *tools: str, source: str = "desk") -> Example:
    return Example(id, query, Plan(tuple(Call(i, tool, ("x",)) for i, tool in enumerate(tools, 1))), source)


EXAMPLES = [
    example("mail", "Email Ann the plan", "get_email_address", "compose_new_email"),
    example("text", "Text Bob that I am late", "get_phone_number", "send_sms"),
    example("note", "Write down the shopping list in a note", "create_note"),
    example("number", "What is the phone number of Sid", "get_phone_number"),
    example("mail2", "Send a mail to Jane about the budget", "get_email_address", "compose_new_email"),
]


@pytest.fixture(scope="module")
def bank() -> ExampleBank:
    return ExampleBank.build(EXAMPLES, SentenceEncoder.load())


def test_only_examples_within_the_offered_tools(bank: ExampleBank) -> None:
    found = bank.nearest("Email Ann", {"get_email_address", "compose_new_email", "get_phone_number"}, k=10)
    assert {example.id for example in found} == {"mail", "mail2", "number"}
    assert bank.nearest("Email Ann", set()) == []


def test_nearest_first_and_at_most_k(bank: ExampleBank) -> None:
    tools = {tool for example in EXAMPLES for tool in example.tools}
    found = bank.nearest("Send an email about the budget to Jane Smith", tools, k=2)
    assert len(found) == 2
    assert found[0].id == "mail2"


def test_a_rows_own_example_can_be_left_out(bank: ExampleBank) -> None:
    found = bank.nearest(EXAMPLES[2].query, {"create_note"}, exclude={"note"})
    assert found == []


def test_few_examples_need_no_encoding(bank: ExampleBank) -> None:
    class Refuses:
        def embed(self, texts: list[str]) -> Any:
            raise AssertionError("the query was encoded although all examples fit")

    silent = ExampleBank(bank.examples, bank.vectors, Refuses())  # type: ignore[arg-type]
    assert len(silent.nearest("anything", {"create_note", "get_phone_number"}, k=6)) == 2


def test_saved_and_opened_again(bank: ExampleBank, tmp_path: Path) -> None:
    again = ExampleBank.load(bank.save(tmp_path), bank.encoder)
    assert again.examples == bank.examples
    np.testing.assert_allclose(again.vectors, bank.vectors, atol=1e-3)
    tools = {tool for example in EXAMPLES for tool in example.tools}
    query = "Send an email about the budget to Jane Smith"
    assert again.nearest(query, tools, k=2) == bank.nearest(query, tools, k=2)


def test_a_broken_bank_is_named(bank: ExampleBank, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"examples\.parquet"):
        ExampleBank.load(tmp_path, bank.encoder)
    bank.save(tmp_path)
    np.save(tmp_path / "vectors.npy", np.zeros((2, 384), dtype=np.float16))
    with pytest.raises(DataError, match="build it again"):
        ExampleBank.load(tmp_path, bank.encoder)


def test_test_rows_are_refused() -> None:
    names = [f"tool_{i}" for i in range(50)]
    held_out = next(name for name in names if split_of("tinyagent", {"tools": [name]}) == "test")
    train = next(name for name in names if split_of("tinyagent", {"tools": [name]}) == "train")
    encoder = SentenceEncoder.load()
    assert ExampleBank.build([example("a", "query", train, source="tinyagent")], encoder).examples
    with pytest.raises(DataError, match="must not be used to train"):
        ExampleBank.build([example("a", "query", held_out, source="tinyagent")], encoder)
    with pytest.raises(DataError, match="must not be used to train"):
        ExampleBank.build(EXAMPLES, encoder, split="validation")
