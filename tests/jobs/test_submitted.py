"""Jobs submitted to a cluster of three nodes with `ray job submit`, as users run them."""

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(1800)
TOOLS = '''"""Two functions of a user's."""


def convert_length(metres: float, unit: str) -> str:
    """Convert a length.

    Args:
        metres: How many metres.
        unit: Unit to convert to: feet, yards or miles.
    """
    rates = {"feet": 3.281, "yards": 1.094, "miles": 0.000621}
    return f"{metres * rates[unit]:.2f} {unit}"


def find_library(city: str) -> str:
    """Find the nearest library.

    Args:
        city: Name of the city.
    """
    return f"City Library of {city}"
'''


@pytest.mark.cluster
def test_an_exploration(tmp_path: Path, three_nodes: Any) -> None:
    """The functions' file lies on storage that the nodes share, as the trials do."""
    (tmp_path / "tools.py").write_text(TOOLS)
    said = three_nodes.run(
        tmp_path / "log",
        "explore",
        f"tools=[{{functions: {tmp_path / 'tools.py'}}}]",
        "explore={episodes: 2, trials_per_episode: 2}",
        f"output.storage={tmp_path / 'runs'}",
        "output.name=mine",
        "cluster.shared_storage=true",
    )
    assert "8 trials" in said
    assert json.loads((tmp_path / "runs" / "mine" / "manifest.json").read_text())["job"] == "explore"


@pytest.mark.verify
def test_a_chain_from_tools_to_a_score(tmp_path: Path, three_nodes: Any) -> None:
    """explore, prepare, train, predict, evaluate: all in one submitted job."""
    (tmp_path / "tools.py").write_text(TOOLS)
    three_nodes.run(
        tmp_path / "log",
        "chain",
        "--config",
        "recipes/ste/chain.yaml",
        f"steps.explore.set.tools=[{{functions: {tmp_path / 'tools.py'}}}]",
        "steps.explore.set.explore={episodes: 4}",
        "steps.rows.set.ste.general=20",
        "steps.train.set.train={max_steps: 4, eval_every: 2}",
        "cluster.shared_storage=true",
        f"output.storage={tmp_path / 'runs'}",
        "output.name=mine",
    )
    scores = json.loads((tmp_path / "runs" / "mine" / "score" / "metrics.json").read_text())
    assert scores["strict.items"] > 0
    assert scores["strict.well_formed"] == 100
