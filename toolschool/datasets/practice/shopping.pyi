"""Practice tools: buying, sending back, finding out about orders."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

@dataclass
class Product:
    product_id: str
    title: str
    price: float
    rating: float

@dataclass
class Order:
    order_id: str
    status: Literal["paid", "packed", "shipped", "delivered"]
    total: float

@dataclass
class Parcel:
    status: str
    location: str
    expected_date: date

def findProducts(
    keyword: str,
    maxPrice: float | None = None,
    brand: str | None = None,
    sortBy: Literal["price", "rating", "newest"] = "rating",
) -> list[Product]:
    """Find products in the shop.

    Args:
        keyword: What to look for.
        maxPrice: Highest price in euros.
        brand: Only products of this brand.
        sortBy: Order of the results.
    """

def add_to_cart(product_id: Annotated[str, Field(pattern="^P-[0-9]{5}$")], quantity: int = 1) -> Order:
    """Add a product to the shopping cart.

    Args:
        product_id: Such as P-48213.
        quantity: How many.
    """

def delete_cart() -> None:
    """Delete the shopping cart."""

def track_parcel(tracking_number: Annotated[str, Field(pattern="^[A-Z]{2}[0-9]{9}$")]) -> Parcel:
    """Track a parcel.

    Args:
        tracking_number: Two letters and nine digits.
    """

def apply_coupon(coupon: str) -> float:
    """Apply a coupon to the cart.

    Args:
        coupon: Code of the coupon (e.g. SPRING15, WELCOME10, SAVE20, FREESHIP5).
    """

def submit_complaint(
    order_id: str,
    reason: Literal["too small", "too large", "damaged", "not as described", "other"],
    refund: bool = True,
) -> str:
    """Submit a complaint about a bought item.

    Args:
        order_id: Number of the order (e.g. ORD-20418, ORD-77310).
        reason: Why it goes back.
        refund: Money back; otherwise an exchange.
    """

def compareOffers(product: str, shops: list[str]) -> list[Product]:
    """Compare what a product costs in several shops.

    Args:
        product: Name of the product.
        shops: Shops to look at (e.g. Elgiganten, Coolblue, Fnac, Otto, Galaxus, Currys).
    """

def leave_review(product_id: str, stars: Annotated[int, Field(ge=1, le=5)], comment: str | None = None) -> None:
    """Write a review of a bought product.

    :param product_id: Product number (e.g. P-10442, P-58731).
    :param stars: One to five stars.
    :param comment: Text of the review.
    """

def shoe_size(
    size: Annotated[float, Field(ge=3, le=48)],
    source_system: Literal["EU", "UK", "US"],
    target_system: Literal["EU", "UK", "US"],
) -> float:
    """Convert a shoe size.

    Args:
        size: Size as it stands on the shoe.
        source_system: System of that size.
        target_system: System that is wanted.
    """

def check_stock(product_id: Annotated[str, Field(pattern="^P-[0-9]{5}$")], store_city: str) -> int:
    """Stock of a product in a store."""

def watch_price(product_url: str, below: float, notify_email: str) -> None:
    """Watch the price of a product. A message is sent when it falls.

    Args:
        product_url: Page of the product.
        below: Price below which a message is sent.
        notify_email: Who gets the message.
    """

def send_gift_card(amount: Annotated[int, Field(ge=10, le=200)], recipient_email: str, message: str = "") -> str:
    """Send a gift card.

    Args:
        amount: Value in euros.
        recipient_email: Who it is for.
        message: Words to be printed on the card.
    """

def create_wishlist(title: str, items: list[str] | None = None, public: bool = False) -> str:
    """Create a wish list.

    Args:
        title: Name of the list.
        items: First products on the list.
        public: Whether friends can see it.
    """

def past_orders(since: date, status: Literal["open", "delivered", "returned"] | None = None) -> list[Order]:
    """Past orders of the shop."""

def change_delivery_address(orderId: str, street: str, city: str, postcode: str) -> Order:
    """Change where an order is delivered.

    Args:
        orderId: Order number (e.g. ORD-51877, ORD-60024).
        street: Street and house number.
        city: Town or city.
        postcode: Five digits.
    """

def findStores(city: str, openOnSunday: bool = False) -> list[str]:
    """Find shops of the chain in a city.

    Args:
        city: City to look in.
        openOnSunday: Only shops that open on Sundays.
    """

def fabric_care(fabric: str) -> str:
    """Washing advice for a fabric.

    Args:
        fabric: Kind of cloth (e.g. merino wool, linen, denim, silk, corduroy).
    """
