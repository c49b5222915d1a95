"""FuncQA's operators: right, exact and bounded, on what people and models write and on the calls of the data sets."""

import json
import math
import time
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolschool.errors import ToolError
from toolschool.tools.arithmetic import OPERATORS, argument_count, arithmetic_tools, calculate_call
from toolschool.tools.catalog import Catalog, render_signature
from toolschool.tools.numbers import write_number
from toolschool.tools.run import run_tool


def run(call: str) -> str:
    """Of `tool(a; b)`."""
    tool, _, inside = call.removesuffix(")").partition("(")
    return calculate_call(tool, inside.split("; ") if inside else [])


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("add(0.1; 0.2)", "0.3"), ("add(17.83; 18.99; 23.45; 14.12; 8.22)", "82.61"), ("add(1/3; -1/3)", "0"), ("subtract(0.3; 0.1; 0.2)", "0"),
        ("subtract(1; 5)", "-4"), ("multiply($1,200; 15%)", "180"), ("multiply(0.848; 0.3766)", "0.3193568"), ("multiply(-0.5; 0)", "0"),
        ("divide(327.87; 52)", "6.305192308"), ("divide(1; 3)", "0.3333333333"), ("divide(24; 2; 3)", "4"), ("power(2; 3; 2)", "64"),
        ("power(3; 24)", "282429536481"), ("power(0.89; 8)", "0.3936588806"), ("power(2; -1)", "0.5"), ("power(-2; 3)", "-8"), ("power(27; 1/3)", "3"),
        ("power(2; 0.5; 2)", "2"), ("power(0; 0)", "1"), ("power(0; 1/2)", "0"), ("power(-1; 1e50)", "1"), ("power(-1; 99999999999)", "-1"),
        ("power(1.0001; 36500)", "38.46764553"), ("power(0.0001; 1/4)", "0.1"), ("sqrt(16)", "4"), ("sqrt(0)", "0"), ("sqrt(7876.56)", "88.74998592"),
        ("sqrt(0.0284)", "0.1685229955"), ("log(1000)", "3"), ("log(0.001)", "-3"), ("log(8; 2)", "3"), ("log(2; 8)", "0.3333333333"), ("ln(1)", "0"),
        ("ln(0.5)", "-0.6931471806"), ("lcm(23; 33; 42)", "10626"), ("lcm(12.0; 8)", "24"), ("lcm(0; 5)", "0"), ("gcd(66; 34; 54; 32)", "2"),
        ("gcd(-12; 18.00)", "6"), ("remainder(7893; 777)", "123"), ("remainder(12.0; 5)", "2"), ("remainder(7.5; 2)", "1.5"), ("remainder(-7; 3)", "2"),
        ("choose(12.0; 3)", "220"), ("choose(3; 5)", "0"), ("choose(197; 3)", "1254890"), ("choose(1,000,000; 999,999)", "1000000"),
        ("permutate(14; 14)", "87178291200"), ("permutate(3; 5)", "0"), ("permutate(5; 0)", "1"),
    ],
)  # fmt: skip
def test_results(call: str, result: str) -> None:
    assert run(call) == result


@pytest.mark.parametrize(
    "call",
    ["divide(1; 0)", "power(0; -1)", "remainder(5; 0)", "sqrt(-1)", "power(-8; 1/3)", "log(0)", "log(-1; 2)", "log(5; 0)", "log(5; 1)", "ln(-3)",
     "add(5)", "sqrt(4; 9)", "log(1; 2; 3)", "remainder(1)", "choose(5; 2; 1)", "ln()", "lcm(1.5; 3)", "gcd(1/2; 3)", "choose(5; 2.5)",
     "choose(-5; 2)", "permutate(5; -2)", "add(nan; 1)", "multiply(inf; 2)", "add(two; 3)", "multiply(12*2.0933)", "add(; )", "cosine(1)", "(1; 2)",
     "<add>(1; 2)"],
)  # fmt: skip
def test_refusals_are_one_line(call: str) -> None:
    with pytest.raises(ToolError) as caught:
        run(call)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("power", ["10", "10", "10"]), ("power", ["9", "9", "9", "9"]), ("power", ["0.1", "99999999"]), ("power", ["1.5", "1e90"]),
        ("power", ["1.0000000001", "1e50"]), ("power", ["9e99/7e-99", "20.5"]), ("choose", ["1e90", "5e89"]), ("choose", ["1000000", "500000"]),
        ("choose", ["1e99", "300"]), ("permutate", ["1e99", "1e98"]), ("permutate", ["1e6", "99"]), ("multiply", ["9e99"] * 50),
        ("divide", ["1.23456789e99/9.87654321e-99"] * 50), ("lcm", [str(10**90 + k) for k in range(50)]), ("add", ["1"] * 51), ("sqrt", ["9" * 10_000]),
        ("divide", ["1e-99", "1e9"]),
    ],
)  # fmt: skip
def test_what_is_too_large_is_refused_at_once(tool: str, arguments: list[str]) -> None:
    begin = time.process_time()
    with pytest.raises(ToolError):
        calculate_call(tool, arguments)
    assert time.process_time() - begin < 0.25  # seconds; a few milliseconds really


def test_the_message_names_the_call() -> None:
    with pytest.raises(ToolError, match=r"division by zero in divide\(5, 0\)"):
        calculate_call("divide", ["5", "0"])
    with pytest.raises(ToolError, match=r"power\(10, 10, 10\): the result is too large"):
        calculate_call("power", ["10", "10", "10"])


decimals = st.decimals(-10_000, 10_000, places=3).map(str)


@given(st.sampled_from(["add", "subtract", "multiply", "divide"]), st.lists(decimals, min_size=2, max_size=6))
def test_folds_agree_with_fractions(tool: str, numbers: list[str]) -> None:
    """Oracle: the standard library's fractions, from the left."""
    if tool == "divide" and any(not Fraction(number) for number in numbers[1:]):
        with pytest.raises(ToolError, match="division by zero"):
            calculate_call(tool, numbers)
        return
    assert calculate_call(tool, numbers) == write_number(_folded(tool, [Fraction(number) for number in numbers]))


def _folded(tool: str, numbers: Sequence[Fraction]) -> Fraction:
    value = numbers[0]
    for number in numbers[1:]:
        if tool == "divide":
            value /= number
        elif tool == "multiply":
            value *= number
        else:
            value += number if tool == "add" else -number
    return value


@given(st.integers(0, 10**12), st.integers(1, 10**6), st.integers(0, 40), st.integers(0, 40))
def test_whole_numbers_agree_with_the_standard_library(a: int, b: int, n: int, r: int) -> None:
    assert calculate_call("gcd", [str(a), f"{b}.0"]) == str(math.gcd(a, b))
    assert calculate_call("lcm", [f"{a:,}", str(b)]) == str(math.lcm(a, b))
    assert calculate_call("remainder", [str(a), str(b)]) == str(a % b)
    assert calculate_call("choose", [str(n), str(r)]) == str(math.comb(n, r))
    assert calculate_call("permutate", [str(n), str(r)]) == str(math.perm(n, r))
    assert calculate_call("sqrt", [str(a**2)]) == str(a)


@given(st.floats(1e-6, 1e9), st.floats(-5, 5))
def test_roots_and_logarithms_agree_with_floats(x: float, y: float) -> None:
    for tool, arguments, value in (
        ("sqrt", [x], math.sqrt(x)),
        ("ln", [x], math.log(x)),
        ("log", [x], math.log10(x)),
        ("power", [x, y], x**y),
    ):
        result = float(calculate_call(tool, [f"{Decimal(argument):.12f}" for argument in arguments]))
        assert result == pytest.approx(value, rel=1e-6, abs=1e-6)


@settings(max_examples=300)
@given(
    st.sampled_from(list(OPERATORS)),
    st.lists(st.text(alphabet="0123456789.-/%$,e", max_size=8) | st.text(max_size=8), max_size=4),
)
def test_any_text_gives_a_plain_number_or_a_tool_error(tool: str, arguments: list[str]) -> None:
    try:
        result = calculate_call(tool, arguments)
    except ToolError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - either outcome is fine, each has its rule
    else:
        assert set(result) <= set("-.0123456789")
        assert result != "-0"


def test_counts() -> None:
    assert {tool: argument_count(tool) for tool in ("power", "sqrt", "log", "choose")} == {
        "power": (2, None),
        "sqrt": (1, 1),
        "log": (1, 2),
        "choose": (2, 2),
    }
    with pytest.raises(ToolError, match="no operator"):
        argument_count("cosine")


async def test_as_tools() -> None:
    tools = arithmetic_tools()
    assert await run_tool(tools["multiply"], {"numbers": ["1,200", 0.15]}) == "180"
    assert await run_tool(tools["log"], {"numbers": [8, 2]}) == "3"
    for arguments in (
        {"numbers": [1, 2]},
        {"numbers": []},
        {"numbers": "4"},
        {"number": [4]},
        {"numbers": [True]},
        {"numbers": [math.nan]},
    ):
        with pytest.raises(ToolError):
            await run_tool(tools["sqrt"], arguments)
    assert render_signature(tools["sqrt"]).startswith("sqrt(numbers: list[str | float]) -> str\n - The square root")
    assert Catalog(tools.values()).names == tuple(tools)


def test_every_example_is_true() -> None:
    for name, operator in OPERATORS.items():
        call, _, result = operator.example.partition(" = ")
        assert call.startswith(f"{name}(")
        assert run(call.replace(", ", "; ")) == result
        assert operator.example in arithmetic_tools()[name].rules[0]


@pytest.mark.data
def test_the_order_is_the_published_one(data_root: Path) -> None:
    for folder, count in (("funcqa", 13), ("gsm8k_xl", 4)):
        numbers = json.loads((data_root / folder / "func_dict.json").read_text(encoding="utf-8"))
        assert {f"<{name}>": number for number, name in enumerate(list(arithmetic_tools())[:count])} == numbers
