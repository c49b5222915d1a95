"""Tools that multiply, and teachers whose every word follows from the request's seed: what exploration tests run in other processes.

python -c "import ste_example; ste_example.main()" RUN TOOLS.PY WORKERS SECONDS_PER_REPLY      # to be killed from outside
"""

import asyncio
import os
import random
import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from pipelines.stage import Shape
from pipelines.ste import Outcome, explore
from pipelines.ste_explorer import Exploring
from toolschool.errors import BudgetError, TeacherError
from toolschool.methods.ste.explorer import explore_tool
from toolschool.methods.ste.settings import ExploreSettings
from toolschool.methods.ste.teachers import Reply, Request
from toolschool.methods.ste.trials import Trial
from toolschool.records import Tool
from toolschool.tools.toolsets import ToolSource, open_toolsets

SETTINGS = ExploreSettings(episodes=3, trials_per_episode=2)

FUNCTIONS = '''"""Tools that compute."""


def {names}(number: int) -> int:
    """Give a number times {factor}.

    Args:
        number: what is multiplied.
    """
    return number * {factor}
'''


def write_tools(file: Path, count: int) -> list[str]:
    """A file of functions times_2, times_3, ...; their names."""
    names = [f"times_{factor}" for factor in range(2, 2 + count)]
    parts = [FUNCTIONS.format(names=name, factor=name.removeprefix("times_")) for name in names]
    file.write_text("\n".join([parts[0], *(part.partition('"""\n')[2] for part in parts[1:])]))
    return names


class SeededTeacher:
    """Asks for a number that follows from the seed, calls rightly four times of five, says so."""

    def __init__(self, sleep_s: float = 0.0) -> None:
        self.sleep_s = sleep_s

    async def reply(self, request: Request) -> Reply:
        await asyncio.sleep(self.sleep_s)
        draw = random.Random(request.seed)
        number, right = draw.randrange(1000), draw.random() < 0.8
        text = {
            "query": f"{request.tool.description} Take {number} for request {request.seed}, please",
            "act": self._act(request, number if right else str(number)),
            "reflect": "Yes" if right else "No",
            "judge": "1. Yes\n2. Yes\n3. Yes",
            "paraphrase": f"I have the number {number} ({request.seed})",
        }[request.purpose]
        return Reply(
            text, prompt_tokens=sum(len(each.content) for each in request.messages), completion_tokens=len(text)
        )

    def _act(self, request: Request, number: int | str) -> str:
        last = request.messages[-1].content
        if last.startswith("Observation:") and "Error" not in last:
            return f"Thought: done\nFinal Answer: it is {last.removeprefix('Observation:').strip()}"
        return f'Thought: call\nAction: {request.tool.name}\nAction Input: {{"number": {number!r}}}'.replace("'", '"')


class BrokeTeacher(SeededTeacher):
    """Has money for so many requests."""

    def __init__(self, requests: int) -> None:
        super().__init__()
        self.left = requests

    async def reply(self, request: Request) -> Reply:
        self.left -= 1
        if self.left < 0:
            raise BudgetError("the budget is spent; raise it")
        return await super().reply(request)


class DeadlyTeacher(SeededTeacher):
    """Ends its process at one tool's requests, as long as the file `deaths` does not hold that many marks."""

    def __init__(self, tool: str, deaths: Path, most: int) -> None:
        super().__init__()
        self.tool, self.deaths, self.most = tool, deaths, most

    async def reply(self, request: Request) -> Reply:
        if request.tool.name == self.tool:
            had = self.deaths.stat().st_size if self.deaths.exists() else 0
            if had < self.most:
                with self.deaths.open("a") as marks:
                    marks.write("x")
                os._exit(1)
        return await super().reply(request)


class MuteTeacher(SeededTeacher):
    """Does not answer for one tool."""

    def __init__(self, tool: str) -> None:
        super().__init__()
        self.tool = tool

    async def reply(self, request: Request) -> Reply:
        if request.tool.name == self.tool:
            raise TeacherError("no answer in 8 tries")
        return await super().reply(request)


def run(
    folder: Path, tools: Path, teacher: SeededTeacher, workers: int = 2, at_once: int = 2, cpus: float = 1.0
) -> Outcome:
    """Explore the file's tools into the folder. Needs a connected Ray."""
    sources = [ToolSource(functions=str(tools))]
    exploring = Exploring(str(folder), partial(open_toolsets, sources), partial(nullcontext, teacher), SETTINGS)
    return explore(names_in(tools), exploring, Shape(workers, cpus), at_once)


def names_in(tools: Path) -> list[str]:
    return [line[4 : line.index("(")] for line in tools.read_text().splitlines() if line.startswith("def ")]


def undisturbed(tools: Path) -> dict[str, Trial]:
    """What nobody disturbs: all trials by their ids, by the explorer alone."""

    async def found() -> dict[str, Trial]:
        async with open_toolsets([ToolSource(functions=str(tools))]) as toolset:

            async def world(seed: int, tool: Tool) -> Tool:
                return (await toolset.fresh(seed)).catalog[tool.name]

            trials = [
                trial
                for tool in toolset.catalog
                async for trial in explore_tool(tool, SeededTeacher(), SETTINGS, partial(world, tool=tool))
            ]
            return {trial.id: trial for trial in trials}

    return asyncio.run(found())


def main() -> None:
    from cluster.connect import connect, load_profile

    folder, tools, workers, sleep_s = sys.argv[1:]
    with connect(load_profile("ci"), "local"):  # which tries again where a busy machine is late
        run(Path(folder), Path(tools), SeededTeacher(float(sleep_s)), int(workers))
