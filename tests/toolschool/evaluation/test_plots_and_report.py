"""Figures are PNGs with what they should show; the page is self-contained, escaped and complete."""

import io
import json
import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from toolschool.errors import DataError
from toolschool.evaluation import plots
from toolschool.evaluation.picture import plan_svg
from toolschool.evaluation.planner import PlanRow, score_plans
from toolschool.evaluation.report import Figure, Report, manifest_facts, pick_samples, render, write_report
from toolschool.evaluation.tables import planner_table
from toolschool.evaluation.toolrag import CurvePoint
from toolschool.plans.grammar import parse_plan
from toolschool.records import Call, Plan
from toolschool.tools.desk import desk_catalog

GOLD = '1. get_phone_number("Sid")\n2. send_sms(["$1"], "Lunch?")\n3. join()'
ROWS = [
    PlanRow("1", "Text Sid <b>now</b>", GOLD, parse_plan(GOLD), GOLD, now=datetime(2026, 3, 2)),
    PlanRow("2", "Text Sid & Emma", GOLD.replace("Sid", "<script>alert(1)</script>"), parse_plan(GOLD), GOLD),
    PlanRow("3", "Text them", "", parse_plan(GOLD), GOLD, empty=True),
]
SCORES = score_plans(ROWS, desk_catalog())
POINTS = [CurvePoint(1 - k / 20, 1 + k / 2, 1 - 0.8 ** (k + 1), 0.9, 0.5) for k in range(20)]


def picture_of(png: bytes) -> np.ndarray:
    pixels = imread(io.BytesIO(png))
    assert pixels.shape[0] > 400
    assert pixels.shape[1] > 800
    return pixels


def has_colour(pixels: np.ndarray, colour: str) -> bool:
    rgb = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return bool((np.abs(pixels[..., :3] - rgb).max(axis=-1) < 0.02).sum() > 50)


def test_coverage_plot_draws_a_colour_per_method() -> None:
    pixels = picture_of(plots.coverage_plot({"TF-IDF": POINTS, "ToolRAG": POINTS[::2]}, marks={"ToolRAG": POINTS[4]}))
    assert has_colour(pixels, plots.COLOURS[0])
    assert has_colour(pixels, plots.COLOURS[1])
    assert not has_colour(pixels, plots.COLOURS[2])


def test_loss_plot_reads_a_metrics_file(tmp_path: Path) -> None:
    lines = [
        json.dumps({"step": k, "loss": 3 / (k + 1)} | ({"eval_loss": 1.0} if k % 5 == 0 else {})) for k in range(20)
    ]
    path = tmp_path / "metrics.jsonl"
    path.write_text("\n".join(lines) + '\n{"step": 20, "lo')  # killed while writing
    rows = plots.read_metrics(path)
    assert len(rows) == 20
    pixels = picture_of(plots.loss_plot({"run": rows}))
    assert has_colour(pixels, plots.COLOURS[0])
    path.write_text('broken\n{"step": 1, "loss": 2}\n')
    with pytest.raises(DataError, match="line 1"):
        plots.read_metrics(path)
    with pytest.raises(DataError, match="both a step and a loss"):
        plots.loss_plot({"run": [{"step": 1}]})


def test_planner_plot_leaves_out_what_was_not_measured() -> None:
    assert SCORES.state is None
    pixels = picture_of(plots.planner_plot({"a": SCORES, "b": SCORES}))
    assert has_colour(pixels, plots.COLOURS[1])


def test_sweep_plot_has_a_colour_per_group_and_needs_trials() -> None:
    trials = {"random": [(10.0**-k, k / 9) for k in range(1, 6)], "names": [(0.1, 0.3)]}
    pixels = picture_of(plots.sweep_plot(trials, "lr", "score"))
    assert has_colour(pixels, plots.COLOURS[1])
    with pytest.raises(DataError, match="no trial"):
        plots.sweep_plot({}, "lr", "accuracy")


def test_plan_picture_has_a_column_per_wave() -> None:
    plan = Plan(
        (Call(1, "a"), Call(2, "b", ("$1",)), Call(3, "c"), Call(4, "d", (["$2", "$3"],)), Call(5, "e", ("$9",)))
    )
    svg = plan_svg(plan)
    boxes = [(int(x), int(y)) for x, y in re.findall(r'<rect x="(\d+)" y="(\d+)"', svg)]
    first, second, third = (x for x in sorted({x for x, _ in boxes}))
    assert [x for x, _ in boxes] == [first, second, first, third, first]
    assert len(set(boxes)) == 5
    assert svg.count('class="edge"') == 3
    assert "1 invalid reference" in svg
    assert "<svg" in plan_svg(Plan(()))


class Page(HTMLParser):
    """Collects tags and outside addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.alts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href"):
                self.addresses.append(value or "")
            if name == "alt":
                self.alts.append(value or "")


def test_page_is_self_contained_and_escaped(tmp_path: Path) -> None:
    report = Report(
        "TinyAgent <nano>",
        summary="Three rows.",
        facts=manifest_facts({"git": "3f4d166", "config": {"train": {"lr": 1e-4}}, "tools": ["a", "b"], "none": None}),
        tables=[planner_table({"nano": SCORES})],
        figures=[Figure("Metrics", plots.planner_plot({"nano": SCORES}), "Planner metrics of nano")],
        samples=pick_samples(ROWS, SCORES, each=2),
    )
    write_report(tmp_path / "report.html", report)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(html)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert not re.search(r"@import|url\((?!#)", html)
    assert page.alts == ["Planner metrics of nano"]
    assert page.tags.count("article") == 3  # two wrong, one right
    assert "TinyAgent &lt;nano&gt;" in html
    assert "&lt;script&gt;" in html
    assert "config.train.lr" in html
    assert "0.0001" in html
    assert "nothing generated" in html


def test_empty_parts_leave_no_heading() -> None:
    html = render(Report("Only a title"))
    assert "Only a title" in html
    assert "<h2>" not in html


def test_samples_are_drawn_by_seed_and_wrong_first() -> None:
    samples = pick_samples(ROWS, SCORES, each=1, seed=3)
    assert [sample.right for sample in samples] == [False, True]
    assert samples == pick_samples(ROWS, SCORES, each=1, seed=3)
