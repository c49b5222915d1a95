# my_tools.py
def convert_currency(amount: float, source: str, target: str) -> str:
    """Convert an amount of money from one currency to another.

    Args:
        amount: How much.
        source: Currency to convert from, such as USD.
        target: Currency to convert to, such as EUR.
    """
    rates = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "JPY": 151.0, "CHF": 0.88}
    if source not in rates or target not in rates:
        raise ValueError(f"unknown currency; known are {', '.join(rates)}")
    return f"{amount * rates[target] / rates[source]:.2f} {target}"


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


convert_currency.read_only = True
