"""What a prediction file scored, for people and programs: metrics, tables, and pictures by API and by batch.

    scored = score(items, names, batches)      # items of toolschool/datasets/ste.py with outputs; names in the file's order
    scored.metrics(); scored.tables(); scored.figures()

Metrics are percent with three decimals, as published. `legacy.correct` follows variant `paper`; it is null where a judgement is
missing, and `legacy.string_all`, which needs none, is always there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from toolschool.datasets.ste import ToolItem
from toolschool.evaluation import plots
from toolschool.evaluation.intervals import Interval, wilson
from toolschool.evaluation.report import Figure
from toolschool.evaluation.ste import OUTCOMES, Marks, Rates, batch_of, grouped, rates_of
from toolschool.evaluation.ste_published import VARIANTS, Variant, marks_of
from toolschool.evaluation.ste_strict import strict_marks
from toolschool.evaluation.tables import Table
from toolschool.methods.ste.parsing import read_published

STRICT = "strict"
DRAWN = 60  # APIs of the picture, the worst ones
SHADES = ("#009E73", "#56B4E9", "#E69F00", "#D55E00", "#BBBBBB")  # of OUTCOMES, from Okabe and Ito


@dataclass(frozen=True)
class Scored:
    """Marks of every item by each set of rules; `batches` are lists of names, none where there are none."""

    items: Sequence[ToolItem]
    marks: Mapping[str, Sequence[Marks]]
    batches: Sequence[Sequence[str]] = ()

    def rates(self, rules: str, places: Sequence[int] | None = None) -> Rates:
        """By `strict` or a variant; over all items or those at `places`."""
        found = self.marks[rules]
        return rates_of(found if places is None else (found[place] for place in places))

    @cached_property
    def by_batch(self) -> dict[str, list[int]]:
        """Places of the items of each batch, in the order of the batches."""
        groups = grouped(self.items, batch_of(self.batches))
        return {name: groups[name] for name in sorted(groups, key=int)}

    @cached_property
    def by_api(self) -> dict[str, list[int]]:
        return grouped(self.items, lambda item: item.api)

    @property
    def published(self) -> Variant:
        """The variant that can be reported: `paper` where every judgement is there."""
        return "string_all" if self.rates("paper").correct is None else "paper"

    def metrics(self) -> dict[str, Any]:
        """Flat numbers: `legacy.*` and `strict.*`; by batch `legacy.batch.0.*`, by API `strict.correct.NAME`."""
        found = self._both("", None)
        for name, places in self.by_batch.items():
            found |= self._both(f".batch.{name}", places)
        strict = self.rates(STRICT)
        found |= {f"strict.malformed.{kind}": count for kind, count in sorted(strict.kinds.items())}
        for rules, key in (("string_all", "legacy.string_all"), (STRICT, "strict.correct")):
            found |= {f"{key}.{name}": self.rates(rules, places).correct for name, places in self.by_api.items()}
        return found

    def _both(self, part: str, places: Sequence[int] | None) -> dict[str, Any]:
        paper = self.rates("paper", places)
        found = {**_numbers(f"legacy{part}", paper), **_numbers(f"strict{part}", self.rates(STRICT, places))}
        found |= {f"legacy{part}.grounded": paper.grounded, f"legacy{part}.grounded_share": paper.grounded_share}
        for variant in ("string31", "string_all"):
            rates = self.rates(variant, places)
            found |= {f"legacy{part}.{variant}": rates.correct, f"legacy{part}.{variant}_count": rates.correct_count}
        return found

    def tables(self) -> list[Table]:
        return [self._scores(), *([self._batches()] if self.by_batch else []), self._apis()]

    def _scores(self) -> Table:
        columns = {**{f"published, {name}": name for name in VARIANTS}, STRICT: STRICT}
        rates = [self.rates(rules) for rules in columns.values()]
        lines = {
            "well-formed %": [_shown(each.well_formed) for each in rates],
            "right API % of well-formed": [_shown(each.api_match) for each in rates],
            "correct %": [_shown(each.correct) for each in rates],
            "correct": [_shown(each.correct_count) for each in rates],
            "no call": [str(each.no_call) for each in rates],
            "malformed": [str(each.err) for each in rates],
            "names grounded": [str(each.grounded) for each in rates],
        }
        note = (
            f"{len(self.items)} items. A dash: needs a judgement that the file does not have. Strict: exact names, nested arguments, no keys "
            "too many."
        )
        return Table("Scores", ("", *columns), tuple((name, *cells) for name, cells in lines.items()), note)

    def _batches(self) -> Table:
        rows = []
        for name, places in self.by_batch.items():
            old, new = self.rates(self.published, places), self.rates(STRICT, places)
            cells = (old.well_formed, old.api_match, old.correct, new.correct)
            rows.append((f"batch {name}", str(len(places)), *map(_shown, cells)))
        header = ("batch", "items", "well-formed %", "right API %", f"correct %, {self.published}", "correct %, strict")
        return Table("By batch", header, tuple(rows), "Well-formed and right API by the published rules.")

    def _apis(self) -> Table:
        rows = []
        for name in self._worst_first():
            places = self.by_api[name]
            outcomes = self._outcomes(name)
            cells = (_shown(self.rates(self.published, places).correct), *(str(outcomes[each]) for each in OUTCOMES))
            rows.append((name, str(len(places)), *cells))
        header = ("API", "items", f"correct %, {self.published}", *OUTCOMES)
        return Table("By API", header, tuple(rows), "Outcomes by the strict rules; worst first.")

    def _outcomes(self, api: str) -> dict[str, int]:
        found = [self.marks[STRICT][place].outcome for place in self.by_api[api]]
        return {outcome: found.count(outcome) for outcome in OUTCOMES}

    def _worst_first(self) -> list[str]:
        return sorted(self.by_api, key=lambda name: self._outcomes(name)["right"] / len(self.by_api[name]))

    def figures(self) -> list[Figure]:
        bars = "Bars of well-formed calls, calls of the right API and correct calls, for all items and for each batch"
        apis = "For each API a bar of what became of its items by the strict rules, worst first"
        return [Figure("Rates", self._rates_plot(), bars), Figure("By API", self._api_plot(), apis)]

    def _rates_plot(self) -> bytes:
        groups = {"all": range(len(self.items)), **{f"batch {name}": at for name, at in self.by_batch.items()}}
        labels = {
            "well_formed": "well-formed",
            "api_match": "right API",
            "correct": f"correct, {self.published}",
            STRICT: "correct, strict",
        }
        systems = {name: self._intervals(list(places)) for name, places in groups.items()}
        return plots.rates_plot(systems, labels, "Written calls", "items (%); right API: well-formed ones (%)")

    def _intervals(self, places: Sequence[int]) -> dict[str, Interval | None]:
        old, new = self.rates(self.published, places), self.rates(STRICT, places)
        return {
            "well_formed": wilson(old.well_formed_count, old.items),
            "api_match": wilson(old.api_match_count, old.well_formed_count),
            "correct": wilson(old.correct_count or 0, old.items),
            STRICT: wilson(new.correct_count or 0, new.items),
        }

    def _api_plot(self) -> bytes:
        names = self._worst_first()[:DRAWN]
        figure, axes = plots.new_figure("What became of the items of each API", "items (%)", "", width=10.0)
        figure.set_figheight(1.6 + 0.22 * len(names))
        left = [0.0] * len(names)
        for outcome, shade in zip(OUTCOMES, SHADES, strict=True):
            wide = [100 * self._outcomes(name)[outcome] / len(self.by_api[name]) for name in names]
            axes.barh(range(len(names)), wide, 0.8, left=left, color=shade, label=outcome)
            left = [before + more for before, more in zip(left, wide, strict=True)]
        axes.set_yticks(range(len(names)), [_label(name) for name in names], fontsize=8)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        figure.legend(frameon=False, ncols=len(OUTCOMES), loc="outside lower center")
        return plots.to_png(figure)


def score(items: Sequence[ToolItem], names: Sequence[str], batches: Sequence[Sequence[str]] = ()) -> Scored:
    """All rules on all items. `names` are the allowed ones: the keys of the prediction file, in its order."""
    read = [read_published(item.output or "", names, ground=True) for item in items]
    marks: dict[str, list[Marks]] = {
        variant: [marks_of(item, written, variant) for item, written in zip(items, read, strict=True)]
        for variant in VARIANTS
    }
    return Scored(items, marks | {STRICT: [strict_marks(item, names) for item in items]}, batches)


def _numbers(key: str, rates: Rates) -> dict[str, Any]:
    names = ("items", "no_call", "err", "well_formed", "well_formed_count", "api_match", "api_match_count")
    return {f"{key}.{name}": getattr(rates, name) for name in (*names, "correct", "correct_count")}


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, int) else f"{value:.3f}"


def _label(name: str) -> str:
    """A name for the side of a picture; a dollar would begin a formula."""
    return (name if len(name) <= 48 else name[:47] + "…").replace("$", r"\$")
