"""What falls short stands first, and every promise is on the page whether or not it was measured."""

import dataclasses
import json

from hypothesis import given
from hypothesis import strategies as st

from benchmarks import promises
from benchmarks.promises import KEPT, MISSING, PROMISES, SHORT, SHOWN, Promise
from benchmarks.results import Claim, Curve, Measured

ratio = st.floats(0.01, 1000)
claims = st.lists(
    st.builds(Claim, st.sampled_from(sorted(PROMISES)), st.lists(ratio, min_size=5, max_size=7).map(tuple)),
    unique_by=lambda claim: claim.promise,
)


def test_the_median_decides_what_was_asked_and_any_round_what_was_stated() -> None:
    asked, cost, stated = Promise("a", asked=2), Promise("b", asked=1.3, cost=True), Promise("c", stated=10)
    assert asked.verdict(Claim("a", (1.9, 2.0, 2.1))) == KEPT
    assert asked.verdict(Claim("a", (1.9, 1.9, 9.0))) == SHORT
    assert cost.verdict(Claim("b", (1.2, 1.3, 1.4))) == KEPT
    assert cost.verdict(Claim("b", (1.2, 1.4, 1.4))) == SHORT
    assert stated.verdict(Claim("c", (8.0, 9.0, 10.0))) == KEPT
    assert stated.verdict(Claim("c", (8.0, 9.0, 9.9))) == SHORT
    assert Promise("d").verdict(Claim("d", (0.1,))) == SHOWN


@given(claims)
def test_short_ones_come_first_the_farthest_before_the_others(found: list[Claim]) -> None:
    order = promises.ordered(found)
    assert sorted(map(repr, order)) == sorted(map(repr, found))
    verdicts = [PROMISES[claim.promise].verdict(claim) for claim in order]
    assert verdicts == sorted(verdicts, key=[SHORT, KEPT, SHOWN].index)
    reached = [
        PROMISES[claim.promise].reach(claim) for claim in order if PROMISES[claim.promise].verdict(claim) == SHORT
    ]
    assert reached == sorted(reached)


def test_a_line_for_every_promise() -> None:
    claim = Claim("serving/throughput", (1.8, 1.9, 2.0, 1.9, 1.9), (120.0, 240.4))
    text = promises.table([claim])
    first, *others = text.splitlines()[4:]
    assert first == (
        "| 16 clients: requests/s of `generate` one by one | at least 5 | 1.9 | 1.90 | 1.80 to 2.00 | 5 | 120 / 240 | **short** |"
    )
    assert len(others) == len(PROMISES) - 1
    assert all(line.endswith(f"{MISSING} |") for line in others)
    assert text.startswith(f"1 of {len(PROMISES)} ratios are measured; 1 falls short.")


@given(claims)
def test_a_result_survives_json(found: list[Claim]) -> None:
    measured = Measured("| a |", tuple(found), (Curve("c", "rows", (1, 10), (0.5, 4.0)),))
    assert Measured.from_json(json.loads(json.dumps(measured.to_json()))) == measured
    with_tokens = dataclasses.replace(measured, claims=(Claim("floor/scoring", (0.5,), (1.0, 2.0)),))
    assert Measured.from_json(json.loads(json.dumps(with_tokens.to_json()))) == with_tokens
