"""What requests are about: topics, titles, folders, files, places, and short free texts."""

from __future__ import annotations

from toolschool.datasets.desk.draw import Draw
from toolschool.datasets.desk.words import headline, listed

GATHERINGS = (
    "meeting", "lunch", "dinner", "party", "workshop", "review", "lecture", "class", "conference", "celebration",
    "festival", "seminar", "presentation", "call", "interview", "retreat", "picnic", "concert", "game", "match",
    "tournament", "reunion", "training", "webinar", "check-in", "sync", "kickoff", "brainstorm", "town hall",
    "debate", "exhibition", "performance", "rally", "gathering", "get-together", "brunch", "barbecue", "rehearsal",
    "demo", "stand-up", "planning session", "retrospective", "catch-up", "breakfast", "hackathon", "board meeting",
    "open house", "farewell", "appointment", "wedding", "graduation", "course", "session", "competition", "lesson",
    "fundraiser", "book club", "happy hour", "orientation", "hike", "show", "event", "coffee", "walkthrough",
    "audit", "visit",
)  # fmt: skip
KINDS = (
    "team", "project", "weekly", "monthly", "quarterly", "budget", "client", "sales", "marketing", "design",
    "product", "family", "birthday", "holiday", "summer", "annual", "strategy", "research", "hiring", "school",
    "charity", "music", "history", "biology", "company", "onboarding", "security", "launch", "office", "department",
    "science", "yoga", "soccer", "chess", "art", "cooking", "garden", "staff", "investor", "customer", "community",
    "volunteer", "photography", "travel", "career", "safety", "data", "web", "neighborhood", "math", "poetry",
    "theater", "climate", "roadmap", "logistics", "engineering", "finance", "leadership", "robotics",
)  # fmt: skip
PAPERS = (
    "agenda", "notes", "minutes", "plan", "list", "ideas", "schedule", "outline", "program", "itinerary", "summary",
    "checklist", "tasks", "goals", "timetable", "details", "action items", "report", "proposal", "budget", "updates",
    "review", "log", "feedback", "slides", "questions", "recipes", "guidelines", "draft", "highlights", "calendar",
    "roadmap", "to-dos", "inventory", "contacts", "strategy", "journal", "brief", "recap", "lineup", "findings",
    "memo", "requirements", "expenses", "milestones", "guest list", "packing list",
)  # fmt: skip
FIXED_TITLES = (
    "Shopping List", "Grocery List", "Weekend Plans", "Gift Ideas", "To-Do List", "Reading List", "Vacation",
    "Recipes", "Errands", "Bucket List", "Movie Night", "Home Repairs", "Passwords", "Workout Routine", "Wish List",
    "Packing", "Garden", "Wi-Fi Codes", "Dream Journal", "Daily Reflections", "Side Projects", "Spanish Vocabulary",
    "Tax Documents", "Moving Checklist", "Party Playlist", "Car Maintenance", "Apartment Hunt", "Camping Gear",
    "Book Quotes", "Meal Prep", "Thesis", "Standup", "Blog Drafts", "New Year Goals",
)  # fmt: skip
FOLDERS = (
    "Work", "Work", "Work", "Personal", "Personal", "Business", "School", "Family", "Ideas", "Projects", "Travel",
    "Meetings", "Home", "Health", "Study", "Recipes", "Shopping", "Finance", "Important", "Tasks", "Research",
    "Events", "Archive", "Clients", "Fitness", "University", "Drafts", "Hobbies", "Team", "Planning", "Outlines",
    "Journal", "Errands", "Marketing", "Lectures", "Inbox",
)  # fmt: skip
FILE_NOUNS = (
    "report", "proposal", "plan", "budget", "presentation", "slides", "agenda", "schedule", "summary", "contract",
    "invoice", "paper", "thesis", "manual", "brochure", "resume", "guidelines", "itinerary", "analysis", "survey",
    "handbook", "notes", "flyer", "minutes", "whitepaper", "syllabus", "catalog", "timeline", "forecast",
    "statement", "blueprint", "essay", "spreadsheet", "overview", "review", "menu", "newsletter", "receipt", "lease",
    "policy", "specification", "study", "checklist", "map", "roster", "transcript",
)  # fmt: skip
FILE_KINDS = (
    *KINDS, "Q1", "Q2", "Q3", "Q4", "final", "annual", "2024", "draft", "updated", "case", "white", "technical",
    "business", "grant",
    "flight", "tax", "rental", "insurance", "medical", "meeting", "conference", "course", "workshop", "party",
    "wedding", "event",
)  # fmt: skip
EXTENSIONS = (
    ".pdf", ".pdf", ".pdf", ".pdf", ".docx", ".pptx", ".xlsx", ".txt", ".pages", ".csv", ".key", ".doc", ".png",
)  # fmt: skip
LOOSE_FILES = (
    "{k} {n}", "latest {k} {n}", "{k} {n}", "updated {n}", "{k} {n} document", "new {k} {n}", "signed {n}",
    "revised {k} {n}", "final {n}", "{k} notes", "{k} photos", "meeting minutes", "attendance sheet", "scanned {n}",
)  # fmt: skip
PLACES = (
    "Central Park", "the Louvre", "Golden Gate Bridge", "Union Square", "Times Square", "Grand Central Station",
    "Pike Place Market", "the British Museum", "Millennium Park", "the airport", "the library", "City Hall",
    "Heathrow Airport", "Fenway Park", "Hyde Park", "the nearest pharmacy", "the nearest gas station",
    "the closest supermarket", "downtown Boston", "the train station", "Navy Pier", "the gym", "the hospital",
    "Riverside Park", "Lincoln Center", "Stanford University", "the Space Needle", "Notre-Dame", "Camden Market",
    "the city center", "Brooklyn Bridge", "Berkeley", "San Jose", "Paris", "Chicago", "the Empire State Building",
    "Battery Park", "Harvard Square", "Dolores Park", "the Eiffel Tower", "the convention center", "the old town",
    "Lake Merritt", "Santa Monica Pier", "Oakland Coliseum", "Griffith Observatory", "Vienna", "Zurich", "Madrid",
    "the Getty Center", "Penn Station", "the opera house", "the post office", "the town hall", "the zoo",
    "Wembley Stadium", "Trafalgar Square", "Covent Garden", "the shopping mall", "the stadium", "Green Lake",
    "Ocean Beach", "Mission District", "Greenwich Village", "SoHo", "Chinatown", "Little Italy",
    "the botanical garden", "the aquarium", "the university", "Mount Tamalpais", "Lake Tahoe", "Sausalito",
    "Palo Alto", "Toronto",
)  # fmt: skip
VENUE_FIRST = (
    "Blue", "Golden", "Sunny", "Green", "Red", "Corner", "Harbor", "River", "Maple", "Silver", "Urban", "Royal",
    "Old Mill", "Garden", "Luna", "Olive", "Stone", "Copper", "Willow", "Lakeside", "Hilltop", "Cedar", "Tiger",
    "Velvet", "Union", "Iron", "Rose", "Bella",
)  # fmt: skip
VENUE_LAST = (
    "Cafe", "Bistro", "Hotel", "Diner", "Grill", "Theater", "Museum", "Park", "Plaza", "Bakery", "Tavern",
    "Bookshop", "Gallery", "Hall", "Coffee House", "Restaurant", "Pizzeria", "Brewery", "Center", "Library", "Arena",
    "Market", "Clinic", "Stadium", "Pub", "Tower",
)  # fmt: skip
STREETS = (
    "Main", "Oak", "Elm", "Pine", "Maple", "Market", "Valencia", "King", "Park", "Hill", "Lake", "Sunset", "Church",
    "High", "2nd",
)  # fmt: skip
STREET_KINDS = ("Street", "St", "Avenue", "Ave", "Road", "Rd", "Lane", "Blvd", "Drive")
ROOMS = (
    "Conference Room A", "Conference Room B", "the office", "the conference room", "the main hall", "Room 204",
    "Building 5", "HQ", "the headquarters", "the cafeteria", "the lobby", "Meeting Room 3", "the boardroom",
    "the lab", "the rooftop", "my place", "the studio",
)  # fmt: skip
HOMES = ("Home", "home", "the office", "Office", "work", "Work", "my hotel", "my apartment", "School", "the hotel")
HERE = ("my current location", "current location", "here", "my location", "where I am", "your current location")
TODO = (
    "buy [milk|bread|flowers|stamps|a gift|groceries|batteries|a new charger|cat food|tickets|a birthday card|paint]",
    "pick up [the dry cleaning|the kids|the cake|the parcel|my prescription|the keys|lunch]",
    "pay [the rent|the electricity bill|my taxes|the invoice]",
    "[submit|finish|review|proofread|print|send] the [assignment|report|application|timesheet|expense form|essay|draft|contract|{t} {p}]",
    "water the [plants|garden|tomatoes]",
    "[call|phone|thank|visit] the [bank|dentist|plumber|landlord|doctor|vet|school|insurance company]",
    "renew [my passport|the car insurance|my library card|the subscription]",
    "[book|cancel|confirm] the [hotel|flight|table|appointment|taxi|{t} {e}]", "prepare [for ][the ]{t} {e}",
    "clean [the kitchen|the garage|my desk|the fridge]",
    "[take|bring] [the trash out|my medicine|the laptop|an umbrella]", "follow up on the {t} {e}",
    "follow up on the [action items|{t} {p}]", "study for the {t} exam", "walk the dog",
    "charge the [camera|car|laptop]", "[order|return] the [books|shoes|supplies|pizza]",
    "back up the [photos|laptop|server]", "pack for the [trip|{t} {e}]", "stretch", "feed the [cat|fish]",
    "set up the [projector|room|tent]", "update the {t} {p}", "prepare the {t} {p}", "read the {t} {p}",
    "check the [mail|tire pressure|oven]",
)  # fmt: skip
SAYINGS = (
    "I'm running [late|about ten minutes late|a bit late]", "I will be there [soon|shortly|in a minute]",
    "the {e} [is cancelled|went well|has moved|starts early]", "[dinner|lunch|breakfast] is ready",
    "I [can't|cannot|won't] make it to the {e}", "the {t} {e} [has been moved|is on|is off|was postponed]",
    "we [need|have] to talk about the {t} {p}",
    "I [left|forgot] [my keys|the tickets|my wallet] at [home|the office]", "everything is [ready|fine|on track]",
    "I [miss|am proud of] you", "the {t} {p} [is ready|needs work|looks good|is due soon]",
    "I'm [on my way|almost there|stuck in traffic|at the station]", "we are out of [milk|coffee|paper]",
    "I got the [job|tickets|keys|parcel]", "I'll bring [dessert|the snacks|some wine|the documents]",
    "the [package|bus|client|train] has arrived", "the [car|printer|heating] is broken",
    "it is [snowing|raining] here", "you can [start without me|use my desk|keep the book]",
    "I [need|want] [your|some] feedback on the {t} {p}",
)  # fmt: skip
QUOTED_SAYINGS = (
    "Thanks for the update", "See you [soon|there|at the {e}]", "Don't forget the {e}", "Sounds good",
    "[Looks|Sounds] good to me", "Call me [back|when you can]", "I agree with the {t} {p}",
    "Please [review|check|read] the {t} {p}", "Looking forward to the {e}", "Let's meet at the {e}",
    "Great [work|job|news]!", "Happy birthday!", "Can you bring the {p}?", "Where are you?", "I'll be there",
    "Running late", "On my way", "Are we still on for the {e}?", "Thank you for your help",
    "Thanks for [the help|dinner|everything]", "Get well soon", "Congratulations!", "Please confirm your attendance",
    "I have attached the {t} {p}", "Check your email", "The {e} is confirmed", "Good luck!",
)  # fmt: skip
REQUESTS = (
    "bring [the {p}|snacks|a jacket|the laptop|some chairs]", "call me [back|when free|after the {e}]",
    "[check|read|review] the {t} {p}", "join the {t} {e}", "pick me up at the [station|airport|office]",
    "[wait for me|start without me|save me a seat]", "buy [milk|bread|wine]",
    "[confirm|postpone|reschedule] the {e}", "lock the door", "[prepare|print|send me] the {t} {p}", "feed the cat",
)  # fmt: skip
ITEMS = (
    "milk", "eggs", "bread", "butter", "apples", "bananas", "rice", "pasta", "cheese", "coffee", "tea", "tomatoes",
    "onions", "chicken", "salmon", "flour", "sugar", "salt", "oats", "yogurt", "spinach", "carrots", "lemons",
    "olive oil", "honey", "soap", "paper towels", "candles", "tent", "sleeping bag", "sunscreen", "flashlight",
    "passport", "charger", "camera", "headphones", "hiking boots", "raincoat", "toothbrush", "map", "balloons",
    "cake", "plates", "juice", "chips", "ice", "napkins", "garlic", "peppers", "mushrooms", "beans", "cereal",
    "batteries", "socks",
)  # fmt: skip
POINTS = (
    "the {t} {p}", "the key points", "the discussion points", "the action items", "the latest updates",
    "new ideas for the {e}", "the {e} details", "the main takeaways", "the {t} {e} notes",
    "the tasks for the {t} {e}", "the budget figures", "the list of participants", "the next steps",
    "the important dates", "the {e} {p}", "feedback from the {t} {e}", "the new deadlines", "brainstorming ideas",
    "the packing list", "the outline for the {t} {e}", "questions for the {t} {e}", "more tasks",
    "the revised {t} {p}", "the {e} agenda",
)  # fmt: skip


def fill(draw: Draw, templates: tuple[str, ...]) -> str:
    """A phrase from a pool with its topic words filled."""
    text = draw.fill(draw.pick(templates), t=draw.own(KINDS), e=draw.own(GATHERINGS), p=draw.own(PAPERS))
    return text


def topic(draw: Draw) -> str:
    """'quarterly budget review': what a meeting is about, lower case, no determiner."""
    noun = draw.own(GATHERINGS)
    if draw.chance(0.2):
        return noun
    kind = draw.own(KINDS)
    return f"{draw.own(KINDS)} {kind} {noun}" if draw.chance(0.12) else f"{kind} {noun}"


def title(draw: Draw) -> str:
    """The title of a note: 'Team Meeting Agenda'."""
    kind = draw.rng.random()
    if kind < 0.2:
        return draw.own(FIXED_TITLES)
    text = draw.made(lambda: _title(draw))
    return text if kind > 0.3 else (text.lower() if kind > 0.25 else text[:1].upper() + text[1:].lower())


def _title(draw: Draw) -> str:
    kind = draw.rng.random()
    if kind < 0.45:
        return headline(f"{draw.pick(KINDS)} {draw.pick(PAPERS)}")
    if kind < 0.75:
        return headline(f"{draw.pick(GATHERINGS)} {draw.pick(PAPERS)}")
    if kind < 0.9:
        return headline(f"{draw.pick(KINDS)} {draw.pick(GATHERINGS)} {draw.pick(PAPERS)}")
    return headline(f"{draw.pick(PAPERS)} for {draw.pick(KINDS)} {draw.pick(GATHERINGS)}")


def folder(draw: Draw) -> str:
    name = draw.pick(FOLDERS)
    if draw.chance(0.18):
        name = draw.made(
            lambda: headline(
                f"{draw.pick(KINDS)} {draw.pick(('stuff', 'files', 'notes', 'projects', 'events', 'plans'))}"
            )
        )
    return name


def file_name(draw: Draw, pdf: bool = False) -> str:
    """'Budget_Report.pdf': a file with its extension."""
    return draw.made(lambda: _stem(draw)) + (".pdf" if pdf else draw.pick(EXTENSIONS))


def _stem(draw: Draw) -> str:
    words = [draw.pick(FILE_KINDS), draw.pick(FILE_NOUNS)]
    if draw.chance(0.2):
        words.insert(0, draw.pick(FILE_KINDS))
    if draw.chance(0.1):
        words.append(str(draw.rng.randint(1, 2027)))
    style = draw.rng.random()
    if style < 0.35:
        return "".join(w[:1].upper() + w[1:] for w in words)
    if style < 0.6:
        return " ".join(w[:1].upper() + w[1:] for w in words)
    separator = draw.pick(("_", "_", "-", ""))
    words = [w[:1].upper() + w[1:] for w in words] if draw.chance(0.6) and separator != "" else words
    return separator.join(words) if separator else " ".join(words)


def loose_file(draw: Draw) -> str:
    """A file without extension, as people say it: 'updated budget report'."""
    return draw.made(lambda: draw.fill(draw.pick(LOOSE_FILES), k=draw.pick(FILE_KINDS), n=draw.pick(FILE_NOUNS)))


def place(draw: Draw) -> str:
    """A place as the query says it, with its article."""
    kind = draw.rng.random()
    if kind < 0.45:
        return draw.own(PLACES)
    if kind < 0.78:
        name = draw.made(lambda: f"{draw.pick(VENUE_FIRST)} {draw.pick(VENUE_LAST)}")
        return f"the {name}" if draw.chance(0.25) else name
    if kind < 0.92:
        address = draw.made(lambda: f"{draw.rng.randint(1, 999)} {draw.pick(STREETS)} {draw.pick(STREET_KINDS)}")
        return (
            f"{address}, {draw.pick(('Springfield', 'Portland', 'Austin', 'Denver', 'Seattle', 'Berkeley'))}"
            if draw.chance(0.25)
            else address
        )
    return f"the {draw.own(GATHERINGS)} {draw.pick(('venue', 'location', 'place', 'site'))}"


def items(draw: Draw) -> str:
    chosen = draw.rng.sample(ITEMS, draw.pick((1, 2, 3, 3, 3, 4)))
    if len(chosen) == 3 and draw.chance(0.1):
        return ", ".join(chosen)
    return listed(draw, chosen).replace(" & ", " and ")
