"""Names and things for stories, and the phrasings that a split may use.

    owned(THINGS, "train")                # the part of a pool that belongs to the split
    shared, own = allowed(templates, "test")

Every name and thing of a pool belongs to one split (50/10/40, by hash). Of the phrasings of a kind about 60 % are everybody's, as
ordinary users share their language; about 15 % are validation's and 25 % test's, and training never shows these.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from toolschool.datasets.desk.people import FIRST
from toolschool.datasets.splits import by_shares

Pool = tuple[str, ...]


def _pool(entries: str) -> Pool:
    """Entries between commas, line breaks and blanks joined."""
    return tuple(" ".join(entry.split()) for entry in entries.split(","))


THINGS = _pool("""
    apples, acorns, badges, balloons, bananas, beads, bells, blankets, bolts, bookmarks, books, bottles, bowls, bricks, brooches, brushes,
    buckets, bulbs, buttons, calendars, candles, caps, cards, carrots, cherries, chestnuts, clips, coasters, coins, combs, cookies, corks,
    crayons, cups, cushions, dice, dolls, doughnuts, earrings, eggs, envelopes, erasers, fans, figs, flags, forks, gloves, hats, hinges, hooks, jars,
    keys, kites, knives, lamps, lanterns, lemons, light bulbs, magnets, mangoes, maps, marbles, masks, matchboxes, medals, melons, mirrors, mugs,
    muffins, nails, napkins, needles, notebooks, nuts, olives, onions, oranges, paintbrushes, pancakes, peaches, pears, pebbles, pencils, pens,
    photos, pillows, pins, plates, plums, postcards, posters, potatoes, puzzles, radishes, ribbons, rings, rulers, scarves, screws, seashells,
    shirts, skewers, socks, spoons, stamps, stickers, stones, tennis balls, thimbles, tickets, tiles, tomatoes, toothbrushes, towels, toy cars, tulips,
    umbrellas, vases, walnuts, washers, whistles
""")
SELLERS = _pool("""
    warehouse, wholesaler, market stall, depot, online shop, corner store, department store, supermarket, mail-order company, village shop,
    discount store, gift shop, museum shop, station kiosk, trading post, general store, charity shop, school shop, hotel shop, harbor store,
    farm shop, outlet store, factory store, importer, distributor, supplier, retailer, auction house, second-hand shop, pop-up store,
    airport shop, castle shop, ferry shop, weekend market, festival stand, theater shop, zoo shop, garden center, bargain store, mill shop
""")
GROUPS = _pool("""
    chess club, choir, hiking club, drama club, rowing team, film society, book circle, cycling club, fencing club, garden society, jazz band,
    judo club, knitting circle, robotics team, sailing club, school board, science club, scout troop, ski club, student council, swim team,
    tenants' association, tennis club, town council, walking group, youth orchestra, photo club, debating society, quilting group, dance company,
    volleyball team, history society, parents' council, bird-watching group, climbing club, brass band, baking circle, astronomy club
""")
PEOPLE = _pool("""
    students, players, volunteers, dancers, singers, nurses, guests, visitors, pupils, sailors, cyclists, actors, hikers, gardeners, farmers,
    cooks, waiters, teachers, painters, drivers, clerks, children, tourists, musicians, scouts, swimmers, bakers, engineers, librarians, carpenters,
    reporters, skaters, firefighters, pilots, campers, beekeepers
""")
SOLIDS = _pool("""
    rice, flour, sugar, sand, gravel, cement, salt, coal, wheat, barley, oats, corn, coffee, lentils, clay, compost, straw, wool, cotton,
    copper, zinc, wax, bird seed, fertilizer, chalk, plaster, sawdust, cocoa, rye, millet, chickpeas, raisins, cheese, peat, tin, aluminum
""")
LIQUIDS = _pool("""
    water, milk, olive oil, paint, diesel, vinegar, apple juice, syrup, varnish, cider, rainwater, lemonade, soup, ink, glue, buttermilk,
    sunflower oil, orange juice, honey, cleaning fluid, heating oil, tea, tomato juice, seawater, cream, grape juice, kerosene, mineral water
""")
TOWNS = _pool("""
    Elmbridge, Northmoor, Ashwick, Brindlebay, Carrowdale, Dunmere, Eastholt, Fernleigh, Gadsworth, Harrowby, Inverlake, Juniper Falls, Kestrel
    Point, Larkfield, Marlow Heath, Netherby, Oakhaven, Penbrook, Quarry Hill, Rosedale, Saltmarsh, Thornbury, Underwood, Vinewood, Westerly,
    Yarrowford, Zennor Cross, Alderton, Birchgate, Cliffside, Dovecote, Foxhollow, Greywater, Highmill, Ivybridge, Kingsferry, Longstrand,
    Millbrook, Nutley, Orchard Bay, Pinecrest, Redcliff, Stonebridge, Tidewell, Upper Glen, Willowmere
""")
SURFACES = _pool("""
    blackboard, poster, sign, worksheet, receipt, leaflet, notice, screen, label, display, whiteboard, slide, banner, sticky note, answer sheet, brochure,
    bulletin board, flip chart, clipboard, notepad, index card, scoreboard, map, ticket, menu, invoice, postcard, chalkboard, handout, delivery note
""")
POOLS: Mapping[str, Pool] = {
    "name": FIRST, "other": FIRST, "thing": THINGS, "things": THINGS, "seller": SELLERS, "group": GROUPS, "people": PEOPLE,
    "solid": SOLIDS, "solids": SOLIDS, "liquid": LIQUIDS, "liquids": LIQUIDS, "town": TOWNS, "surface": SURFACES,
}  # fmt: skip
# What everybody says: containers, months, units. Two slots of a row never get the same entry.
COMMON: Mapping[str, Pool] = {
    "container": _pool("boxes, bags, baskets, crates, cartons, sacks, trays, drawers, packets, tins, chests, bins"),
    "month": _pool("January, February, March, April, May, June"),
    "months": _pool("July, August, September, October, November, December"),
    "km": _pool("kilometers, miles"),
    "kg": _pool("kilograms, pounds"),
    "liters": _pool("liters, gallons"),
    "m": _pool("meters, feet, yards"),
    "cm": _pool("centimeters, inches"),
    "time": _pool("seconds, minutes, hours, days"),
}


@cache
def owned(pool: Pool, split: str) -> Pool:
    """The entries of a pool that belong to a split."""
    return tuple(dict.fromkeys(entry for entry in pool if _owner(entry.lower(), 50, 10) == split))


@cache
def allowed(templates: Pool, split: str) -> tuple[Pool, Pool]:
    """(shared, own) phrasings: own ones are shown by no other split. Training has none of its own."""
    shared = tuple(template for template in templates if holder(template) is None)
    return shared, tuple(template for template in templates if holder(template) == split)


def holder(template: str) -> str | None:
    """The split that alone shows a phrasing; None for one that all may show."""
    split = _owner(f"phrase:{template}", 60, 15)
    return None if split == "train" else split


def _owner(key: str, train: int, validation: int) -> str:
    return by_shares(f"operations:{key}", train, validation)
