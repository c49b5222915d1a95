"""Marked texts as ids and targets: by hand, as properties over several kinds of tokenizers, and on the real texts."""

import random
import string
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from toolschool.datasets.marked import MarkedText, Span
from toolschool.datasets.registry import marked_texts
from toolschool.errors import ConfigError, RowError
from toolschool.methods.toolken.labels import Labelled, label
from toolschool.methods.toolken.pieces import continued, glues_blank, opening
from toolschool.models.templates import IGNORED
from toolschool.models.tokenizer import train_tokenizer

TOOLS = {"add": 0, "remainder": 1, "P17": 2, "WALK": 3, "desk": 4, "END": 5}
VOCABULARY = 1000  # of the made tokenizers' models; tool 0 is 1000
ALPHABET = pre_tokenizers.ByteLevel.alphabet()


def corpus() -> Iterator[str]:
    """Sums with and without blanks, so that numbers and a blank with a number become tokens where a tokenizer allows it."""
    rng = random.Random(0)
    for _ in range(2000):
        a, b = rng.randrange(1000), rng.randrange(1000)
        yield f"Q: {a} + {b}?\nA: {a}+{b}={a + b}. It is = {a + b} apples, in District {b}.\nPlan:\n[WALK] <desk>\n"


def wrapped(tokenizer: Tokenizer, **special: str) -> Any:
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", clean_up_tokenization_spaces=False, **special
    )


def trained(tokenizer: Tokenizer, alphabet: list[str]) -> Tokenizer:
    special = ["<unk>", "<s>", "</s>"]
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(corpus(), trainer)
    return tokenizer


def byte_level(*steps: Any) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(list(steps))
    tokenizer.decoder = decoders.ByteLevel()
    return trained(tokenizer, ALPHABET)


def glued() -> Any:
    """As GPT-2: a blank and a number are one token."""
    return wrapped(byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False)))


def prefixed() -> Any:
    """As RoBERTa: the same with a blank before every text."""
    return wrapped(byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True)))


def groups() -> Any:
    """As Llama 3: up to three digits are a token, the blank before them is apart; and a begin token."""
    split = pre_tokenizers.Split(Regex(r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+"), "isolated")
    tokenizer = byte_level(split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return wrapped(tokenizer, bos_token="<s>")


def apart() -> Any:
    """As nano and Qwen: every digit is a token."""
    return train_tokenizer(corpus(), 600, ())


def metaspace(scheme: str = "always") -> Any:
    """As SentencePiece: a blank is part of the word behind it, and every text gets one in front."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)  # type: ignore[arg-type]
    tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme)  # type: ignore[arg-type]
    return wrapped(trained(tokenizer, ["▁", *string.printable]), unk_token="<unk>")


def prepending() -> Any:
    """As Llama 2: the blank in front comes from the normalizer; digits apart; a begin token."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Digits(individual_digits=True)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.Fuse(), decoders.Strip(content=" ", left=1, right=0)]
    )
    trained(tokenizer, ["▁", *string.printable])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return wrapped(tokenizer, bos_token="<s>", unk_token="<unk>")


def word_piece() -> Any:
    """As BERT: blanks are thrown away."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=600, special_tokens=["<unk>", "</s>"], show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    return wrapped(tokenizer, unk_token="<unk>")


KINDS: dict[str, Callable[[], Any]] = {
    "glued": glued,
    "prefixed": prefixed,
    "groups": groups,
    "apart": apart,
    "metaspace": metaspace,
    "metaspace_first": lambda: metaspace("first"),
    "prepending": prepending,
    "word_piece": word_piece,
}
_MADE: dict[str, Any] = {}


def made(kind: str) -> Any:
    return _MADE.setdefault(kind, KINDS[kind]()) if kind not in _MADE else _MADE[kind]


def marked_at(text: str, *results: tuple[str, str], start: int = 0) -> MarkedText:
    """The text with each (tool, result) marked, found from left to right behind `start`."""
    spans, place = [], start
    for tool, result in results:
        place = text.index(result, place)
        spans.append(Span(tool, place, place + len(result)))
        place += len(result)
    return MarkedText(text, tuple(spans), start=start)


def shown(tokenizer: Any, labelled: Labelled) -> list[tuple[str, str]]:
    """Every id as text, with its target: `-` for none, a tool's name in brackets."""
    names = {VOCABULARY + number: f"<{name}>" for name, number in TOOLS.items()}
    texts = [tokenizer.decode([token]) for token in labelled.ids]
    targets = [
        "-" if target == IGNORED else names.get(target) or tokenizer.decode([target]) for target in labelled.targets
    ]
    return list(zip(texts, targets, strict=True))


def labels(kind: str, marked: MarkedText, **how: Any) -> list[tuple[str, str]]:
    tokenizer = made(kind)
    return shown(tokenizer, label(tokenizer, marked, TOOLS, VOCABULARY, **how))


def test_the_last_position_before_a_result_calls_and_the_result_is_not_learnt() -> None:
    assert labels("apart", marked_at("9+8=17.", ("add", "17"))) == [
        ("9", "+"), ("+", "8"), ("8", "="), ("=", "<add>"), ("1", "-"), ("7", "."), (".", "</s>"), ("</s>", "-"),
    ]  # fmt: skip


def test_labels_of_the_other_alignment_let_the_first_token_be_written() -> None:
    assert labels("apart", marked_at("9+8=17.", ("add", "17")), alignment="first")[3:] == [
        ("=", "1"), ("1", "<add>"), ("7", "."), (".", "</s>"), ("</s>", "-"),
    ]  # fmt: skip
    assert labels("apart", marked_at("4+4=8.", ("add", "8")), alignment="first")[3:] == [
        ("=", "8"), ("8", "<add>"), (".", "</s>"), ("</s>", "-"),
    ]  # fmt: skip


def test_a_blank_belongs_to_the_left_where_it_is_a_token_and_else_to_the_span() -> None:
    marked = marked_at("It is = 123 apples", ("add", "123"))
    assert labels("apart", marked)[2:8] == [
        (" =", " "), (" ", "<add>"), ("1", "-"), ("2", "-"), ("3", " apples"), (" apples", "</s>"),
    ]  # fmt: skip
    assert [target for _, target in labels("groups", marked)].count("<add>") == 1
    assert (" ", "<add>") in labels("groups", marked)
    assert (" =", "<add>") in labels("glued", marked)
    place = label(made("glued"), marked, TOOLS, VOCABULARY).at[0]
    ids = label(made("glued"), marked, TOOLS, VOCABULARY).ids
    assert made("glued").decode(ids[slice(*place)]) == " 123"
    assert [glues_blank(made(kind), "123") for kind in ("glued", "groups", "apart", "prepending")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert all(glues_blank(made(kind), "District") for kind in ("glued", "groups", "apart", "metaspace"))


def test_words_are_called_before_their_blank() -> None:
    marked = marked_at("It is in District 1.", ("P17", "District 1"))
    for kind in ("glued", "groups", "apart", "metaspace", "prepending"):
        tokenizer = made(kind)
        labelled = label(tokenizer, marked, TOOLS, VOCABULARY)
        left = tokenizer.decode(labelled.ids[: labelled.at[0][0]], skip_special_tokens=True)
        assert left == "It is in", kind


def test_items_of_a_plan_call_one_another_and_the_context_is_not_learnt() -> None:
    text = "Plan:\n[END]\nPlan:\n[WALK] <desk>\n[END]"
    marked = marked_at(text, ("WALK", "[WALK]"), ("desk", "<desk>"), ("END", "[END]"), start=18)
    found = labels("apart", marked)
    tools = [target for _, target in found if target.startswith("<") and target != "</s>"]
    assert tools == ["<WALK>", "<desk>", "<END>"]
    tokenizer = made("apart")
    labelled = label(tokenizer, marked, TOOLS, VOCABULARY)
    (first, end), (second, _), _ = labelled.at
    assert end == second  # the object stands right behind the action: the last token of one calls the other
    assert set(labelled.targets[: first - 1]) == {IGNORED}
    assert labelled.targets[first - 1] == VOCABULARY + TOOLS["WALK"]
    assert labelled.targets[-2:] == (tokenizer.eos_token_id, IGNORED)
    assert tokenizer.decode(labelled.ids[:-1]) == text


def test_the_begin_token_is_what_the_tokenizer_itself_puts_there() -> None:
    marked = marked_at("17 is it.", ("add", "17"))
    labelled = label(made("groups"), marked, TOOLS, VOCABULARY)
    assert labelled.ids[0] == made("groups").bos_token_id
    assert labelled.targets[0] == VOCABULARY
    for behind in ({"tokenizer": made("apart")}, {"tokenizer": made("groups"), "begin": False}):
        with pytest.raises(RowError, match="nothing stands before"):
            label(marked=marked, tools=TOOLS, vocab_size=VOCABULARY, **behind)
    assert label(made("apart"), marked, TOOLS, VOCABULARY, "first").targets[0] == VOCABULARY


def test_a_text_behind_a_prompt_gets_no_begin_token_and_no_blank() -> None:
    marked = marked_at("It is = 17.", ("add", "17"))
    tokenizer = made("prepending")
    whole = label(tokenizer, marked, TOOLS, VOCABULARY)
    behind = label(tokenizer, marked, TOOLS, VOCABULARY, begin=False)
    assert whole.ids[0] == tokenizer.bos_token_id
    prompt = tokenizer("Q: 9 + 8?\nA:")["input_ids"]
    assert tokenizer.decode([*prompt, *behind.ids[:-1]], skip_special_tokens=True) == "Q: 9 + 8?\nA:It is = 17."
    assert tokenizer.decode([*prompt, *whole.ids[1:-1]], skip_special_tokens=True) == "Q: 9 + 8?\nA: It is = 17."


def test_what_cannot_be_labelled_is_told() -> None:
    with pytest.raises(RowError, match="'divide' is no tool of the head, which has add"):
        labels("apart", marked_at("4/2=2", ("divide", "2")))
    with pytest.raises(ConfigError, match="vocab_size=10; use the output layer"):
        label(made("apart"), marked_at("4+4=8", ("add", "8")), TOOLS, 10)
    with pytest.raises(RowError, match="overlaps"):
        label(made("apart"), MarkedText("4+4=8", (Span("add", 4, 5), Span("add", 4, 5))), TOOLS, VOCABULARY)
    with pytest.raises(ConfigError, match="no fast tokenizer"):
        continued("a tokenizer in Python", "x")


def test_a_tokenizer_that_leaves_nothing_of_a_span_is_told() -> None:
    tokenizer = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.normalizer = normalizers.Replace("8", "")
    with pytest.raises(RowError, match=r"leaves nothing of span 4\.\.5"):
        label(wrapped(tokenizer), marked_at("4+4=8", ("add", "8")), TOOLS, VOCABULARY)


def test_added_tokens_are_known_in_the_middle_of_a_text() -> None:
    tokenizer = metaspace()
    assert len(continued(tokenizer, "<new>")) > 1
    tokenizer.add_tokens(["<new>"])
    assert continued(tokenizer, "<new>") == [len(tokenizer) - 1]


WORDS = st.sampled_from(
    ["It is", " apples", "=", " =", " = ", "\n", ". ", " in District ", "A: ", "$", "+", " and", ", "]
)
RESULTS = st.one_of(st.integers(0, 10**6).map(str), st.decimals(0, 100, places=2).map(str), st.just("District"))


@st.composite
def texts(draw: Any) -> MarkedText:
    """Words and results in turn; the text begins with a word."""
    text, spans = "So", []
    for _ in range(draw(st.integers(1, 4))):
        text += draw(WORDS)
        result = draw(RESULTS)
        if spans and not draw(WORDS).strip():  # now and then two results with nothing between
            text = text[: spans[-1].end]
        spans.append(Span("add", len(text), len(text) + len(result)))
        text += result
    return MarkedText(text + draw(WORDS).rstrip() + ".", tuple(spans))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "word_piece"])
@given(marked=texts())
def test_ids_are_the_text_and_the_calling_position_has_not_seen_the_result(kind: str, marked: MarkedText) -> None:
    tokenizer = made(kind)
    labelled = label(tokenizer, marked, TOOLS, VOCABULARY)
    before = len(labelled.ids) - len(label(tokenizer, marked, TOOLS, VOCABULARY, begin=False).ids)
    assert read(tokenizer, labelled.ids) == marked.text
    for span, (first, end) in zip(marked.spans, labelled.at, strict=True):
        left = read(tokenizer, labelled.ids[:first])
        assert marked.text[: span.start] in (left, f"{left} ")
        assert read(tokenizer, labelled.ids[:end]) == marked.text[: span.end]
        assert labelled.targets[first - 1] == VOCABULARY
        assert set(labelled.targets[first : end - 1]) <= {IGNORED}
    inside = {place for first, end in labelled.at for place in range(first, end)}
    for place in range(len(labelled.ids) - 1):
        if place + 1 not in inside:
            assert labelled.targets[place] == labelled.ids[place + 1] or place + 1 < before


@given(marked=texts())
def test_tokenizers_without_blanks_keep_the_order_of_words(marked: MarkedText) -> None:
    tokenizer = made("word_piece")
    labelled = label(tokenizer, marked, TOOLS, VOCABULARY)
    for span, (first, end) in zip(marked.spans, labelled.at, strict=True):
        covered = tokenizer.decode(labelled.ids[first:end]).replace(" ", "").replace("##", "")
        assert covered == marked.text[span.start : span.end] or "<unk>" in covered
        assert labelled.targets[first - 1] == VOCABULARY


def read(tokenizer: Any, ids: Any) -> str:
    """Ids as text; a blank that the tokenizer puts before every text is not the text's."""
    text = str(tokenizer.decode(ids, skip_special_tokens=True))
    return text[1:] if opening(tokenizer, "So") != continued(tokenizer, "So") and text.startswith(" ") else text


OPERATIONS = "add subtract multiply divide power sqrt log ln lcm gcd remainder choose permutate".split()


@pytest.mark.data
@pytest.mark.parametrize(
    ("source", "kind"),
    [("funcqa", "nano"), ("funcqa", "glued"), ("funcqa", "groups"), ("gsm8k_xl", "nano"), ("gsm8k_xl", "glued")],
)
def test_every_real_result_is_called_before_its_first_digit(
    source: str, kind: str, data_root: Any, nano_tokenizer: Any
) -> None:
    tokenizer = nano_tokenizer if kind == "nano" else made(kind)
    tools = {name: number for number, name in enumerate(OPERATIONS)}
    count = 0
    for marked in marked_texts(source, path=data_root / source, on_bad=lambda row, why: None):
        labelled = label(tokenizer, marked, tools, 4096)
        for span, (first, end) in zip(marked.spans, labelled.at, strict=True):
            left = tokenizer.decode(labelled.ids[:first], skip_special_tokens=True)
            assert marked.text[: span.start] in (left, f"{left} ")
            assert tokenizer.decode(labelled.ids[first:end]).strip() == marked.text[span.start : span.end]
            assert labelled.targets[first - 1] == 4096 + tools[span.tool]
            count += 1
        assert tokenizer.decode(labelled.ids, skip_special_tokens=True) == marked.text
    assert count == {"funcqa": 645, "gsm8k_xl": 18963}[source]


@pytest.mark.data
@pytest.mark.parametrize("source", ["virtualhome", "kamel"])
def test_real_items_and_facts_are_labelled(source: str, data_root: Any, nano_tokenizer: Any) -> None:
    for marked in marked_texts(source, path=data_root / source, split="validation", on_bad=lambda row, why: None):
        tools = {span.tool: number for number, span in enumerate(marked.spans)}
        labelled = label(nano_tokenizer, marked, tools, 2048)
        called = [target - 2048 for target in labelled.targets if target >= 2048]
        assert called == [tools[span.tool] for span in marked.spans]
        first = labelled.at[0][0]
        assert nano_tokenizer.decode(labelled.ids[:first]).rstrip() == marked.text[: marked.spans[0].start].rstrip()
