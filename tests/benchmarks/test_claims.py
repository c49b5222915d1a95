"""The ratios that each benchmark makes of its figures: right way up, a value a round, each of a promise that there is."""

import re

import pytest

from benchmarks import any_tools, planner, serving, ste, timing, toolformer, training, training_trl
from benchmarks.promises import PROMISES
from benchmarks.store import ROOT
from benchmarks.toolformer import OURS, SCREENED, UPSTREAM, Beside


def test_a_ratio_says_how_many_times_as_fast_the_second_is() -> None:
    seconds = {"slow": [4.0, 9.0], "fast": [2.0, 3.0]}
    assert timing.ratios(seconds, "slow", "fast") == (2.0, 3.0)
    assert "| fast | 2.500 | 2.50 | 2.00 | 3.00 |" in timing.table(seconds, "slow")


def test_serving_divides_by_generate() -> None:
    found = {"sixteen/s": [10.0, 12.0], "generate/s": [5.0, 4.0], "one p50": [0.3, 0.2], "generate p50": [0.2, 0.2]}
    found |= {"first tool": [2.5, 3.0]}
    for engine, suffix in (("transformers", ""), ("llama.cpp", ", llama.cpp")):
        claims = {claim.promise: claim.ratios for claim in serving.claims(found, engine)}
        assert claims[f"serving/throughput{suffix}"] == (2.0, 3.0)
        assert claims[f"serving/latency{suffix}"] == pytest.approx((1.5, 1.0))
        assert claims[f"serving/first-tool{suffix}"] == (2.5, 3.0)
        assert claims.keys() <= PROMISES.keys()


def test_exploring_is_linear_where_twice_the_workers_take_half_the_time() -> None:
    found = ste.shares({(1, 1): [8.0, 8.0], (2, 1): [4.0, 5.0], (4, 1): [2.0, 4.0], (1, 4): [2.0, 2.0]})
    assert found == {(2, 1): (1.0, 0.8), (4, 1): (1.0, 0.5), (1, 4): (1.0, 1.0)}
    assert {f"ste/{workers} x {at_once}" for workers, at_once in found} <= PROMISES.keys()


def test_toolformer_is_held_against_the_fastest_plain_way() -> None:
    seconds = {OURS: [2.0, 2.0], SCREENED: [1.0, 1.0], UPSTREAM: [6.0, 8.0]}
    plain = {"plain filter, 1 a batch": [10.0, 10.0], "plain filter, 8 a batch": [4.0, 6.0]}
    filtered = Beside("", seconds | plain, {OURS: 50, SCREENED: 60, UPSTREAM: 300, **dict.fromkeys(plain, 400)})
    written = {OURS: [1.0], "plain annotation, 1 a time": [9.0], "plain annotation, 5 a time": [12.0]}
    claims = {
        claim.promise: claim for claim in toolformer.claims(filtered, Beside("", written, dict.fromkeys(written, 1)))
    }
    assert claims.keys() == {key for key in PROMISES if key.startswith("toolformer/")} - {
        "toolformer/annotate-upstream"
    }
    assert claims["toolformer/screened"].ratios == (10.0, 10.0)
    assert claims["toolformer/screened-best"].ratios == (4.0, 6.0)
    assert claims["toolformer/exact-upstream"].ratios == (3.0, 4.0)
    assert claims["toolformer/screened-best"].tokens == (60, 400)
    assert claims["toolformer/annotate"].ratios == (9.0,)


def test_planning_costs_what_the_grammar_adds() -> None:
    seconds = {"one by one": [6.0], "batches of 16": [3.0], "batches of 16, no grammar": [2.0]}
    tokens = {"one by one": 30, "batches of 16": 20, "batches of 16, no grammar": 25}
    claims = {claim.promise: claim for claim in planner.claims(seconds, [0.1, 0.2, 0.4, 0.3, 9.0], tokens)}
    assert claims["planner/batched"].ratios == (2.0,)
    assert claims["planner/batched"].tokens == (20, 30)
    assert claims["planner/grammar"].ratios == (1.5,)
    assert claims["planner/grammar"].tokens == (20, 25)
    assert claims["planner/three-calls"].ratios == pytest.approx((0.25, 9.0))
    assert "planner/llama.cpp" not in claims


def test_retrievals_are_compared_by_medians_of_five_stretches() -> None:
    assert any_tools.medians([2.0] * 9 + [50.0], [1.0] * 10) == (2.0, 2.0, 2.0, 2.0, 26.0)


def test_trl_takes_so_many_times_as_long() -> None:
    assert training_trl.times([training_trl.Ran(2.0, 1, 0.5)], [training_trl.Ran(3.0, 1, 0.5)]) == (1.5,)


def test_every_promise_is_measured_somewhere_and_every_measure_is_a_promise() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "benchmarks").glob("[!p]*.py"))
    code += (ROOT / "benchmarks" / "planner.py").read_text(encoding="utf-8")
    named = set(
        re.findall(r'"((?:training|serving|toolgen|any_tools|toolken|toolformer|executor|planner|floor)/[^"{]+)"', code)
    )
    made = {f"ste/{workers} x {at_once}" for workers, at_once in ste.ARMS[1:]}
    made |= {
        f"serving/{what}{suffix}" for what in ("throughput", "latency", "first-tool") for suffix in ("", ", llama.cpp")
    }
    made |= {f"toolformer/{how}-{what}" for how in ("screened", "exact") for what in ("best", "upstream")}
    assert named | made == PROMISES.keys()
    assert set(training.PROMISED.values()) | set(training_trl.PROMISED) <= PROMISES.keys()


def test_arms_of_toolformer_take_every_text_once_and_count_their_tokens() -> None:
    cases = [toolformer.Case({}, [1] * length, []) for length in (3, 5)]
    fed: list[int] = []

    def ours(case: toolformer.Case) -> int:
        fed.append(len(case.ids))
        return len(case.ids)

    found = toolformer.measured(cases, {OURS: ours, UPSTREAM: lambda case: 10 * len(case.ids)}, {"texts": 2})
    assert fed == [3, 3, 5], "the first text twice: once unmeasured"
    assert found.tokens == {OURS: 4, UPSTREAM: 40}
    assert [len(spent) for spent in found.seconds.values()] == [2, 2]
    assert found.claim("toolformer/exact", OURS, [UPSTREAM]).tokens == (4, 40)
