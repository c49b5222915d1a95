"""A marked text as token ids, and what each position should say comes next: a token, or a tool.

    labelled = label(tokenizer, marked, tools={"add": 0, "remainder": 1}, vocab_size=model.config.vocab_size)
    labelled.targets[t]     # what follows position t: a token id, IGNORED, or vocab_size + the tool's number

Source: arXiv 2305.11554, section 3.2, and its code: the result's first token is replaced by the tool, its other tokens are not
learnt, everything else is the next token. Unlike there, the text left of a result, the result and the rest are tokenised apart, so that
a call's border is a border of tokens, as it is when a result is spliced in.

**The blank before a result** belongs to the left where the tokenizer keeps it apart, which most do before digits ("=", " ", "2", ...): there the model has
written it when it calls. Where the tokenizer glues it to what follows (GPT-2's " 2331", everyone's " District") the model would never write it alone,
so it belongs to the span: the position of "=" calls, and " 2331" is spliced in. `pieces.glues_blank` says which. In neither case has the calling
position seen a character of the result.

Limits: a text longer than the model's window is not cut; markup of special tokens inside a text is read as these tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from toolschool.datasets.marked import MarkedText, Span, check_marked
from toolschool.errors import ConfigError, RowError
from toolschool.methods.toolken.pieces import continued, glues_blank, opening
from toolschool.models.templates import IGNORED

Alignment = Literal["before", "first"]
_Role = Literal["context", "words", "span"]


class Labelled(NamedTuple):
    """A text for a language model. `targets[t]` is about what stands at t + 1; `at` has a range of ids, end exclusive, for every span."""

    ids: tuple[int, ...]
    targets: tuple[int, ...]
    at: tuple[tuple[int, int], ...]


def label(
    tokenizer: Any,
    marked: MarkedText,
    tools: Mapping[str, int],
    vocab_size: int,
    alignment: Alignment = "before",
    begin: bool = True,
) -> Labelled:
    """Ids (what the tokenizer puts before every text, the text, its end token) and targets.

    `vocab_size` is the width of the model's output layer. `begin=False` is for a text that stands behind a prompt: nothing is put before it.
    Alignment "before": the last position before a span predicts the tool, and no token of the span is a target. "first": the position that
    has read the span's first token predicts it, and that first token is a target; the unshifted labels of a published re-implementation,
    for heads that were trained so. Which word is the target elsewhere does not move a head: its gradient there is the tools' probability alone.

    Raises RowError for a span whose tool is not in `tools` or before which nothing stands, ConfigError for too small a `vocab_size`.
    """
    check_marked(marked)
    before = _begin_tokens(tokenizer) if begin else []
    ids, targets, at = list(before), [IGNORED] * len(before), []
    for text, role in _pieces(tokenizer, marked):
        encode = opening if begin and len(ids) == len(before) else continued
        found = encode(tokenizer, text)
        if role == "span":
            at.append((len(ids), len(ids) + len(found)))
        ids += found
        targets += found if role == "words" else [IGNORED] * len(found)
    if tokenizer.eos_token_id is not None:
        ids, targets = [*ids, tokenizer.eos_token_id], [*targets, tokenizer.eos_token_id]
    _check_ids(ids, vocab_size)
    targets = [*targets[1:], IGNORED]
    for span, place in zip(marked.spans, at, strict=True):
        _aim(targets, ids, place, vocab_size + _number(tools, span), alignment, span)
    return Labelled(tuple(ids), tuple(targets), tuple(at))


def _pieces(tokenizer: Any, marked: MarkedText) -> Iterator[tuple[str, _Role]]:
    """The parts that are tokenised apart, in order; they make up the text."""
    borders = [_border(tokenizer, marked.text, span) for span in marked.spans]
    place = min([marked.start, *borders])
    yield marked.text[:place], "context"
    for border, span in zip(borders, marked.spans, strict=True):
        yield marked.text[place:border], "words"
        yield marked.text[border : span.end], "span"
        place = span.end
    yield marked.text[place:], "words"


def _border(tokenizer: Any, text: str, span: Span) -> int:
    """The character where a span's tokens begin: its own first, or the blank glued to it."""
    blank = text[max(0, span.start - 1) : span.start] == " "
    return span.start - (blank and glues_blank(tokenizer, text[span.start : span.end]))


def _aim(
    targets: list[int], ids: list[int], place: tuple[int, int], tool: int, alignment: Alignment, span: Span
) -> None:
    """Sets the target of the position that calls, in place."""
    first, end = place
    if first == end:
        raise RowError(f"the tokenizer leaves nothing of span {span.start}..{span.end} of {span.tool}; drop the row")
    if alignment == "first":
        targets[first] = tool
        if first > 0 and targets[first - 1] == IGNORED:
            targets[first - 1] = ids[first]
    elif first == 0:
        raise RowError(f"nothing stands before the result of {span.tool}, so no position can call it; drop the row")
    else:
        targets[first - 1] = tool


def _number(tools: Mapping[str, int], span: Span) -> int:
    if span.tool not in tools:
        raise RowError(f"'{span.tool}' is no tool of the head, which has {', '.join(list(tools)[:20])}")
    return tools[span.tool]


def _check_ids(ids: list[int], vocab_size: int) -> None:
    if max(ids, default=0) >= vocab_size:
        raise ConfigError(f"the tokenizer gives id {max(ids)}, vocab_size={vocab_size}; use the output layer's width")


def _begin_tokens(tokenizer: Any) -> list[int]:
    """What the tokenizer puts before every text; a begin token that it never puts there is one the model does not expect."""
    from toolschool.models.likelihood import begin_tokens

    return list(begin_tokens(tokenizer))
