"""A simulated API backend: thousands of documented APIs that answer, refuse, fail and remember, without a network.

    backend = SimulatedBackend(read_apis("toolbench"), faults=Faults(server=0.1))
    exchange = await backend.call("schedule_for_flixbus", {"station_id": 66})
    done = not unmet(gold, backend.log, backend.apis) and not unrepaired(backend.log)

`sources` reads documentation (with `schemas`, `listings`, `shapes`) into the records of `api`; `answers` makes up what an API says, and
`computed` (with `number_words`) works out what its name lets us know; `store` keeps what was written, `faults` plans failures, `calls` and
`completion` say what was done; `backend` ties them together.
"""

from toolschool.tools.simulated.answers import example_arguments
from toolschool.tools.simulated.api import Api, Note, uniquely_named
from toolschool.tools.simulated.backend import SimulatedBackend
from toolschool.tools.simulated.calls import Exchange, call_text
from toolschool.tools.simulated.completion import GoldCall, filled, labelled, unmet, unrepaired
from toolschool.tools.simulated.faults import Faults
from toolschool.tools.simulated.sources import read_apis, sealtools_gold, simulated_api

__all__ = [
    "Api",
    "Exchange",
    "Faults",
    "GoldCall",
    "Note",
    "SimulatedBackend",
    "call_text",
    "example_arguments",
    "filled",
    "labelled",
    "read_apis",
    "sealtools_gold",
    "simulated_api",
    "uniquely_named",
    "unmet",
    "unrepaired",
]
