"""Marked texts from the three forms in which Toolken's mathematics is published.

    from_offsets(row)      # A: {text, start_str_idx: [character], tool_calling: [{call_tool, call_param, return}]}
    from_calls(row)        # B: {text, tar_eq: ["<add>(1,2)=3<eoe>"]}; its token indices are another tokenizer's and are not used
    from_inline(row)       # C: {question, answer} with <add>(1,2)=3<eoe>3 in the answer
    marked_row(row)        # whichever it is, by its keys

Source of the forms: Ber666/ToolkenGPT (B), stroopwafl/toolken (A, C). All raise RowError for a row they cannot read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from toolschool.datasets.gold_calls import parse_call
from toolschool.datasets.marked import MarkedText, Span, bare, check_marked
from toolschool.datasets.places import result_places
from toolschool.datasets.written_numbers import number_at, number_value
from toolschool.errors import RowError

Row = Mapping[str, Any]

# Where the answer begins: FuncQA's "\nA:", GSM8K-XL's sentence between question and answer.
_ANSWER = re.compile(r"\nA(?:nswer)?:|Let's think step by step\.")
_INLINE = re.compile(r"<\w+>\s*\([^<>]*\)\s*=\s*[^<>\s]+\s*<eoe>")


def marked_row(row: Row, key: str = "") -> MarkedText:
    """A row of any of the three forms."""
    if "start_str_idx" in row:
        return from_offsets(row, key)
    if "tar_eq" in row:
        return from_calls(row, key)
    if "question" in row and "answer" in row:
        return from_inline(row, key)
    raise RowError(f"wants a row with start_str_idx, tar_eq, or question and answer; has {', '.join(sorted(row))}")


def from_offsets(row: Row, key: str = "") -> MarkedText:
    """Form A. An offset may point at a blank before its number; a number is marked as written (`22,500` for 22500)."""
    text, offsets, calls = row.get("text"), row.get("start_str_idx"), row.get("tool_calling")
    if not isinstance(text, str) or not isinstance(offsets, list) or not isinstance(calls, list):
        raise RowError("wants text, start_str_idx and tool_calling")
    if len(offsets) != len(calls):
        raise RowError(f"{len(offsets)} offsets for {len(calls)} calls")
    spans = tuple(_span_at(text, offset, call) for offset, call in zip(offsets, calls, strict=True))
    return check_marked(MarkedText(text, spans, key))


def from_calls(row: Row, key: str = "") -> MarkedText:
    """Form B. Results are looked for in the answer."""
    text, written = row.get("text"), row.get("tar_eq")
    if not isinstance(text, str) or not isinstance(written, list):
        raise RowError("wants a text and tar_eq, the list of its calls")
    check_marked(MarkedText(text, (), key))
    if not written:
        raise RowError("no call, so nothing to mark")
    calls = [parse_call(call) for call in written]
    answer = _ANSWER.search(text)
    places = result_places(text, calls, answer.end() if answer else 0)
    spans = tuple(Span(call.tool, *place, call.arguments) for call, place in zip(calls, places, strict=True))
    return check_marked(MarkedText(text, spans, key))


def from_inline(row: Row, key: str = "") -> MarkedText:
    """Form C, laid out as form B is: `Q: question`, and `A: answer` on a line of its own."""
    if not isinstance(row.get("question"), str) or not isinstance(row.get("answer"), str):
        raise RowError("wants a text `question` and a text `answer`")
    text, rest, spans = f"Q: {row['question']}\nA: ", row["answer"], []
    while found := _INLINE.search(rest):
        call = parse_call(found[0])
        text, rest = text + rest[: found.start()], rest[found.end() :]
        if not rest.startswith(call.result):
            raise RowError(f"the result {call.result} does not follow its call")
        spans.append(Span(call.tool, len(text), len(text) + len(call.result), call.arguments))
    if not spans:
        raise RowError("no call, so nothing to mark")
    return check_marked(MarkedText(text + rest, tuple(spans), key))


def _span_at(text: str, offset: object, call: object) -> Span:
    """The span of one entry of form A."""
    if not isinstance(offset, int) or not isinstance(call, dict) or not isinstance(call.get("call_tool"), str):
        raise RowError("wants a whole number as offset and a call with call_tool")
    results, arguments = call.get("return"), call.get("call_param")
    if not isinstance(results, list) or not results or not isinstance(arguments, list):
        raise RowError("wants a call with the lists `return` and `call_param`")
    start = offset + len(text[offset:]) - len(text[offset:].lstrip())
    end = _end_of(text, start, str(results[0]))
    if offset < 0 or end is None:
        raise RowError(f"{results[0]!r} does not stand at character {offset}, there is {text[start : start + 12]!r}")
    return Span(bare(call["call_tool"]), start, end, tuple(str(argument) for argument in arguments))


def _end_of(text: str, start: int, result: str) -> int | None:
    """Where a result that begins at `start` ends; None when something else stands there."""
    value, written = number_value(result), number_at(text, start)
    if value is not None:
        return written.end if written and written.value == value else None
    return start + len(result) if result and text.startswith(result, start) else None
