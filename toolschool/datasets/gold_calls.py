"""Calls as Toolken's data sets write them, read tolerantly and never evaluated.

    parse_call("<multiply>(4, 3.14)=12.56<eoe>")     # Call("multiply", ("4", "3.14"), "12.56")
    parse_call('<f>P176("Camry")="Toyota"</f>')      # Call("P176", ("Camry",), "Toyota")

Known slips are mended: a closing bracket too many, `multiply(12*2.0933)`, blanks around `=`; `-<log>(x)=4.08` says that
the call gives -4.08. Arguments stay text as written, such as `4/3` or `5%`: what runs a call reads them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from toolschool.errors import RowError

_CALL = re.compile(r"\s*(-?)\s*(?:<f>)?\s*<?(\w+)>?\s*\((.*)\)\s*=\s*(.*?)\s*(?:<eoe>|</f>)?\s*", re.DOTALL)
_ARGUMENT = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,"][^,]*|))\s*(?:,|$)', re.DOTALL)


class Call(NamedTuple):
    """A call and the result that the data set states for it."""

    tool: str
    arguments: tuple[str, ...]
    result: str


def parse_call(text: object) -> Call:
    """The call; RowError for what is none."""
    found = _CALL.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise RowError(f"cannot read the call {text!r}; wants <tool>(argument, argument)=result")
    minus, tool, inside, result = found.groups()
    if inside.endswith(")") and "(" not in inside:
        inside = inside.rstrip(")")
    value = _unquoted(result)
    return Call(tool, _arguments(tool, inside), _negated(value) if minus else value)


def _arguments(tool: str, inside: str) -> tuple[str, ...]:
    found, place = [], 0
    while place < len(inside):
        argument = _ARGUMENT.match(inside, place)
        if not argument or argument.end() == place:
            raise RowError(f"cannot read the arguments {inside!r} of {tool}")
        quoted, plain = argument.groups()
        found.append(plain.strip().lstrip("$") if quoted is None else quoted.replace('\\"', '"'))
        place = argument.end()
    if tool == "multiply" and len(found) == 1:
        found = [factor.strip() for factor in found[0].split("*")]
    return tuple(found)


def _unquoted(result: str) -> str:
    if len(result) > 1 and result[0] == result[-1] == '"':
        return result[1:-1].replace('\\"', '"')
    return result


def _negated(number: str) -> str:
    return number[1:] if number.startswith("-") else f"-{number}"
