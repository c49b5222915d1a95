"""STE's published scores, bug-compatible: written calls by the published parser, arguments by string or by cached judgement.

    marks = [published_marks(item, names, "paper") for item in items]     # names: the keys of the prediction file, in its order
    rates_of(marks).correct

Sources: arXiv 2403.04746 (section 4) and its evaluation code. The name is grounded, so that a wrong one may become right; extra keys cost
nothing; a gold `{}` is met by anything. The stored flags no_call, err and api_match are never read; `args_correct` is, as the judgement of
a language model, for the APIs that are not compared by string:

| variant | compared by string | the others | |
|---|---|---|---|
| paper | 26 APIs | cached judgement | the paper's numbers, item by item |
| string31 | the 31 that the code lists | cached judgement | slightly higher |
| string_all | all | none | needs no judge: for new models and for regression |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from toolschool.datasets.ste import ToolItem
from toolschool.evaluation.ste import Marks
from toolschool.methods.ste.parsing import FinalAnswer, Malformed, Written, read_published

Variant = Literal["paper", "string31", "string_all"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)

LISTED = frozenset(
    (
        "Global Email V4%%Global Email V4", "BART%%Advisory information", "JAK_API%%Ben 10", "colegiosantaana%%Disciplina-1",
        "MikuAPI%%getRandomImage", "Handball Data%%Daily Match List-Scheduled", "Token API%%generate", "Numbers Translator%%Numbers Translator",
        "Password Generator API%%Password of length 50", "Places%%Geographic coordinates by placename", "pizzaallapala%%Get Producto Promo",
        "Password Generator API%%Base", "JAK_API%%Brawl Stars", "siteDomain%%language list", "Fluximmo%%get_portail_api",
        "NumbersToLetters%%Convertir cantidad a letra Moneda MXN Ingles", "thailand%%thai4", "colegiosantaana%%Mensajes-1",
        "Soccer Data%%Tournament List", "Marvel Vs Capcom 2%%All Characters", "JAK_API%%Miraculous",
        "NumbersToLetters%%Convertir cantidad a letra Moneda MXN Español", "F1 Latest News%%GET recent F1 news from all sources",
        "get_today_date", "Numbers%%Get math fact", "forecast_weather", "Car database%%Makes", "colegiosantaana%%Evaluaciones-1",
        "JAK_API%%Genshin Impact", "Football Dolphin%%Head to head statistics", "add_date",
    )
)  # fmt: skip
"""APIs that the published code compares by string."""

JUDGED_ALL_THE_SAME = frozenset(
    (
        "siteDomain%%language list", "NumbersToLetters%%Convertir cantidad a letra Moneda MXN Ingles",
        "NumbersToLetters%%Convertir cantidad a letra Moneda MXN Español", "Global Email V4%%Global Email V4",
        "Football Dolphin%%Head to head statistics",
    )
)  # fmt: skip
"""Those of them that a language model judged when the published files were made."""


def by_string(api: str, variant: Variant) -> bool:
    """Whether a variant compares this API's arguments by string."""
    return variant == "string_all" or (api in LISTED and not (variant == "paper" and api in JUDGED_ALL_THE_SAME))


def same_strings(gold: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """Every gold key is there with the same text, case and outer space aside. Extra keys are ignored, so a gold `{}` is always met."""
    return all(key in said and _text(said[key]) == _text(value) for key, value in gold.items())


def published_marks(item: ToolItem, names: Sequence[str], variant: Variant) -> Marks:
    """The flags of one item, from its output alone but for a judgement that the variant asks for."""
    return marks_of(item, read_published(item.output or "", names, ground=True), variant)


def marks_of(item: ToolItem, written: Written, variant: Variant) -> Marks:
    """The same, of an output that was read with grounding."""
    if isinstance(written, FinalAnswer):
        return Marks(no_call=True)
    if isinstance(written, Malformed):
        return Marks(err=True, kind=written.kind)
    if written.name != item.api:
        return Marks(grounded=written.grounded)
    same = same_strings(item.arguments, written.arguments) if by_string(item.api, variant) else item.judged
    return Marks(api_match=True, correct=same, grounded=written.grounded)


def _text(value: Any) -> str:
    return str(value).strip().lower()
