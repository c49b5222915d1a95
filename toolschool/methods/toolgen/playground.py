"""Where the tools of a catalogue can be called: its documented APIs, simulated, and the desk where it is one of the sources.

    ground = Playground(catalogue.docs, apis)          # apis: simulated, with names of their own
    ground.save(folder); Playground.load(folder)       # beside rows, and so beside the models that are trained on them
    Protocol(index, ground.tools)                      # an agent may call all of them, in either world

A simulated API fails now and then (FAULTS), so that there is something to be put right; the desk never does. A desk stands there if
the catalogue has all of its tools and none of them is simulated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from pathlib import Path

from toolschool.datasets.api_docs import ApiDoc, Key
from toolschool.datasets.catalogues import read_catalogue
from toolschool.errors import ModelError
from toolschool.methods.toolgen.chains import Link, links
from toolschool.methods.toolgen.synthesis import companions
from toolschool.methods.toolgen.worlds import DeskWorld, Place, SimulatedWorld
from toolschool.records import JsonValue, Tool
from toolschool.tools.simulated.api import Api
from toolschool.tools.simulated.calls import Exchange
from toolschool.tools.simulated.faults import Faults

APIS_FILE = "apis.jsonl"  # documentation of all tools
SIMULATED_FILE = "simulated.jsonl"  # names and schemas of those that are simulated
FAULTS = Faults(client=0.03, server=0.1)


class Playground:
    """Two worlds and what is documented of their tools. `desk` is None where the catalogue has none."""

    def __init__(self, docs: Iterable[ApiDoc], apis: Iterable[Api]) -> None:
        self.docs: Mapping[Key, ApiDoc] = {doc.key: doc for doc in docs}
        self.simulated = SimulatedWorld(apis, faults=FAULTS)
        desk = DeskWorld()
        self.desk = desk if desk.tools.keys() <= self.docs.keys() - self.simulated.tools.keys() else None

    @property
    def tools(self) -> dict[Key, Tool]:
        """All that can be called."""
        return {**self.simulated.tools, **(self.desk.tools if self.desk else {})}

    @contextmanager
    def open(self, now: datetime | None) -> Iterator[Place]:
        """A fresh place for one run that may call tools of both worlds."""
        with self.simulated.open(now) as apis, self.desk.open(now) if self.desk else nullcontext() as desk:

            async def call(key: Key, arguments: JsonValue) -> Exchange:
                place = desk if desk and self.desk and key in self.desk.tools else apis
                return await place.call(key, arguments)

            yield Place(call, lambda: {**apis.state(), **(desk.state() if desk else {})})

    @cached_property
    def near(self) -> Mapping[Key, tuple[ApiDoc, ...]]:
        """For each simulated API others that a request may want too."""
        docs = [self.docs[key] for key in self.simulated.tools]
        return dict(zip(self.simulated.tools, companions(docs), strict=True))

    @cached_property
    def links(self) -> Mapping[tuple[str, ...], Link]:
        """Pairs of simulated APIs of which one answers what the other needs, by their names."""
        found = links(self.simulated.apis.values())
        return {(link.first.name, link.field, link.second.name, link.parameter): link for link in found}

    def save(self, folder: str | Path) -> None:
        """Write both files."""
        _write(Path(folder, APIS_FILE), self.docs.values())
        _write(Path(folder, SIMULATED_FILE), self.simulated.apis.values())

    @classmethod
    def load(cls, folder: str | Path) -> Playground:
        """Read them again. ModelError where they are not there."""
        try:
            lines = Path(folder, SIMULATED_FILE).read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise ModelError(
                f"{folder} knows no tools to call ({error}); name the model/ of a training to act"
            ) from None
        apis = (json.loads(line) for line in lines)
        return cls(
            read_catalogue(Path(folder, APIS_FILE)).docs,
            [Api(**{**api, "key": tuple(api["key"]), "notes": ()}) for api in apis],
        )


def _write(file: Path, rows: Iterable[ApiDoc | Api]) -> None:
    file.write_text("".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
