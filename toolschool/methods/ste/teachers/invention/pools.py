"""What made-up requests are about: places, companies, codes, short texts. People, files and topics are those of the generated desk; works of art and
places to eat are in `works.py` and `eating.py`."""

from __future__ import annotations

Pool = tuple[str, ...]


def pool(entries: str) -> Pool:
    """Entries between semicolons, line breaks and blanks joined."""
    return tuple(" ".join(entry.split()) for entry in entries.strip().rstrip(";").split(";"))


CITIES = pool("""
    Bonn; Porto; Kyoto; Quito; Tampere; Windhoek; Galway; Pune; Halifax; Adelaide; Paris; Berlin; Madrid; Lisbon; Vienna; Zurich; Geneva; Oslo; Bergen;
    Helsinki; Stockholm; Copenhagen; Aarhus; Hamburg; Munich; Leipzig; Cologne; Lyon; Nantes; Bordeaux; Marseille; Turin; Milan; Naples; Rome; Athens;
    Sofia; Bucharest; Budapest; Prague; Brno; Warsaw; Krakow; Riga; Vilnius; Tallinn; Dublin; Cork; Leeds; Bristol; Glasgow; Cardiff; Boston; Chicago;
    Denver; Seattle; Portland; Austin; Dallas; Houston; Miami; Atlanta; Toronto; Montreal; Calgary; Ottawa; Bogota; Lima; Santiago; Montevideo; Recife;
    Nairobi; Accra; Lagos; Cairo; Tunis; Dakar; Kigali; Durban; Istanbul; Ankara; Doha; Muscat; Mumbai; Chennai; Delhi; Hanoi; Manila; Jakarta; Osaka;
    Sapporo; Seoul; Busan; Taipei; Perth; Hobart; Auckland; Wellington; San Diego; New Orleans; Buenos Aires; Cape Town; Kuala Lumpur
""")
COUNTRIES = pool("""
    Germany; Portugal; Japan; Ecuador; Finland; Namibia; Ireland; India; Canada; Australia; France; Spain; Italy; Norway; Sweden; Denmark; Austria;
    Poland; Greece; Turkey; Egypt; Kenya; Ghana; Nigeria; Morocco; Brazil; Chile; Peru; Argentina; Mexico; Cuba; Vietnam; Thailand; Indonesia; Malaysia;
    Nepal; Iceland; Estonia; Latvia; Croatia; Hungary; Romania; Bulgaria; Israel; Jordan; Qatar; Fiji; Jamaica; Panama; Uruguay; New Zealand; South
    Korea; Costa Rica
""")
COUNTRY_CODES = tuple(
    "DE PT JP EC FI NA IE IN CA AU FR ES IT NO SE DK AT PL GR TR EG KE GH NG MA BR CL PE AR MX US GB NL BE CH CZ".split()
)
REGIONS = pool("""
    Bavaria; Tuscany; Normandy; Catalonia; Texas; Ohio; Oregon; Florida; Quebec; Ontario; Kerala; Bahia; Galicia; Saxony; Provence; Scotland; Wales;
    Tasmania; Victoria; Hokkaido; Alberta; Nevada; Utah; Maine; Georgia; Arizona; Colorado; Vermont; Virginia; Lombardy
""")
LANDMARKS = pool("""
    Central Park; Union Square; City Hall; Hyde Park; Navy Pier; Lincoln Center; Trafalgar Square; Covent Garden; Camden Market; Heathrow Airport; Penn
    Station; Golden Gate Bridge; Brooklyn Bridge; Griffith Observatory; Battery Park; Times Square; Fenway Park; Riverside Park; Millennium Park;
    Wembley Stadium; Green Lake; Ocean Beach; Harvard Square; Dolores Park; Pike Place Market; Lake Merritt; Oakland Coliseum; Grand Central Station
""")
STREETS = tuple(
    "Main Oak Elm Pine Maple Market King Park Hill Lake Sunset Church High Cedar River Station Mill Garden".split()
)
CURRENCIES = tuple(
    "EUR USD JPY GBP INR CAD AUD CHF SEK NOK DKK PLN CZK HUF MXN BRL ZAR SGD HKD NZD KRW THB TRY".split()
)
LANGUAGES = tuple(
    "English German French Spanish Italian Portuguese Dutch Swedish Polish Turkish Japanese Korean Hindi Finnish Greek Danish Czech".split()
)
LANGUAGE_CODES = tuple("en de fr es it pt nl sv pl tr ja ko hi fi el da cs".split())
SYMBOLS = tuple(
    "AAPL MSFT TSLA AMZN GOOG NFLX NVDA IBM ORCL INTC AMD KO PEP MCD NKE DIS BA GE F GM T VZ WMT TGT COST SBUX UBER ADBE CRM CSCO".split()
)
COMPANIES = pool("""
    Siemens; Toyota; Nokia; Lego; Ikea; Nestle; Adidas; Spotify; Volvo; Philips; Airbus; Renault; Fiat; Sony; Canon; Nintendo; Samsung; Hyundai;
    Infosys; Shopify; Starbucks; Boeing; Intel; Adobe; Netflix; Ford; Pfizer; Bosch; Vodafone; Maersk; Heineken; Carlsberg; Unilever; Puma; Zara; Honda;
    Mazda; Subaru
""")
TEAMS = pool("""
    Arsenal; Liverpool; Chelsea; Everton; Ajax; Benfica; Celtic; Juventus; Roma; Valencia; Sevilla; Lyon; Bayern; Dortmund; Lakers; Celtics; Bulls;
    Warriors; Knicks; Raptors; Yankees; Dodgers; Cubs; Packers; Bears; Giants; Bruins; Rangers; Sharks; Penguins
""")
PHRASES = pool("""
    solar panels; electric cars; climate change; machine learning; home gardening; sourdough bread; space travel; renewable energy; jazz history;
    marathon training; ocean currents; board games; coffee roasting; remote work; urban planning; bird watching; quantum computing; medieval castles;
    healthy breakfast; vegan recipes; wireless headphones; running shoes; standing desks; city bikes; mountain huts; night trains; volcano eruptions;
    coral reefs; chess openings; watercolor painting; digital cameras; rain jackets; hiking trails; school lunches; guitar lessons; language learning;
    heat pumps; street food; glass blowing; tidal power; antique clocks; folk music; winter tires; garden sheds; river cruises; honey bees; sleep
    research; wind farms; paper planes; robot vacuums
""")
WORDS = pool("""
    apple; river; garden; window; candle; bridge; planet; music; winter; forest; mirror; castle; engine; pepper; rocket; silver; thunder; violin;
    walnut; anchor; basket; copper; dragon; feather; ginger; hammer; island; jacket; kettle; ladder; marble; needle; orange; pencil; rabbit; saddle;
    timber; velvet; whistle; zebra
""")
PRODUCTS = pool("""
    desk lamp; coffee grinder; office chair; water bottle; yoga mat; backpack; keyboard; monitor; tent; blender; toaster; raincoat; bicycle helmet;
    notebook; headphones; phone case; power bank; cutting board; sleeping bag; watering can; bookshelf; alarm clock; umbrella; frying pan
""")
GENRES = tuple(
    "jazz rock comedy drama horror thriller fantasy mystery classical folk pop blues history science sports travel fashion business technology health".split()
)
COLORS = tuple("red blue green amber white black purple orange yellow teal pink brown gray".split())
UNIT_SORTS = tuple(
    tuple(sort.split())
    for sort in (
        "km m cm mm mi miles ft feet yards inches meters kilometers", "kg g lb oz pounds kilograms grams ounces tons", "l ml liters gallons cups pints",
        "hours minutes seconds days weeks", "celsius fahrenheit kelvin",
    )
)  # fmt: skip
UNITS = tuple(unit for sort in UNIT_SORTS for unit in sort)
DEGREES = ("celsius", "fahrenheit", "kelvin")
SIZES = ("small", "medium", "large", "extra large", "tiny", "huge")
TIMEZONES = tuple(
    "Europe/Berlin Europe/Lisbon Asia/Tokyo Asia/Kolkata America/New_York America/Lima Africa/Nairobi Australia/Perth UTC".split()
)
AIRPORTS = tuple(
    "FRA LIS JFK LAX ORD SEA LHR CDG MAD BCN FCO VIE ZRH OSL ARN HEL CPH DUB IST DOH BOM NRT ICN SIN SYD AKL GRU EZE NBO CAI".split()
)
MONTHS = tuple("January February March April May June July August September October November December".split())
WEEKDAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
SENTENCES = pool("""
    I'm running about ten minutes late; the parcel has arrived; please call me back; see you at the station; lunch is on me today; the meeting moved to
    the big room; thanks for your help; don't forget the keys; the train was canceled; we need more time for the draft; can you bring the slides?; happy
    birthday!; the printer is broken again; I left my umbrella at your place; the new menu looks good; we are out of coffee; the results are better than
    last year; please check the second page; the doors open early; I will take the later bus; nobody has answered yet; I found your scarf; dinner is at
    eight; the dog is fine; we won the match; bring warm clothes; the elevator works again; I am at the gate; the cake was delicious; take the second
    exit; the package was damaged; good morning; where are you?; I miss you; the show was sold out; our room has a balcony; keep the receipt; the tap is
    leaking again; I passed the test; call me tonight; the keys are under the mat; how much is the ticket?; the sun is out; welcome home; the first
    version is ready for review; good luck for the exam; the garden needs water; could we talk about the budget?; the client liked the proposal; I found
    a cheaper hotel; it snowed all night; the band starts late; the old bridge is closed; my flight was on time; the soup needs more salt
""")
TASKS = pool("""
    buy milk; call the dentist; water the plants; pay the rent; renew my passport; feed the cat; take out the trash; pick up the parcel; book a haircut;
    charge the bike; clean the oven; change the filter; send the invoice; return the library books; wash the car; defrost the freezer; back up my laptop;
    order printer ink; check the smoke alarm; walk the dog; cancel the gym; thank Grandma; print the tickets; vacuum the stairs; refill the soap; mail the
    contract; iron the shirts; prune the roses; stretch my back; update the budget; buy batteries; call the plumber; bake a cake; fix the gate; collect the
    keys; read chapter nine; empty the mailbox; visit Uncle Joe; sharpen the knives; repot the fern; submit the essay; unpack the boxes
""")
NAMES = pool("""
    Aurora; Bluebird; Cobalt; Driftwood; Ember; Falcon; Granite; Harbor; Indigo; Juniper; Kestrel; Lantern; Meridian; Nimbus; Onyx; Pioneer; Quartz;
    Redwood; Sierra; Tempest; Umbra; Vertex; Willow; Xenon; Yarrow; Zephyr; Alder; Beacon; Compass; Delta; Evergreen; Foxglove; Glacier; Horizon; Ivory;
    Jade; Keystone; Lumen; Mosaic; Northgate; Opal; Prism; Quill; Raven; Summit; Tundra; Unity; Voyager; Westbrook; Apex; Brook; Crest; Dune; Echo; Fjord;
    Grove; Halo; Iris; Blue Lagoon; Silver Fern; Copper Ridge; Open Sky; First Light; High Tide; Old Mill
""")
EXPRESSION_FORMS = (
    "{a} + {b}",
    "{a} * {b}",
    "({a} + {b}) / {c}",
    "{a} - {b}",
    "{a} * {b} + {c}",
    "{a} / {b}",
    "({a} - {b}) * {c}",
    "{a} ** 2 + {b}",
)
