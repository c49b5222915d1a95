"""Requests worded by hand, which no teacher made: what a caller does with them. They were written before the models that are asked were trained.

    python -m benchmarks.ste_by_hand runs/mine/train/model         # a model of three functions of tests/.../teachers/user_functions.py
    python -m benchmarks.ste_by_hand assets/ste/caller             # the shipped base, all of its 223 tools offered

Asked is what the model's tools can serve. Right is a call with exactly these arguments, those at their defaults left out; so few requests tell a
model that follows people from one that does not, and no more.
"""

from __future__ import annotations

import sys
from datetime import datetime

from toolschool.evaluation.intervals import wilson
from toolschool.evaluation.tables import Table, percent, show
from toolschool.methods.ste.caller import Caller
from toolschool.methods.tinyagent.request import PlanRequest
from toolschool.plans.grammar import parse_plan
from toolschool.records import Call
from toolschool.tools.catalog import Catalog

NOW = datetime(2026, 11, 22, 15)
ASKED = (
    ("how many euros do I get for 250 dollars", 'convert_currency(250, "USD", "EUR")'),
    ("what's 80 GBP worth in CHF?", 'convert_currency(80, "GBP", "CHF")'),
    ("Convert 1,200 JPY to USD please", 'convert_currency(1200, "JPY", "USD")'),
    ("I have 45.50 EUR, what is that in GBP", 'convert_currency(45.5, "EUR", "GBP")'),
    ("exchange 300 CHF into EUR", 'convert_currency(300, "CHF", "EUR")'),
    ("If I change 99 USD, how much JPY would I have?", 'convert_currency(99, "USD", "JPY")'),
    ("Could you get two large funghi pizzas sent to 14 Mill Road?", 'order_pizza("funghi", "large", "14 Mill Road", 2)'),
    ("I'd love a small margherita at 3 Oak Avenue", 'order_pizza("margherita", "small", "3 Oak Avenue")'),
    ("order 3 medium pepperoni pizzas for 27 Baker Street", 'order_pizza("pepperoni", "medium", "27 Baker Street", 3)'),
    ("Pizza time! One large hawaii, deliver to 8 King's Road.", 'order_pizza("hawaii", "large", "8 King\'s Road")'),
    ("We're hungry: 4 small salami pizzas to 101 High Street", 'order_pizza("salami", "small", "101 High Street", 4)'),
    ("send a medium veggie pizza to 55 Park Lane", 'order_pizza("veggie", "medium", "55 Park Lane")'),
    ("Book a table for 4 at Luigi's on 2026-12-05", 'book_table("Luigi\'s", "2026-12-05", 4)'),
    ("Table for 2 at The Ivy tomorrow please", 'book_table("The Ivy", "2026-11-23", 2)'),
    ("I need a reservation at Chez Panisse for 6 people on December 12", 'book_table("Chez Panisse", "2026-12-12", 6)'),
    ("Can you reserve seats for 3 at Noma next Friday?", 'book_table("Noma", "2026-11-27", 3)'),
    ("please get us a table at Sushi Dai on 3 January 2027, 5 of us", 'book_table("Sushi Dai", "2027-01-03", 5)'),
    ("dinner at Central on Saturday for 8", 'book_table("Central", "2026-11-28", 8)'),
    ("Set the thermostat in the bedroom to 19 degrees", 'set_thermostat("bedroom", 19)'),
    ("Wire 250 to DE89370400440532013000, purpose: rent", 'wire_transfer("DE89370400440532013000", 250, "rent")'),
    ("convert 72 fahrenheit to celsius", 'convert_temperature(72, "fahrenheit", "celsius")'),
    ("How bad is the birch pollen in Lyon?", 'pollen_forecast("Lyon", "birch")'),
    ("Text Priya Raman: running late", 'send_sms(["Priya Raman"], "running late")'),
    ("Find me a hotel in Porto from 3 December 2026 to 6 December 2026", 'find_hotels("Porto", "2026-12-03", "2026-12-06")'),
    ("Play So What by Miles Davis", 'play_song("So What", "Miles Davis")'),
    ("What is 17 * 23?", 'calculator("17 * 23")'),
    ("What does the cron line 0 5 * * 1 mean?", 'translate_cron("0 5 * * 1")'),
    ("How did Arsenal do on 2026-11-14?", 'match_result("Arsenal", "2026-11-14")'),
    ("Log a run of 8.5 km in 46 minutes today", 'log_run(8.5, 46, "2026-11-22")'),
    ("Track my parcel QX447100321", 'track_parcel("QX447100321")'),
)  # fmt: skip


def said(call: Call, catalog: Catalog) -> dict[str, object]:
    """Arguments by name, without those at their defaults."""
    tool = catalog[call.tool]
    known = tool.parameters.get("properties", {})
    given = dict(zip(tool.argument_names, call.args, strict=False))
    return {name: value for name, value in given.items() if value not in (None, known[name].get("default"))}


def main(folder: str) -> None:
    caller = Caller.load(folder)
    rows, tools, calls = [], 0, 0
    for query, wanted in ASKED:
        gold = parse_plan(f"1. {wanted}\n2. join()").calls[0]
        if gold.tool not in caller.catalog:
            continue
        text = "".join(caller.stream(PlanRequest(query, caller.catalog.names, NOW)))
        call = parse_plan(text).calls[0]
        tool = call.tool == gold.tool
        right = tool and said(call, caller.catalog) == said(gold, caller.catalog)
        tools, calls = tools + tool, calls + right
        rows.append((query, text.partition("\n")[0].removeprefix("1. "), "yes" if right else "tool" if tool else "no"))
    shares = [f"{count} ({percent(wilson(count, len(rows)))} %)" for count in (tools, calls)]
    note = f"{len(rows)} requests: right tool {shares[0]}; wholly right {shares[1]}."
    show(Table(f"Asked by hand: {folder}", ("request", "call", "right"), tuple(rows), note))


if __name__ == "__main__":
    main(sys.argv[1])
