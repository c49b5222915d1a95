"""Where a configuration's tools and requests come from: a source of the registry, or files of the user's.

    tools = open_tools(CatalogueSource(source="metatool"))               # or CatalogueSource(apis="our_apis.jsonl", requests="our_requests.jsonl")
    tools.apis                                                      # its catalogue
    tools.requests("train", "train")                                # those of a part, guarded by its purpose
    joined([tools, open_tools(CatalogueSource(source="toolbench"))])     # one catalogue of several

A user's requests are split as MetaTool's: 80, 10 and 10 per cent by a hash of the request. With `skip` and `limit` only some tools count, and
requests that want no others.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, model_validator

from toolschool.config import Config
from toolschool.datasets.catalogues import (
    DESK,
    Catalogue,
    Request,
    load_catalogue,
    load_requests,
    read_catalogue,
    read_requests,
)
from toolschool.datasets.registry import ROOT_VARIABLE, OnBad
from toolschool.datasets.splits import by_shares, guard, skeleton
from toolschool.errors import DataError


class CatalogueSource(Config):
    """Tools and requests."""

    source: str | None = None
    """A catalogue of the registry: toolbench, metatool or sealtools; or desk, the project's own tools."""
    path: str | None = None
    """Its folder; default: `$TOOLSCHOOL_DATA/<source>`."""
    apis: str | None = None
    """Instead: a .jsonl file of APIs {category, tool, api, description, required, optional}."""
    requests: str | None = None
    """With `apis`: a .jsonl file of requests {query, relevant: [[category, tool, api], ...]}."""
    skip: int = Field(default=0, ge=0)
    """Without so many tools, the first ones."""
    limit: int | None = Field(default=None, ge=1)
    """Only so many tools, the first ones that are not skipped."""

    @model_validator(mode="after")
    def _one_origin(self) -> CatalogueSource:
        if (self.source is None) == (self.apis is None):
            raise ValueError("give exactly one of source (a name of the registry) and apis (a .jsonl file)")
        if (self.source and self.requests) or (self.apis and self.path):
            raise ValueError("path goes with source, requests go with apis")
        if self.source == DESK and (self.path or self.limit or self.skip):
            raise ValueError("the desk is one whole: it has neither path nor skip nor limit")
        return self

    def inputs(self) -> tuple[str, ...]:
        """The folder or the files that are read; nothing for the desk."""
        if self.apis:
            return (self.apis, *([self.requests] if self.requests else []))
        if self.source == DESK:
            return ()
        return (self.path or str(Path(os.environ.get(ROOT_VARIABLE, ""), str(self.source))),)

    def check(self) -> None:
        """DataError where nothing is there to be read."""
        if self.source not in (None, DESK) and not self.path and not os.environ.get(ROOT_VARIABLE):
            raise DataError(f"where is {self.source}? Set {ROOT_VARIABLE} or its path")
        for place in self.inputs():
            if not Path(place).exists():
                raise DataError(f"{place} does not exist; name the folder of {self.source or 'your files'}")


@dataclass(frozen=True)
class Tools:
    """An opened source. `whole` is its catalogue without skip and limit, by which requests are read."""

    source: CatalogueSource
    apis: Catalogue
    whole: Catalogue

    def requests(self, split: str | None, purpose: str, on_bad: OnBad | None = None) -> list[Request]:
        """Requests of a part (None: of all) that want no tools but those of `apis`. DataError where the part must not serve the purpose."""
        guard(self.apis.source, split or "test", purpose)  # among all there are test requests
        if self.source.source:
            found = load_requests(self.whole, path=self.source.path, split=split, on_bad=on_bad)
        else:
            found = read_requests(self.source.requests, self.whole, on_bad) if self.source.requests else []
            found = [request for request in found if split in (None, part_of(request))]
        return [request for request in found if all(key in self.apis for key in request.gold)]


def open_tools(source: CatalogueSource, on_bad: OnBad | None = None) -> Tools:
    """Read the catalogue. DataError or RowError says what is wrong with it; with `on_bad` malformed APIs are left out."""
    whole = (
        load_catalogue(source.source, source.path, on_bad)
        if source.source
        else read_catalogue(str(source.apis), on_bad)
    )
    if not source.skip and source.limit is None:
        return Tools(source, whole, whole)
    return Tools(source, Catalogue.of(whole.source, whole.docs[source.skip :][: source.limit]), whole)


def joined(opened: Iterable[Tools]) -> Catalogue:
    """One catalogue of all; `repeated` counts APIs that an earlier source has, too."""
    every = list(opened)
    docs = itertools.chain.from_iterable(tools.apis.docs for tools in every)
    return Catalogue.of("+".join(tools.apis.source for tools in every), docs)


def part_of(request: Request) -> str:
    """The part of a user's request."""
    return by_shares(skeleton(request.query), train=80, validation=10)
