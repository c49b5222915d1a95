"""Twelve functions as users write them, and one that knows five currencies: what the embedded teacher explores in tests."""


def convert_currency(amount: float, source: str, target: str) -> str:
    """Convert an amount of money from one currency to another.

    Args:
        amount: How much.
        source: Currency to convert from, such as USD.
        target: Currency to convert to, such as EUR.
    """
    rates = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "JPY": 151.0, "CHF": 0.88}
    if source.upper() not in rates or target.upper() not in rates:
        raise ValueError(f"unknown currency; known are {', '.join(rates)}")
    return f"{amount * rates[target.upper()] / rates[source.upper()]:.2f} {target.upper()}"


def order_pizza(kind: str, size: str, address: str, count: int = 1) -> str:
    """Order pizza to be delivered to an address.

    Args:
        kind: Kind of pizza, such as margherita.
        size: Size of the pizza: small, medium or large.
        address: Street and house number.
        count: How many.
    """
    return f"{count} {size} {kind} on the way to {address}"


def book_table(restaurant: str, day: str, people: int) -> str:
    """Book a table at a restaurant.

    Args:
        restaurant: Name of the restaurant.
        day: Date as YYYY-MM-DD.
        people: How many guests.
    """
    return f"table for {people} at {restaurant} on {day}"


def split_bill(total: float, people: int, tip_percent: float = 0) -> str:
    """Split a bill between people.

    Args:
        total: Amount of the bill.
        people: How many people share it.
        tip_percent: Tip in percent.
    """
    return f"{total * (1 + tip_percent / 100) / people:.2f} each"


def get_weather(city: str, day: str, unit: str = "celsius") -> str:
    """Get the weather forecast for a city.

    Args:
        city: Name of the city.
        day: Date as YYYY-MM-DD.
        unit: Either celsius or fahrenheit.
    """
    return f"fair in {city} on {day}, 20 {unit}"


def send_message(recipient: str, text: str) -> str:
    """Send a message to a contact.

    Args:
        recipient: Name of the contact.
        text: What to say.
    """
    return f"told {recipient}: {text}"


def create_reminder(task: str, day: str, time: str = "09:00") -> str:
    """Create a reminder.

    Args:
        task: What to remember.
        day: Date as YYYY-MM-DD.
        time: Time as HH:MM.
    """
    return f"{day} {time}: {task}"


def convert_units(value: float, from_unit: str, to_unit: str) -> str:
    """Convert a value from one unit to another.

    Args:
        value: The number to convert.
        from_unit: Unit to convert from, e.g. km.
        to_unit: Unit to convert to, e.g. miles.
    """
    return f"{value} {from_unit} in {to_unit}"


def find_order(order_id: str) -> str:
    """Look up an order.

    Args:
        order_id: Number of the order, for example A-1042.
    """
    return f"order {order_id} was sent"


def play_music(song: str, artist: str | None = None, speaker: str = "kitchen") -> str:
    """Play a song.

    Args:
        song: Title of the song.
        artist: Who plays it.
        speaker: Where to play it: kitchen, bedroom or office.
    """
    return f"{song} plays in the {speaker}"


def search_products(query: str, limit: int = 10, max_price: float | None = None) -> str:
    """Search the shop for products.

    Args:
        query: What to look for.
        limit: How many results at most.
        max_price: Highest price.
    """
    return f"{limit} results for {query}"


def bmi(weight_kg: float, height_m: float) -> float:
    """Calculate the body mass index.

    Args:
        weight_kg: Weight in kilograms.
        height_m: Height in meters.
    """
    return round(weight_kg / height_m**2, 1)


def translate(text: str, language: str) -> str:
    """Translate a text into a language.

    Args:
        text: The text to translate.
        language: Language to translate into, e.g. French.
    """
    return f"{text} ({language})"
