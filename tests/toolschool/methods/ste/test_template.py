"""Training and inference render the same prompt; names as text or as tokens; what is written is read back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolschool.errors import ConfigError, RowError
from toolschool.methods.ste.parsing import WrittenCall, read_strict
from toolschool.methods.ste.template import StePrompt, words_of
from toolschool.models import backbone
from toolschool.models.templates import IGNORED

NAMES = ["add_date", "JAK_API%%Ben 10"]
ARGUMENTS = st.dictionaries(
    st.text(), st.none() | st.integers() | st.text() | st.dictionaries(st.text(), st.booleans())
)


@pytest.mark.parametrize("tools", ["text", "token"])
@given(name=st.sampled_from(NAMES), arguments=ARGUMENTS)
def test_what_is_taught_is_read_back(tools: str, name: str, arguments: dict[str, Any]) -> None:
    found = read_strict(StePrompt(tools=tools).completion("", name, arguments), NAMES)
    assert isinstance(found, WrittenCall)
    assert (found.name, found.arguments) == (name, arguments)


def test_a_row_continues_the_prompt_of_inference(nano_tokenizer: Any) -> None:
    template = StePrompt()
    row = template.row(nano_tokenizer, "  When is it? ", "add_date", {"days": 9}, 256)
    supervised = [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label != IGNORED]
    before = row["input_ids"][: -len(supervised)]
    assert nano_tokenizer.decode(before) == template.prompt("When is it?", nano_tokenizer)
    assert nano_tokenizer.decode(supervised) == 'Action: add_date\nAction Input: {"days": 9}</s>'
    assert row["labels"][-1] == nano_tokenizer.eos_token_id
    with pytest.raises(RowError, match="max_length"):
        template.row(nano_tokenizer, "When is it?", "add_date", {"days": 9}, 10)


def test_an_added_token_is_one_and_survives_decoding() -> None:
    template = StePrompt(tools="token")
    config = backbone.ModelConfig(name="assets/nano", new_tokens=template.added_tokens(NAMES))
    tokenizer = backbone.load_tokenizer(config)
    written = template.completion("", "JAK_API%%Ben 10", {"a": "b"})
    ids = tokenizer.encode(written, add_special_tokens=False)
    assert tokenizer.convert_tokens_to_ids("<tool_JAK_API%%Ben 10>") in ids
    assert tokenizer.decode(ids) == written


def test_tokens_and_their_words() -> None:
    assert StePrompt().added_tokens(NAMES) == ()
    assert StePrompt().token_words(NAMES) == {}
    assert StePrompt(tools="token").token_words(NAMES) == {
        "<tool_add_date>": "add date",
        "<tool_JAK_API%%Ben 10>": "JAK API Ben 10",
    }
    assert [words_of(name) for name in ("getRandomImage", "天気", "%%")] == ["get Random Image", "天気", "%%"]


def test_chat_needs_a_chat_template(nano_tokenizer: Any) -> None:
    with pytest.raises(ConfigError, match="chat template"):
        StePrompt(wrapper="chat").prompt("x", nano_tokenizer)
